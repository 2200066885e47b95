"""Numbers of a text in one form, however they are written. It knows no units and no dates."""

import re
from types import MappingProxyType

# 15.000 and 1.250.000,50 as written in Indonesia; 15,000.50 as written by programs. After a leading zero no groups.
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,([0-9]+))?|([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
# 1,5 and 1.5; 10.30 and 10:30 (a time). "01,02" is two numbers.
_TWO_PARTS = re.compile(r"(0|[1-9][0-9]*),([0-9]+)|([0-9]+)\.([0-9]+)|([0-9]{1,2}):([0-9]{2})")
_DIGITS = re.compile(r"[0-9]+")
# Exponents of ten by the word after a number.
POWERS = MappingProxyType(
    {
        **dict.fromkeys(("rb", "rbu", "ribu"), 3),
        **dict.fromkeys(("jt", "jta", "juta"), 6),
        **dict.fromkeys(("miliar", "milyar", "milyard", "mlyr"), 9),
        **dict.fromkeys(("triliun", "trilyun"), 12),
    }
)
# A factor has six digits at most: a product multiplied again and again does not grow without limit.
_FACTOR = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]+))?")


def split_numbers(written: str) -> list[tuple[int, int, str]]:
    """Return the numbers in digits joined by `.`, `,` or `:`, each with its start and end.

    That is one number, or several if the digits are a date or the like.
    """
    if number := _whole_number(written):
        return [(0, len(written), number)]
    return [(match.start(), match.end(), match.group()) for match in _DIGITS.finditer(written)]


def _whole_number(written: str) -> str:
    """Return everything that is written as one number with a decimal point; "" if it is not one number."""
    if written.isdecimal():
        return written
    if match := _GROUPED.fullmatch(written):
        groups, decimals = match[1] or match[3], match[2] or match[4] or ""
        return groups.replace(".", "").replace(",", "") + (f".{decimals}" if decimals.strip("0") else "")
    match = _TWO_PARTS.fullmatch(written)
    return ".".join(part for part in match.groups() if part) if match else ""


def multiply(number: str, word: str) -> str:
    """Return the number that a number and a following "ribu" or "juta" are together; "" if they are none.

    It adds at most the zeros of the word, and only to a number of up to six digits.
    """
    power = POWERS.get(word, 0)
    match = _FACTOR.fullmatch(number) if power else None
    if not match or len(match[2] or "") > power:
        return ""
    return (match[1] + (match[2] or "").ljust(power, "0")).lstrip("0")
