"""Tracking numbers: what a citizen keeps. Short, with a check symbol, and keyed, so that none leads to another."""

import hashlib
import hmac
from uuid import UUID

from stdnum.iso7064 import mod_37_36

# Crockford's base 32: no I, L, O or U, so nothing is misread and few words are spelled.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
# 11 symbols carry 55 bits: among 20 million complaints the chance of any two alike is below 1 %.
_SYMBOLS = 11
_GROUP = 4


def tracking_number(message: UUID, key: bytes) -> str:
    """The number of a message, as `XXXX-XXXX-XXXC`; C is an ISO 7064 hybrid check symbol over the other eleven.

    `key` is secret: without it a number tells nothing about any other.
    """
    digest = int.from_bytes(hmac.digest(key, message.bytes, hashlib.sha256), "big")
    symbols = "".join(_ALPHABET[(digest >> (5 * place)) & 31] for place in range(_SYMBOLS))
    return _grouped(symbols + mod_37_36.calc_check_digit(symbols, _ALPHABET))


def read_tracking_number(typed: str) -> str | None:
    """What a person typed, in the one true form; `None` when it can't be a number of ours (a slip was made).

    Case, spaces, dashes and the look-alikes I, L and O are forgiven.
    """
    symbols = "".join(c for c in typed.upper() if c.isalnum()).translate(_LOOKALIKES)
    if len(symbols) != _SYMBOLS + 1 or not mod_37_36.is_valid(symbols, _ALPHABET):
        return None
    return _grouped(symbols)


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP))
