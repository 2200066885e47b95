"""Ids of reports in the public view. Pure.

A public report has an id of its own. Its tracking number opens the status page, which belongs to its sender, and the
id of the complaint is known to agencies. The public id is derived from that id with a secret key: it is the same after
a rebuild, and nobody can compute one from the other.
"""

import hashlib
import hmac
import re
from uuid import UUID

# Crockford's base 32, as in tracking numbers.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 60 bits. With the letter before them the symbols are too many for a tracking number, so none is mistaken for one.
_SYMBOLS = 12
_BITS_PER_SYMBOL = 5
_PREFIX = "P"
_FORM = re.compile(rf"{_PREFIX}[{_ALPHABET}]{{{_SYMBOLS}}}")


def public_id(complaint_id: UUID, key: bytes) -> str:
    """Return the public id of a complaint, as `P` and 12 symbols. `key` is secret."""
    digest = int.from_bytes(hmac.digest(key, complaint_id.bytes, hashlib.sha256), "big")
    symbols = (_ALPHABET[(digest >> (_BITS_PER_SYMBOL * index)) % len(_ALPHABET)] for index in range(_SYMBOLS))
    return _PREFIX + "".join(symbols)


def is_public_id(text: str) -> bool:
    """Return True if a text has the form of a public id."""
    return _FORM.fullmatch(text) is not None
