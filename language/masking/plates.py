"""Finds number plates: `B 1234 XYZ`, `b1902udk`, `DK-7788-QB`. In small letters only near a word for a vehicle."""

import re
from collections.abc import Iterator

from language.masking.spans import Kind, PersonalSpan
from language.ordinary_words import split_words

# Area letters of the police regulation on vehicle registration (Perpol 7/2021).
_AREA = r"(?:A[ABDEG]?|B[ABDEGHKLMNP]?|D[ABCDEGHKLMNPRSTW]?|E[ABD]?|F|G|H|K[BHTU]?|L|M|N|P[ABGST]?|R|S|T|W|Z)"
_PLATE = re.compile(
    rf"(?<![^\W_])(?P<area>{_AREA})[ .-]?(?P<number>[1-9]\d{{0,3}})[ .-]?(?P<series>[A-Z]{{1,3}})(?![^\W_])",
    re.IGNORECASE,
)
_VEHICLE = re.compile(
    r"\b(?:plat|plt|plate|nopol|bernopol|no\.?\s?pol|polisi|kendaraan|mobil|motor|truk|truck|bus|bis|angkot|taksi|pick\s?up"
    r"|sedan|avanza|xenia|ambulans|stnk|bpkb|bernomor|nomor)\b.{0,30}$",
    re.IGNORECASE,
)
_VEHICLE_DISTANCE = 45
# `S1 PAUD`, `D3`: an education. `T 45 B`, `A 4 BC` with one digit: anything.
_MIN_DIGITS_ALONE = 2
# Units and short words in the place of a series.
_NO_SERIES = frozenset(split_words("kg km cm mm m ml l jt rb kk th thn hr bln rt rw ha di dr dan yg no tgl"))


def find_plates(text: str) -> Iterator[PersonalSpan]:
    """Yield the number plates."""
    for match in _PLATE.finditer(text):
        if match["series"].lower() in _NO_SERIES:
            continue
        is_clear = match.group().upper() == match.group() and len(match["number"]) >= _MIN_DIGITS_ALONE
        if (
            is_clear
            or _VEHICLE.search(text, max(0, match.start() - _VEHICLE_DISTANCE), match.start())
            or _is_typical(match)
        ):
            yield PersonalSpan(*match.span(), Kind.PLATE)


def _is_typical(match: re.Match[str]) -> bool:
    """Return True for a plate with two area letters and four digits: no other code looks like it."""
    return len(match["area"]) > 1 and len(match["number"]) == 4  # noqa: PLR2004 - four digits
