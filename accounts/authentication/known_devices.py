"""Devices on which a person has signed in before. Failures elsewhere do not keep the person from signing in there.

A token of a device is its random id and a signature for each of the persons who signed in last on it. It proves nothing
else: whoever copies it has a few guesses of their own, and needs the password as everybody does.
"""

import re
from collections.abc import Callable, Sequence
from hmac import compare_digest

from accounts.tokens import keyed_hash

# Officers of one office share a computer.
_MAX_PERSONS = 5
_SEPARATOR = "."
_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{22,64}")
# 128 bits in hexadecimal digits.
_SIGNATURE_LENGTH = 32


class KnownDevices:
    """Makes and reads the tokens of devices. `key` signs them; `new_token` returns ids of at least 128 bits."""

    def __init__(self, key: bytes, new_token: Callable[[], str]) -> None:
        self._key = key
        self._new_token = new_token

    def find(self, token: str, email: str) -> str:
        """Return the id of the device if this person has signed in on it, otherwise an empty text."""
        device_id, signatures = _parts(token)
        expected = self._signature(device_id, email)
        return device_id if any(compare_digest(expected, signature) for signature in signatures) else ""

    def add_person(self, token: str, email: str) -> str:
        """Return the token of the device after this person has signed in on it; a new one if there was none."""
        device_id, signatures = _parts(token)
        device_id = device_id or self._new_token()
        own = self._signature(device_id, email)
        others = [signature for signature in signatures if signature != own]
        return _SEPARATOR.join([device_id, own, *others][: _MAX_PERSONS + 1])

    def _signature(self, device_id: str, email: str) -> str:
        return keyed_hash(self._key, "known-device", device_id, email)[:_SIGNATURE_LENGTH]


def _parts(token: str) -> tuple[str, Sequence[str]]:
    """Return id and signatures of a token, both empty for a text that is no token."""
    device_id, *signatures = token.split(_SEPARATOR)
    is_token = _DEVICE_ID.fullmatch(device_id) and token.isascii() and len(signatures) <= _MAX_PERSONS
    return (device_id, signatures) if is_token else ("", [])
