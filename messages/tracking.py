"""Tracking numbers, which citizens keep: short, with a check symbol, and keyed, so that none can be guessed."""

import itertools
import re
from collections.abc import Sequence
from uuid import UUID

from stdnum.iso7064 import mod_37_36

from messages.keyed_hash import keyed_hash

# Crockford's base 32: no I, L, O or U, so that nothing is misread and few words are spelled.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
# 11 symbols carry 55 bits: among 20 million complaints the chance of any two equal numbers is below 1 %.
_SYMBOLS = 11
_BITS_PER_SYMBOL = 5
# Letters and digits of a number, with the check symbol.
NUMBER_SYMBOLS = _SYMBOLS + 1
# Stands in a text for persons in place of a number that they must not read.
HIDDEN_NUMBER = "[nomor]"
_GROUP = 4
_GROUP_COUNT = 3
# Three groups of four symbols in a text, with any separators; group 2 is the end of a part's number, if it has one.
# `_HYPHENATED`: as we write a number.
_GROUPS = re.compile(
    r"(?<![0-9A-Z])(?=([0-9A-Z]{4}[\s.-]{0,3}[0-9A-Z]{4}[\s.-]{0,3}[0-9A-Z]{4})(?![0-9A-Z])(-[2-9](?![0-9A-Z-]))?)",
    re.IGNORECASE,
)
_HYPHENATED = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", re.IGNORECASE)
_WRITTEN = re.compile(r"(?<![0-9A-Z-])[0-9A-Z]{4}(-?)[0-9A-Z]{4}\1[0-9A-Z]{4}(?:-[2-9])?(?![0-9A-Z-])", re.IGNORECASE)
# A typed number of a part: that of its report, and the number of the part apart from it.
_TYPED_PART = re.compile(r"(.*?)[\s./-]+([2-9])\s*", re.DOTALL)
# Each number has one of these signs, and many texts have none.
_DIGIT_OR_HYPHEN = re.compile(r"[0-9-]")


def tracking_number(message: UUID, key: bytes) -> str:
    """Return the number of a message, as `XXXX-XXXX-XXXC`; C is an ISO 7064 hybrid check symbol of the other eleven.

    It has a digit and a letter, so that `find_tracking_numbers` also finds it when it is typed without hyphens.
    `key` is secret: without it, one number reveals nothing about any other.
    """
    for attempt in itertools.count():
        # The first attempt has no suffix. One number in 90 needs a second attempt.
        suffix = bytes([attempt]) if attempt else b""
        symbols = _symbols_of(int.from_bytes(keyed_hash(key, message.bytes + suffix), "big"))
        if _has_digit_and_letter(symbols):
            break
    return _in_groups(symbols)


def _symbols_of(digest: int) -> str:
    last_symbol = len(_ALPHABET) - 1
    symbols = "".join([_ALPHABET[(digest >> (_BITS_PER_SYMBOL * index)) & last_symbol] for index in range(_SYMBOLS)])
    return symbols + mod_37_36.calc_check_digit(symbols, _ALPHABET)


def part_number(report_number: str, number: int) -> str:
    """Return the tracking number of a part: that of its report with the number of the part, as `XXXX-XXXX-XXXC-2`."""
    return f"{report_number}-{number}"


def number_of_report(tracking: str) -> str:
    """Return the tracking number of the report that a part belongs to, and that of a report itself as it is."""
    return "-".join(tracking.split("-")[:_GROUP_COUNT])


def read_tracking_number(typed: str) -> str | None:
    """Return a typed number in its canonical form; `None` if it cannot be one of ours, because of a slip.

    Case, spaces, dashes and the look-alikes I, L and O do not matter. It may be the number of a part.
    """
    if number := _read_report_number(typed):
        return number
    part = _TYPED_PART.fullmatch(typed)
    report_number = _read_report_number(part[1]) if part else None
    return part_number(report_number, int(part[2])) if part and report_number else None


def _read_report_number(typed: str) -> str | None:
    symbols = "".join(symbol for symbol in typed.upper() if symbol.isalnum()).translate(_LOOKALIKES)
    if len(symbols) != _SYMBOLS + 1 or not mod_37_36.is_valid(symbols, _ALPHABET):
        return None
    return _in_groups(symbols)


def typed_symbols(typed: str) -> int:
    """Return how many letters and digits a typed number has. Ours have `NUMBER_SYMBOLS`."""
    return sum(map(str.isalnum, typed))


def find_tracking_numbers(text: str) -> tuple[str, ...]:
    """Return the tracking numbers in a text, in their canonical form and in order.

    Three words of four letters, or twelve digits of a meter, have a valid check symbol now and then. Unless it is
    written with our hyphens, a number needs letters and digits. A word of four letters beside a number that is typed
    with spaces ("saya M58Y Z04Q Q2T7") may make a valid number with its groups: the one with more digits counts.
    """
    numbers = (read_tracking_number(match[1] + (match[2] or "")) for match in _typed_numbers(text))
    return tuple(dict.fromkeys(number for number in numbers if number))


def without_tracking_numbers(text: str, replacement: str = " ") -> str:
    """Return the text with another text in place of each tracking number in it."""
    for match in _typed_numbers(text):
        text = text.replace(match[1] + (match[2] or ""), replacement)
    return text


def without_written_numbers(text: str) -> str:
    """Return the text with `HIDDEN_NUMBER` in place of each tracking number, as we write it or without its hyphens.

    Three words that make a valid number stay, and so do the digits of a telephone.
    """

    def replaced(match: re.Match[str]) -> str:
        return HIDDEN_NUMBER if _has_digit_and_letter(match[0]) and read_tracking_number(match[0]) else match[0]

    return _WRITTEN.sub(replaced, text)


def _typed_numbers(text: str) -> Sequence[re.Match[str]]:
    """Return where the numbers of a text are: group 1 of each match is a number as it is typed."""
    if not _DIGIT_OR_HYPHEN.search(text):
        return ()
    matches = [match for match in _GROUPS.finditer(text) if _is_plausible(match[1]) and read_tracking_number(match[1])]
    return [
        match
        for index, match in enumerate(matches)
        # A match has three groups and begins with another group than the next: two on each side may overlap it.
        if not any(_is_clearer(other, match) for other in matches[max(0, index - 2) : index + 3])
    ]


def _is_clearer(one: re.Match[str], other: re.Match[str]) -> bool:
    overlap = one.start(1) < other.end(1) and other.start(1) < one.end(1)
    return overlap and sum(map(str.isdigit, one[1])) > sum(map(str.isdigit, other[1]))


def _is_plausible(typed: str) -> bool:
    return bool(_HYPHENATED.fullmatch(typed)) or _has_digit_and_letter(typed)


def _has_digit_and_letter(symbols: str) -> bool:
    return any(map(str.isdigit, symbols)) and any(map(str.isalpha, symbols))


def _in_groups(symbols: str) -> str:
    return "-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP))
