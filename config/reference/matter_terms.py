"""Terms for the matters that citizens complain of, from three tables.

`matter_topics.csv` has topics, which bring complaints together. `matter_objects.csv` has objects (a street lamp) and
`matter_faults.csv` their faults (dark, flickering, always on), by which two complaints about one place are told apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from config.reference.folder import SHIPPED, ReferenceFolder
from config.reference.table_reader import TableError, phrase_words, read_table

MATTER_TOPICS, MATTER_OBJECTS, MATTER_FAULTS = "matter_topics.csv", "matter_objects.csv", "matter_faults.csv"
_PAIR_SIGN = "~"
_PAIR_SEPARATOR = f" {_PAIR_SIGN} "
# Distance between the two words of a pair, in words.
_PAIR_DISTANCE = 6
_NO_TOPICS: frozenset[str] = frozenset()


class TermIndex:
    """An index of phrases (normal forms with single spaces); `phrases` gives the topic of each.

    `air ~ mati` is a pair: both words within `_PAIR_DISTANCE` words of each other, in any order.
    """

    def __init__(self, phrases: Mapping[str, str]) -> None:
        # Topics of phrases of one word, and of longer ones.
        self._topics_of_words: dict[str, str] = {}
        self._topics: dict[tuple[str, ...], str] = {}
        self._pairs: dict[str, list[tuple[str, str]]] = {}
        lengths: dict[str, set[int]] = {}
        second_words: dict[str, set[str]] = {}
        for phrase, topic in phrases.items():
            first_word, is_pair, second_word = phrase.partition(_PAIR_SEPARATOR)
            if is_pair:
                self._pairs.setdefault(first_word, []).append((second_word, topic))
            else:
                words = phrase_words(phrase)
                if len(words) == 1:
                    self._topics_of_words[words[0]] = topic
                    continue
                self._topics[words] = topic
                lengths.setdefault(words[0], set()).add(len(words))
                second_words.setdefault(words[0], set()).add(words[1])
        self._longest_first = {word: _longest_first(*sorted(counts)) for word, counts in lengths.items()}
        self._second_words = {word: frozenset(seconds) for word, seconds in second_words.items()}
        self.topics = frozenset(phrases.values())
        # Few words begin a phrase or a pair.
        self.first_words = frozenset((*self._topics_of_words, *lengths, *self._pairs))
        self.words = frozenset(word for phrase in phrases for word in phrase_words(phrase) if word != _PAIR_SIGN)

    def find_topics(self, words: Sequence[str]) -> frozenset[str]:
        """Return the topics of the phrases among some words, which are in normal form."""
        return self.topics_at(positions_of(words, self.first_words), words, frozenset(words))

    def topics_at(
        self, positions: Sequence[int], words: Sequence[str], different_words: frozenset[str]
    ) -> frozenset[str]:
        """Return the topics of the phrases that begin at some positions, which are at least those of `first_words`.

        `different_words` are the words without order. Of phrases that begin at one word the longest counts, and a word
        within it has no phrase of its own: "pju padam" is not a power cut.
        """
        if not positions:
            return _NO_TOPICS
        topics: set[str] = set()
        phrase_end, last = 0, len(words) - 1
        find_topic, find_second_words = self._topics_of_words.get, self._second_words.get
        find_pairs = self._pairs.get
        for position in positions:
            word = words[position]
            if position >= phrase_end:
                # Few words are followed by the second word of a longer phrase.
                may_be_longer = position < last and words[position + 1] in find_second_words(word, ())
                if may_be_longer and (end := self._add_longest(topics, words, position)):
                    phrase_end = end
                elif topic := find_topic(word):
                    topics.add(topic)
            for second_word, topic in find_pairs(word, ()):
                # Few texts have the second word at all.
                if second_word in different_words and _is_near(second_word, position, words):
                    topics.add(topic)
        return frozenset(topics)

    def _add_longest(self, topics: set[str], words: Sequence[str], position: int) -> int:
        """Add the topic of the longest phrase of several words at a position.

        Return the position behind it, 0 without a phrase.
        """
        for length in self._longest_first[words[position]]:
            if topic := self._topics.get(tuple(words[position : position + length])):
                topics.add(topic)
                return position + length
        return 0


class MatterTopics(NamedTuple):
    """The topics, objects and faults that a text names."""

    topics: frozenset[str]
    objects: frozenset[str]
    faults: frozenset[str]


@dataclass(frozen=True)
class MatterTerms:
    """The indexes of the three tables."""

    topics: TermIndex
    objects: TermIndex
    faults: TermIndex

    def find(self, words: Sequence[str]) -> MatterTopics:
        """Return the topics of the phrases of all tables, in one pass over the words, which are in normal form."""
        indexes, find_indexes = (self.topics, self.objects, self.faults), self._indexes_by_first_word.get
        positions: tuple[list[int], ...] = ([], [], [])
        for position, word in enumerate(words):
            for index in find_indexes(word, ()):
                positions[index].append(position)
        different_words = frozenset(words)
        return MatterTopics(
            *(
                index.topics_at(first_positions, words, different_words)
                for index, first_positions in zip(indexes, positions, strict=True)
            )
        )

    @cached_property
    def _indexes_by_first_word(self) -> Mapping[str, tuple[int, ...]]:
        """The numbers of the tables in which a phrase or a pair begins with a word."""
        numbers: dict[str, tuple[int, ...]] = {}
        for number, index in enumerate((self.topics, self.objects, self.faults)):
            for word in index.first_words:
                numbers[word] = _in_order(*numbers.get(word, ()), number)
        return numbers

    @property
    def words(self) -> frozenset[str]:
        """All words of all phrases."""
        return self.topics.words | self.objects.words | self.faults.words


@cache
def _in_order(*numbers: int) -> tuple[int, ...]:
    """Return the numbers. Words of the same tables share the tuple."""
    return numbers


@cache
def _longest_first(*lengths: int) -> tuple[int, ...]:
    """Return the lengths, the longest first. Words with equal lengths share the tuple."""
    return lengths[::-1]


def _is_near(word: str, position: int, words: Sequence[str]) -> bool:
    return word in words[max(0, position - _PAIR_DISTANCE) : position + _PAIR_DISTANCE + 1]


def positions_of(words: Sequence[str], sought_words: frozenset[str]) -> Sequence[int]:
    """Return the positions of the sought words."""
    return [position for position, word in enumerate(words) if word in sought_words]


def load_matter_terms(folder: ReferenceFolder = SHIPPED) -> MatterTerms:
    """Return the terms of a folder's three tables. Raises `TableError`."""
    return MatterTerms(*(load_terms(folder.table(name)) for name in (MATTER_TOPICS, MATTER_OBJECTS, MATTER_FAULTS)))


def load_terms(path: Path) -> TermIndex:
    """Return the index of one table's phrases. Raises `TableError`."""
    topics: dict[str, str] = {}
    for line, cells in read_table(path, ("topic", "words")):
        topic = cells["topic"].strip()
        for phrase in cells["words"].split("|"):
            if not topic or not phrase or phrase != " ".join(phrase.lower().split()):
                remedy = "write a topic, and phrases in lower case with single spaces"
                raise TableError(f"{path.name}: line {line}: {topic!r}: {phrase!r} is not a phrase; {remedy}")
            if phrase in topics:
                remedy = f"it stands under {topics[phrase]!r} already; keep one"
                raise TableError(f"{path.name}: line {line}: {topic!r}: {phrase!r}: {remedy}")
            topics[phrase] = topic
    return TermIndex(topics)
