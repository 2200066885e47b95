"""Finds known phrases among words in normal form. The time of a search does not depend on the number of phrases.

Phrases may overlap here. `language.phrase_index` searches a text as it is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Phrase = tuple[str, ...]


class LexiconMatch(NamedTuple, Generic[T]):
    """A phrase among words: its meaning, the position of its first word and the position after its last word."""

    meaning: T
    first: int
    end: int


# Creates a match without the checks of `LexiconMatch(...)`.
_match = partial(tuple.__new__, LexiconMatch)


class _Node(Generic[T]):
    """A word in the tree of phrases: the meaning of the phrase that ends here, and the words that may follow."""

    __slots__ = ("following", "meaning")

    def __init__(self) -> None:
        self.meaning: T | None = None
        self.following: dict[str, _Node[T]] | None = None


class PhraseLexicon(Generic[T]):
    """A fixed set of phrases, each a sequence of normal forms."""

    def __init__(self, phrases: Mapping[Phrase, T]) -> None:
        self._nodes: dict[str, _Node[T]] = {}
        for phrase, meaning in phrases.items():
            self._add(phrase, meaning)

    def find_phrases(self, words: Sequence[str]) -> list[LexiconMatch[T]]:
        """Return the longest phrase at each word, in order, without phrases inside a previous match."""
        return longest_matches(self.find_all(words))

    def find_all(self, words: Sequence[str]) -> list[LexiconMatch[T]]:
        """Return all phrases among the words, also those inside a longer one, by first word, the shortest first."""
        matches: list[LexiconMatch[T]] = []
        count = len(words)
        # Most words begin no phrase.
        for first, first_node in enumerate(map(self._nodes.get, words)):
            if first_node is None:
                continue
            node: _Node[T] | None = first_node
            end = first + 1
            while node is not None:
                if node.meaning is not None:
                    matches.append(_match((node.meaning, first, end)))
                if node.following is None or end == count:
                    break
                node = node.following.get(words[end])
                end += 1
        return matches

    def begins_with(self, word: object) -> bool:
        """Return True if a phrase begins with this word."""
        return word in self._nodes

    def words(self) -> Iterable[str]:
        """Return every word of every phrase."""
        return set(_words(self._nodes))

    def _add(self, phrase: Phrase, meaning: T) -> None:
        first_word, *words = phrase
        node = self._nodes.setdefault(first_word, _Node())
        for word in words:
            if node.following is None:
                node.following = {}
            node = node.following.setdefault(word, _Node())
        node.meaning = meaning


def longest_matches(matches: Iterable[LexiconMatch[T]]) -> list[LexiconMatch[T]]:
    """Return the longest match at each word without those inside a previous one; `matches` are of `find_all`."""
    outermost: list[LexiconMatch[T]] = []
    last_end = 0
    for match in longest_by_word(matches):
        if match.end > last_end:
            outermost.append(match)
            last_end = match.end
    return outermost


def longest_by_word(matches: Iterable[LexiconMatch[T]]) -> Iterable[LexiconMatch[T]]:
    """Return the longest match at each word, in order, also those inside another; `matches` are of `find_all`."""
    return {match.first: match for match in matches}.values()


def _words(nodes: Mapping[str, _Node[T]]) -> Iterator[str]:
    yield from nodes
    for node in nodes.values():
        if node.following is not None:
            yield from _words(node.following)
