"""HMAC-SHA-256 with the keys of ids, numbers and links."""

import hashlib
import hmac
from functools import lru_cache

# A process has a handful of such keys.
_KEYS = 64


def keyed_hash(key: bytes, content: bytes) -> bytes:
    """Return the 32 bytes of the HMAC of `content`.

    `hmac.digest` would begin with the key each time, and let other threads interrupt it, which costs a report more
    than the hash itself.
    """
    mac = _hash_of_key(key).copy()
    mac.update(content)
    return mac.digest()


@lru_cache(maxsize=_KEYS)
def _hash_of_key(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)
