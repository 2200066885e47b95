"""Units of institutions, known by how they are written: `units.csv`. Whose a unit is may rest on its place."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from config.reference.table_reader import read_table
from language.words import Word, WordReader

REGENCY, PROVINCE, PLACE = "@regency", "@province", "@place"
BY_PLACE = frozenset((REGENCY, PROVINCE, PLACE))

_NUMBER = "#"
# More digits are no school's number but somebody's.
_LONGEST_NUMBER = 4
_OPEN = " *"
_COLUMNS = frozenset(("pattern", "institution", "topic"))


@dataclass(frozen=True, slots=True)
class Unit:
    """One way of writing a kind of unit. `name` is the first way of its row; `pattern` is words in normal form.

    `institutions`: codes, or `@regency`, `@province`, `@place` of the place that is named with it, best first.
    `open`: other words follow before the place (“dinas …”), and alone it says little. `topic` may be empty.
    """

    name: str
    pattern: str
    institutions: tuple[str, ...]
    topic: str
    open: bool

    @property
    def placed(self) -> bool:
        """Whether it takes a place to say whose it is."""
        return bool(BY_PLACE.intersection(self.institutions))


class UnitMention(NamedTuple):
    """A unit in a text: words from `first` to before `last`, which are written at `start` to before `end`."""

    unit: Unit
    first: int
    last: int
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    following: dict[str, "_Node"] = field(default_factory=dict)
    unit: Unit | None = None


class Units:
    """A fixed set of units. Looking through a text costs time by its words."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.all = tuple(units)
        self._root = _Node()
        for unit in self.all:
            node = self._root
            for word in unit.pattern.split():
                node = node.following.setdefault(word, _Node())
            node.unit = node.unit or unit

    def find(self, words: Sequence[Word]) -> list[UnitMention]:
        """The units in a text, in order, the longest at each place, none overlapping another.

        What stands behind `end` is where to look for the place that a unit belongs to.
        """
        found: list[UnitMention] = []
        at = 0
        while at < len(words):
            last, unit = self._longest(words, at)
            if unit is not None:
                found.append(UnitMention(unit, at, last, words[at].start, words[last - 1].end))
            at = max(last, at + 1)
        return found

    def _longest(self, words: Sequence[Word], at: int) -> tuple[int, Unit | None]:
        best: tuple[int, Unit | None] = (at, None)
        node = self._next(self._root, words[at].normal)
        while node is not None:
            at += 1
            if node.unit is not None:
                best = (at, node.unit)
            node = self._next(node, words[at].normal) if at < len(words) else None
        return best

    def _next(self, node: _Node, word: str) -> _Node | None:
        number = word[0].isdecimal() and len(word) <= _LONGEST_NUMBER
        return node.following.get(word) or (node.following.get(_NUMBER) if number else None)


def load_units(path: Path) -> list[Unit]:
    """The rows in their order, one unit for each way of writing. Raises `TableError`."""
    return [
        Unit(ways[0].removesuffix(_OPEN), way.removesuffix(_OPEN), codes, row.cells["topic"], way.endswith(_OPEN))
        for row in read_table(path, _COLUMNS)
        for ways, codes in [(row.parts("pattern") or ("",), row.parts("institution"))]
        for way in ways
    ]


def unit_faults(units: Sequence[Unit], words: WordReader, codes: Collection[str]) -> Iterator[str]:
    """What makes rows unfit to route by; `codes` are the institutions there are."""
    seen: dict[str, Unit] = {}
    for unit in units:
        if not unit.pattern or unit.pattern != (written := in_normal_form(unit.pattern, words)):
            yield f"write {unit.pattern!r} as {written if unit.pattern else 'words'!r}"
        if not unit.institutions:
            yield f"{unit.pattern}: it is nobody's"
        for code in unit.institutions:
            if code not in codes and code not in BY_PLACE:
                yield f"{unit.pattern}: {code!r} is not an agency in agencies.csv"
        if unit.pattern in seen:
            yield f"{unit.pattern!r} stands twice, in the rows of {seen[unit.pattern].name!r} and {unit.name!r}"
        seen[unit.pattern] = unit


def in_normal_form(pattern: str, words: WordReader) -> str:
    """The pattern as it is looked for; `#` stands for any number."""
    read = words.of(pattern.replace(_NUMBER, "0"))
    return " ".join(_NUMBER if word.normal == "0" else word.normal for word in read)
