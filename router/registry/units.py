"""Units of institutions, found by their spellings in a text. The institution of a unit may depend on its place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from language.words import Word
from router.registry.levels import GOVERNMENT_LEVELS

# Stands for a number in a pattern (“sma #”).
NUMBER_MARK = "#"
# A number with more digits is no school's number but a person's.
_MAX_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """One spelling of a kind of unit. `name` is the first spelling of its row; `pattern` is words in normal form.

    `institutions` are codes or levels of government, best first. An open unit (`is_open`) has other words before its
    place (“dinas …”) and says little alone. `topic` may be empty. `handles` are the topics whose reports such a unit
    gets at its institution.
    """

    name: str
    pattern: str
    institutions: tuple[str, ...]
    topic: str
    is_open: bool
    handles: tuple[str, ...] = ()

    @property
    def depends_on_place(self) -> bool:
        """True if an institution of the unit depends on its place."""
        return bool(GOVERNMENT_LEVELS.intersection(self.institutions))


class UnitMention(NamedTuple):
    """A unit in a text: the words from `first` to before `last`, at the positions from `start` to before `end`."""

    unit: Unit
    first: int
    last: int
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    """A node of the tree of patterns, by words."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    unit: Unit | None = None


class UnitIndex:
    """A fixed set of units. The time to search a text depends on its number of words only."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.all = tuple(units)
        self._root = _Node()
        kinds_by_topic: defaultdict[str, list[str]] = defaultdict(list)
        for unit in self.all:
            for topic in unit.handles if unit.pattern == unit.name else ():
                kinds_by_topic[topic].append(unit.name)
            node = self._root
            for word in unit.pattern.split():
                node = node.children.setdefault(word, _Node())
            node.unit = node.unit or unit
        self._kinds_by_topic = {topic: tuple(kinds) for topic, kinds in kinds_by_topic.items()}

    def kinds_for(self, topic: str) -> Sequence[str]:
        """Return the names of the kinds of units that handle a topic, in the order of the table."""
        return self._kinds_by_topic.get(topic, ())

    def find(self, words: Sequence[Word]) -> list[UnitMention]:
        """Return the units in a text, in order, the longest at each word, none overlapping.

        The place of a unit stands behind the `end` of its mention.
        """
        mentions: list[UnitMention] = []
        first_words = self._root.children
        may_begin_with_number = NUMBER_MARK in first_words
        last_end = 0
        # Few words begin a unit.
        for position in [
            position for position, word in enumerate(words) if word[2] in first_words or may_begin_with_number
        ]:
            if position < last_end:
                continue
            last_end, unit = self._longest(words, position)
            if unit is not None:
                mentions.append(UnitMention(unit, position, last_end, words[position].start, words[last_end - 1].end))
        return mentions

    def _longest(self, words: Sequence[Word], position: int) -> tuple[int, Unit | None]:
        """Return the longest unit that begins at a word, with the position of the word behind it."""
        longest: tuple[int, Unit | None] = (position, None)
        node = self._child(self._root, words[position].normal)
        while node is not None:
            position += 1
            if node.unit is not None:
                longest = (position, node.unit)
            node = self._child(node, words[position].normal) if position < len(words) else None
        return longest

    def _child(self, node: _Node, word: str) -> _Node | None:
        child = node.children.get(word)
        if child is not None or NUMBER_MARK not in node.children:
            return child
        is_number = word[0].isdecimal() and len(word) <= _MAX_DIGITS
        return node.children[NUMBER_MARK] if is_number else None
