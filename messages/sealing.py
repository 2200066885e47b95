"""Seals contacts and providers' bytes: they travel only encrypted, and nobody without a key can read them.

The cipher is AES-SIV (RFC 5297). It is deterministic: the same message seals to the same text, so a replay changes
nothing. The message's id is the associated data: equal contacts of two messages do not look equal, and a sealed text
cannot be moved to another message.
"""

import base64
import hashlib
from collections.abc import Collection, Sequence
from typing import NewType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

Sealed = NewType("Sealed", str)
# Hexadecimal digits of a key's id. They tell keys apart, no more.
_KEY_ID_DIGITS = 8
# Most characters that an error quotes of an unknown key's id.
_QUOTED_DIGITS = 16


class UnsealError(ValueError):
    """The sealed text was damaged, or was made for another message or with a key that this process does not have."""


class UnknownKeyError(UnsealError):
    """This process lacks the key that sealed, which is not the fault of one message. The text is the key's id."""


class Sealer:
    """Seals with the first key and opens with any of them. Each key is 64 secret bytes (AES-256-SIV)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_key_id(key): AESSIV(key) for key in keys}
        self._current = _key_id(keys[0])

    @property
    def key_ids(self) -> Collection[str]:
        """Ids of the keys that can open a sealed text, as `UnknownKeyError` names them."""
        return self._ciphers.keys()

    def seal(self, plain: bytes, message: UUID) -> Sealed:
        """Return `plain` encrypted and bound to its message, as `<key id>.<base64>`."""
        # AES-SIV refuses to encrypt nothing; one leading byte makes the empty text sealable.
        sealed = self._ciphers[self._current].encrypt(b"\0" + plain, [message.bytes])
        return Sealed(f"{self._current}.{base64.b64encode(sealed).decode()}")

    def open(self, sealed: Sealed, message: UUID) -> bytes:
        """Return the bytes that were sealed for this message. Raise `UnsealError`."""
        key_id, _, body = sealed.partition(".")
        if key_id not in self._ciphers:
            raise UnknownKeyError(key_id[:_QUOTED_DIGITS])
        try:
            return self._ciphers[key_id].decrypt(base64.b64decode(body, validate=True), [message.bytes])[1:]
        except (ValueError, InvalidTag) as error:
            raise UnsealError("damaged, or sealed for another message") from error


def _key_id(key: bytes) -> str:
    """Return an id that tells keys apart and reveals nothing about them."""
    return hashlib.sha256(b"key id" + key).hexdigest()[:_KEY_ID_DIGITS]
