"""Tracking numbers, which citizens keep: short, with a check symbol, and keyed, so that none can be guessed."""

import re
from uuid import UUID

from stdnum.iso7064 import mod_37_36

from messages.keyed_hash import keyed_hash

# Crockford's base 32: no I, L, O or U, so that nothing is misread and few words are spelled.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
# 11 symbols carry 55 bits: among 20 million complaints the chance of any two equal numbers is below 1 %.
_SYMBOLS = 11
_BITS_PER_SYMBOL = 5
_GROUP = 4
# Three groups of four symbols in a text, with any separators. `_HYPHENATED`: as we write a number.
_GROUPS = re.compile(
    r"(?<![0-9A-Z])(?=([0-9A-Z]{4}[\s.-]{0,3}[0-9A-Z]{4}[\s.-]{0,3}[0-9A-Z]{4})(?![0-9A-Z]))", re.IGNORECASE
)
_HYPHENATED = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", re.IGNORECASE)
# Each number has one of these signs, and many texts have none.
_DIGIT_OR_HYPHEN = re.compile(r"[0-9-]")


def tracking_number(message: UUID, key: bytes) -> str:
    """Return the number of a message, as `XXXX-XXXX-XXXC`; C is an ISO 7064 hybrid check symbol of the other eleven.

    `key` is secret: without it, one number reveals nothing about any other.
    """
    digest = int.from_bytes(keyed_hash(key, message.bytes), "big")
    last_symbol = len(_ALPHABET) - 1
    symbols = "".join([_ALPHABET[(digest >> (_BITS_PER_SYMBOL * index)) & last_symbol] for index in range(_SYMBOLS)])
    return _in_groups(symbols + mod_37_36.calc_check_digit(symbols, _ALPHABET))


def read_tracking_number(typed: str) -> str | None:
    """Return a typed number in its canonical form; `None` if it cannot be one of ours, because of a slip.

    Case, spaces, dashes and the look-alikes I, L and O do not matter.
    """
    symbols = "".join(symbol for symbol in typed.upper() if symbol.isalnum()).translate(_LOOKALIKES)
    if len(symbols) != _SYMBOLS + 1 or not mod_37_36.is_valid(symbols, _ALPHABET):
        return None
    return _in_groups(symbols)


def find_tracking_numbers(text: str) -> tuple[str, ...]:
    """Return the tracking numbers in a text, in their canonical form and in order.

    Three words of four letters, or twelve digits of a meter, have a valid check symbol now and then. Unless it is
    written with our hyphens, a number needs letters and digits.
    """
    if not _DIGIT_OR_HYPHEN.search(text):
        return ()
    typed_numbers = (match[1] for match in _GROUPS.finditer(text))
    numbers = (read_tracking_number(typed) for typed in typed_numbers if _is_plausible(typed))
    return tuple(dict.fromkeys(number for number in numbers if number))


def without_tracking_numbers(text: str) -> str:
    """Return the text with a space in place of each tracking number in it."""
    typed_numbers = [match[1] for match in _GROUPS.finditer(text)]
    for typed in typed_numbers:
        if _is_plausible(typed) and read_tracking_number(typed):
            text = text.replace(typed, " ")
    return text


def _is_plausible(typed: str) -> bool:
    has_digit, has_letter = any(map(str.isdigit, typed)), any(map(str.isalpha, typed))
    return bool(_HYPHENATED.fullmatch(typed)) or (has_digit and has_letter)


def _in_groups(symbols: str) -> str:
    return "-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP))
