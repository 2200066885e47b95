"""The numbers in a text in one form, however they are written. It knows no units and no dates."""

import re
from types import MappingProxyType

# 15.000 and 1.250.000,50 as Indonesia writes them; 15,000.50 as programs do. With a leading zero there are no groups.
_GROUPS = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,([0-9]+))?|([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
# 1,5 and 1.5; 10.30 and 10:30 (a time). "01,02" is two numbers.
_PARTS = re.compile(r"(0|[1-9][0-9]*),([0-9]+)|([0-9]+)\.([0-9]+)|([0-9]{1,2}):([0-9]{2})")
_DIGITS = re.compile(r"[0-9]+")
POWERS = MappingProxyType(
    {
        **dict.fromkeys(("rb", "rbu", "ribu"), 3),
        **dict.fromkeys(("jt", "jta", "juta"), 6),
        **dict.fromkeys(("miliar", "milyar", "milyard", "mlyr"), 9),
        **dict.fromkeys(("triliun", "trilyun"), 12),
    }
)
# What is multiplied has at most so many digits: the product of a product does not grow.
_FACTOR = re.compile(r"(0|[1-9][0-9]{0,5})(?:\.([0-9]+))?")


def split_numbers(written: str) -> list[tuple[int, int, str]]:
    """The numbers in digits joined by `.`, `,` or `:`, each with its place: one, or several as in a date."""
    one = _one(written)
    if one:
        return [(0, len(written), one)]
    return [(match.start(), match.end(), match.group()) for match in _DIGITS.finditer(written)]


def _one(written: str) -> str:
    if written.isdecimal():
        return written
    if match := _GROUPS.fullmatch(written):
        whole, part = match[1] or match[3], match[2] or match[4] or ""
        return whole.replace(".", "").replace(",", "") + (f".{part}" if part.strip("0") else "")
    match = _PARTS.fullmatch(written)
    return ".".join(part for part in match.groups() if part) if match else ""


def multiply(number: str, word: str) -> str:
    """The number with a "ribu" or "juta" after it, in digits; empty where the two are not one number.

    It adds at most the zeros that the word says, and only to a number of up to six digits.
    """
    power = POWERS.get(word, 0)
    match = _FACTOR.fullmatch(number) if power else None
    if not match or len(match[2] or "") > power:
        return ""
    return (match[1] + (match[2] or "").ljust(power, "0")).lstrip("0")
