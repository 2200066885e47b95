"""Seals contacts and providers' bytes: they travel only encrypted, and nobody without a key can read them.

`Sealer` has the keys that all persons share. `privacy.person_keys` adds a key for each person.

The cipher is AES-SIV (RFC 5297). It is deterministic: the same message seals to the same text, so a replay changes
nothing. The message's id is the associated data: equal contacts of two messages do not look equal, and a sealed text
cannot be moved to another message.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NewType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

Sealed = NewType("Sealed", str)
# Hexadecimal digits of a key's id. They tell keys apart, no more.
_KEY_ID_DIGITS = 8
# Most characters that an error quotes of an unknown key's id.
_QUOTED_DIGITS = 24
# The id of a person's key. The ids of shared keys have no such beginning.
PERSON_KEY_PREFIX = "p"
_PERSON_KEY_DIGITS = 20
_PERSON_KEY_IN_TEXT = re.compile(rb'"(%s[0-9a-f]{%d})\.' % (PERSON_KEY_PREFIX.encode(), _PERSON_KEY_DIGITS))


class UnsealError(ValueError):
    """The sealed text was damaged, or was made for another message or with a key that this process does not have."""


class UnknownKeyError(UnsealError):
    """This process lacks the key that sealed, which is not the fault of one message. The text is the key's id."""

    @property
    def is_of_other_secret(self) -> bool:
        """True for a key that derives from another root secret; False for one that is lost."""
        return not str(self).startswith(PERSON_KEY_PREFIX)


class ForgottenKeyError(UnsealError):
    """The key or the text of a person who asked to be forgotten was removed. Nobody can open the text."""


class SealingKey:
    """One key with its id. `secret` are 64 bytes (AES-256-SIV).

    A cipher takes 4 KB and a few microseconds. Processes keep thousands of keys, so each use makes its own.
    """

    __slots__ = ("_secret", "id")

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.id = key_id
        self._secret = secret

    def seal(self, plain: bytes, message: UUID) -> Sealed:
        """Return `plain` encrypted and bound to its message, as `<key id>.<base64>`."""
        # AES-SIV refuses to encrypt nothing; one leading byte makes the empty text sealable.
        sealed = AESSIV(self._secret).encrypt(b"\0" + plain, [message.bytes])
        return Sealed(f"{self.id}.{base64.b64encode(sealed).decode()}")

    def open(self, sealed: Sealed, message: UUID) -> bytes:
        """Return the bytes that this key sealed for this message. Raise `UnsealError`."""
        try:
            body = base64.b64decode(sealed.partition(".")[2], validate=True)
            return AESSIV(self._secret).decrypt(body, [message.bytes])[1:]
        except (ValueError, InvalidTag) as error:
            raise UnsealError("damaged, or sealed for another message") from error


class Sealer:
    """Seals with the first key and opens with any of them. Each key is 64 secret bytes (AES-256-SIV)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        shared_keys = [SealingKey(shared_key_id(key), key) for key in keys]
        self._keys = {key.id: key for key in shared_keys}
        self._current = shared_keys[0]

    @property
    def key_ids(self) -> Collection[str]:
        """Ids of the keys that can open a sealed text, as `UnknownKeyError` names them."""
        return self._keys.keys()

    def seal(self, plain: bytes, message: UUID) -> Sealed:
        """Return `plain` sealed with the shared key for this message."""
        return self._current.seal(plain, message)

    def seal_for(self, _sender: str, plain: bytes, message: UUID) -> Sealed:
        """Return `plain` sealed for a person, the sender with this keyed hash. Here this is the shared key."""
        return self.seal(plain, message)

    def open(self, sealed: Sealed, message: UUID) -> bytes:
        """Return the bytes that were sealed for this message. Raise `UnsealError`."""
        if not sealed:
            raise ForgottenKeyError("the sealed text was removed")
        return self._find_key(sealed.partition(".")[0]).open(sealed, message)

    def prepare_soon(self, _senders: Iterable[str]) -> None:
        """Have the keys of these senders at hand for `seal_for`, if they can be had in time. Shared keys always are."""

    def prepare_opening(self, _values: Iterable[bytes]) -> None:
        """Load the keys that the sealed texts in these records name. Shared keys need no loading."""

    def prepare_sealing(self, _senders: Iterable[str]) -> None:
        """Load or make the keys of these senders. Shared keys need neither."""

    def _find_key(self, key_id: str) -> SealingKey:
        if key_id not in self._keys:
            raise UnknownKeyError(key_id[:_QUOTED_DIGITS])
        return self._keys[key_id]


def person_key_ids(values: Iterable[bytes]) -> Iterator[str]:
    """Yield the ids of persons' keys that the sealed texts in these records name."""
    for value in values:
        yield from (match.decode() for match in _PERSON_KEY_IN_TEXT.findall(value))


def person_key_id(random_bytes: bytes) -> str:
    """Return the id of a new key of a person. `random_bytes` are at least ten."""
    return PERSON_KEY_PREFIX + random_bytes.hex()[:_PERSON_KEY_DIGITS]


def shared_key_id(key: bytes) -> str:
    """Return the id of a shared key: it tells keys apart and reveals nothing about them."""
    return hashlib.sha256(b"key id" + key).hexdigest()[:_KEY_ID_DIGITS]
