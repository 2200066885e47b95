"""Tracking numbers, which citizens keep: short, with a check symbol, and keyed, so that none can be guessed."""

import hashlib
import hmac
from uuid import UUID

from stdnum.iso7064 import mod_37_36

# Crockford's base 32: no I, L, O or U, so that nothing is misread and few words are spelled.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
# 11 symbols carry 55 bits: among 20 million complaints the chance of any two equal numbers is below 1 %.
_SYMBOLS = 11
_BITS_PER_SYMBOL = 5
_GROUP = 4


def tracking_number(message: UUID, key: bytes) -> str:
    """Return the number of a message, as `XXXX-XXXX-XXXC`; C is an ISO 7064 hybrid check symbol of the other eleven.

    `key` is secret: without it, one number reveals nothing about any other.
    """
    digest = int.from_bytes(hmac.digest(key, message.bytes, hashlib.sha256), "big")
    last_symbol = len(_ALPHABET) - 1
    symbols = "".join(_ALPHABET[(digest >> (_BITS_PER_SYMBOL * index)) & last_symbol] for index in range(_SYMBOLS))
    return _in_groups(symbols + mod_37_36.calc_check_digit(symbols, _ALPHABET))


def read_tracking_number(typed: str) -> str | None:
    """Return a typed number in its canonical form; `None` if it cannot be one of ours, because of a slip.

    Case, spaces, dashes and the look-alikes I, L and O do not matter.
    """
    symbols = "".join(symbol for symbol in typed.upper() if symbol.isalnum()).translate(_LOOKALIKES)
    if len(symbols) != _SYMBOLS + 1 or not mod_37_36.is_valid(symbols, _ALPHABET):
        return None
    return _in_groups(symbols)


def _in_groups(symbols: str) -> str:
    return "-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP))
