"""A map of the 38 provinces in which each one is a tile of the same size, near its place. Pure.

A map of areas would show Papua large and Jakarta not at all.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oversight.pages.shown_figures import FigureValue, ShownFigure
from pages.translation.message import Message

# Row and column of each province, by its official code. West is left, north is above.
POSITIONS: Mapping[str, tuple[int, int]] = {
    "11": (0, 0), "12": (1, 1), "14": (1, 2), "21": (1, 3), "13": (2, 1), "15": (2, 2), "19": (2, 4),
    "17": (3, 1), "16": (3, 2), "18": (4, 2),
    "36": (5, 3), "31": (5, 4), "32": (5, 5), "33": (5, 6), "34": (6, 6), "35": (5, 7),
    "51": (6, 8), "52": (6, 9), "53": (6, 10),
    "65": (1, 7), "64": (2, 7), "61": (2, 6), "62": (3, 6), "63": (3, 7),
    "71": (1, 10), "75": (1, 9), "72": (2, 9), "76": (3, 9), "73": (4, 9), "74": (4, 10),
    "82": (2, 11), "81": (3, 11),
    "96": (2, 12), "92": (2, 13), "91": (2, 14), "94": (3, 13), "95": (3, 14), "93": (4, 14),
}  # fmt: skip
# Letters on each tile: those that the police and the statistics office write for short.
LABELS: Mapping[str, str] = {
    "11": "Aceh", "12": "Sumut", "13": "Sumbar", "14": "Riau", "15": "Jambi", "16": "Sumsel", "17": "Bengk.",
    "18": "Lamp.", "19": "Babel", "21": "Kepri", "31": "DKI", "32": "Jabar", "33": "Jateng", "34": "DIY",
    "35": "Jatim", "36": "Banten", "51": "Bali", "52": "NTB", "53": "NTT", "61": "Kalbar", "62": "Kalteng",
    "63": "Kalsel", "64": "Kaltim", "65": "Kaltara", "71": "Sulut", "72": "Sulteng", "73": "Sulsel", "74": "Sultra",
    "75": "Goron.", "76": "Sulbar", "81": "Maluku", "82": "Malut", "91": "Papua", "92": "Pabar", "93": "Pasel",
    "94": "Pateng", "95": "Papeg", "96": "PBD",
}  # fmt: skip
SHADES = 5
SIDE = 62
_GAP = 4
WIDTH = 15 * (SIDE + _GAP) - _GAP
HEIGHT = 7 * (SIDE + _GAP) - _GAP


class Tile(NamedTuple):
    """A province on the map. `shade` is 0 to 4, a larger one for a larger value; -1 without a value."""

    code: str
    label: str
    name: str
    text: Message
    shade: int
    x: int
    y: int


def draw_tiles(
    provinces: Sequence[tuple[str, str]], values: Mapping[str, FigureValue], figure: ShownFigure
) -> Sequence[Tile]:
    """Return the tiles of provinces, of which code and name are given. A province that has no place is left out.

    Values are shaded by fifths of the largest one that is possible, as of 100 %, or that there is.
    """
    nothing = FigureValue(None)
    largest = max((value.value or 0 for value in values.values()), default=0)
    top = figure.fixed_top or largest
    return [
        Tile(
            code,
            LABELS[code],
            name,
            figure.text(values.get(code, nothing)),
            _shade(values.get(code, nothing).value, top),
            POSITIONS[code][1] * (SIDE + _GAP),
            POSITIONS[code][0] * (SIDE + _GAP),
        )
        for code, name in provinces
        if code in POSITIONS
    ]


def _shade(value: float | None, top: float) -> int:
    if value is None:
        return -1
    return min(int(value / top * SHADES), SHADES - 1) if top else 0
