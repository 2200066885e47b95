"""Sealing: who wrote, and the provider's own bytes, travel only encrypted; whoever has no key sees nothing.

AES-SIV (RFC 5297), which is deterministic: the same message seals to the same text, so a replay changes nothing.
The message's id goes in as associated data: equal contacts of two messages don't look equal, and none can be moved.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import NewType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

Sealed = NewType("Sealed", str)


class UnsealError(ValueError):
    """The seal was damaged, or made for another message or with a key we do not have."""


class UnknownKeyError(UnsealError):
    """Not one message's fault: this process has other keys than the one that sealed. Holds the key's id."""


class Sealer:
    """Seals with the first key and opens with any of them. Each key is 64 secret bytes (AES-256-SIV)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_key_id(key): AESSIV(key) for key in keys}
        self._current = _key_id(keys[0])

    def seal(self, plain: bytes, message: UUID) -> Sealed:
        """`plain`, bound to its message, as `<key id>.<base64>`."""
        # AES-SIV refuses to encrypt nothing; one leading byte makes the empty text sealable.
        sealed = self._ciphers[self._current].encrypt(b"\0" + plain, [message.bytes])
        return Sealed(f"{self._current}.{base64.b64encode(sealed).decode()}")

    def open(self, sealed: Sealed, message: UUID) -> bytes:
        """What was sealed for this message. Raises `UnsealError`."""
        key_id, _, body = sealed.partition(".")
        if key_id not in self._ciphers:
            raise UnknownKeyError(key_id[:16])
        try:
            return self._ciphers[key_id].decrypt(base64.b64decode(body, validate=True), [message.bytes])[1:]
        except (ValueError, InvalidTag) as error:
            raise UnsealError("damaged, or sealed for another message") from error


def _key_id(key: bytes) -> str:
    """Tells keys apart without telling anything about them."""
    return hashlib.sha256(b"key id" + key).hexdigest()[:8]
