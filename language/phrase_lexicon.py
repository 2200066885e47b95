"""Finds known phrases among the normal forms of a text's words: the time it takes does not grow with their number.

Phrases may overlap here; `language.phrase_index` reads a text as it is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Phrase = tuple[str, ...]


class LexiconMatch(NamedTuple, Generic[T]):
    """A phrase among words: what it stands for, its first word and the one behind its last."""

    meaning: T
    first: int
    end: int


class PhraseLexicon(Generic[T]):
    """A fixed set of phrases, each a sequence of normal forms."""

    def __init__(self, phrases: Mapping[Phrase, T]) -> None:
        self._phrases = dict(phrases)
        lengths: dict[str, set[int]] = {}
        for phrase in phrases:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        self._lengths = {word: sorted(some, reverse=True) for word, some in lengths.items()}

    def find(self, words: Sequence[str]) -> list[LexiconMatch[T]]:
        """The longest phrase at each word, in order, without those that stand within a longer one before."""
        found: list[LexiconMatch[T]] = []
        reached = 0
        for first in [at for at, word in enumerate(words) if word in self._lengths]:
            hit = self._longest(words, first)
            if hit and hit.end > reached:
                found.append(hit)
                reached = hit.end
        return found

    def _longest(self, words: Sequence[str], first: int) -> LexiconMatch[T] | None:
        for length in self._lengths[words[first]]:
            phrase = tuple(words[first : first + length])
            meaning = self._phrases.get(phrase)
            if meaning is not None and len(phrase) == length:
                return LexiconMatch(meaning, first, first + length)
        return None

    def every(self, words: Sequence[str]) -> list[T]:
        """What every phrase stands for that is among the words, within a longer one too."""
        return [
            meaning
            for first in [at for at, word in enumerate(words) if word in self._lengths]
            for length in self._lengths[words[first]]
            if (meaning := self._phrases.get(tuple(words[first : first + length]))) is not None
        ]

    def words(self) -> Iterable[str]:
        """Every word that stands in a phrase."""
        return {word for phrase in self._phrases for word in phrase}
