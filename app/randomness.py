"""Randomness of a process. Only this module takes random bytes from the system; all others take a `Randomness`."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

# Bytes of a token without a size, as in `secrets`.
_TOKEN_BYTES = 32
# A float has 53 bits between 0 and 1.
_FRACTION_BYTES, _FRACTION_BITS = 7, 53


@dataclass(frozen=True, slots=True)
class Randomness:
    """Ids, tokens and numbers, all made of `random_bytes`: the same bytes give the same values."""

    random_bytes: Callable[[int], bytes]

    def new_id(self) -> UUID:
        """Return a random UUID (version 4)."""
        return UUID(bytes=self.random_bytes(16), version=4)

    def token(self, size: int = _TOKEN_BYTES) -> str:
        """Return a token of so many random bytes that fits into an address."""
        return urlsafe_b64encode(self.random_bytes(size)).rstrip(b"=").decode()

    def token_hex(self, size: int = _TOKEN_BYTES) -> str:
        """Return a token of so many random bytes in hexadecimal digits."""
        return self.random_bytes(size).hex()

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to below `limit`; each has the same probability."""
        bits = limit.bit_length()
        size = (bits + 7) // 8
        while True:
            number = int.from_bytes(self.random_bytes(size)) >> (size * 8 - bits)
            if number < limit:
                return number

    def fraction(self) -> float:
        """Return a number from 0 to below 1."""
        bits = int.from_bytes(self.random_bytes(_FRACTION_BYTES)) >> (_FRACTION_BYTES * 8 - _FRACTION_BITS)
        return float(bits * 2**-_FRACTION_BITS)


def system_randomness() -> Randomness:
    """Return the randomness of this machine, for the place where a process begins."""
    return Randomness(secrets.token_bytes)
