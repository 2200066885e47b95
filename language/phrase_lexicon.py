"""Finds known phrases among words in normal form. The time of a search does not depend on the number of phrases.

Phrases may overlap here. `language.phrase_index` searches a text as it is written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Phrase = tuple[str, ...]


class LexiconMatch(NamedTuple, Generic[T]):
    """A phrase among words: its meaning, the position of its first word and the position after its last word."""

    meaning: T
    first: int
    end: int


class PhraseLexicon(Generic[T]):
    """A fixed set of phrases, each a sequence of normal forms."""

    def __init__(self, phrases: Mapping[Phrase, T]) -> None:
        self._meanings = dict(phrases)
        lengths: dict[str, set[int]] = {}
        # Second words of the phrases by their first: mostly no phrase goes on with the next word of a text.
        self._second_words: dict[str, set[str]] = {}
        for phrase in phrases:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
            self._second_words.setdefault(phrase[0], set()).update(phrase[1:2])
        self._longest_first = {word: sorted(counts, reverse=True) for word, counts in lengths.items()}

    def find_phrases(
        self, words: Sequence[str], is_allowed: Callable[[T], bool] | None = None
    ) -> list[LexiconMatch[T]]:
        """Return the longest phrase at each word, in order, without phrases inside a previous match.

        A phrase whose meaning is not allowed does not hide a shorter one inside it.
        """
        matches: list[LexiconMatch[T]] = []
        last_end = 0
        for first in self._possible_starts(words):
            match = self._longest_at(words, first, is_allowed)
            if match and match.end > last_end:
                matches.append(match)
                last_end = match.end
        return matches

    def find_all_meanings(self, words: Sequence[str]) -> list[T]:
        """Return the meanings of all phrases among the words, also of those inside a longer phrase."""
        return [
            meaning
            for first in self._possible_starts(words)
            for length in self._possible_lengths(words, first)
            if (meaning := self._meanings.get(tuple(words[first : first + length]))) is not None
        ]

    def words(self) -> Iterable[str]:
        """Return every word of every phrase."""
        return {word for phrase in self._meanings for word in phrase}

    def _possible_starts(self, words: Sequence[str]) -> list[int]:
        return [position for position, word in enumerate(words) if word in self._longest_first]

    def _longest_at(
        self, words: Sequence[str], first: int, is_allowed: Callable[[T], bool] | None
    ) -> LexiconMatch[T] | None:
        for length in self._possible_lengths(words, first):
            meaning = self._meanings.get(tuple(words[first : first + length]))
            if meaning is not None and (is_allowed is None or is_allowed(meaning)):
                return LexiconMatch(meaning, first, first + length)
        return None

    def _possible_lengths(self, words: Sequence[str], first: int) -> Sequence[int]:
        """Return the lengths of phrases that may stand at a word with which phrases begin, the longest first."""
        longest_first = self._longest_first[words[first]]
        if longest_first[0] == 1:
            return longest_first
        if first + 1 < len(words) and words[first + 1] in self._second_words[words[first]]:
            return [length for length in longest_first if length <= len(words) - first]
        return longest_first[-1:] if longest_first[-1] == 1 else ()
