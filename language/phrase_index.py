"""Finds known phrases in a text as it is written: the longest phrase at each word, none overlapping another.

For names in a field or a few words. Whole reports are searched by `language.phrase_lexicon` in words of normal form,
which have no slang and no misspelling.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

from config.reference.table_reader import phrase_words

_WORD = re.compile(r"[^\W_]+")
T = TypeVar("T")


class PhraseMatch(NamedTuple, Generic[T]):
    """A phrase in a text: its meaning, the words as written, and the position of the first letter."""

    meaning: T
    words: str
    start: int


def normalize_phrase(phrase: str) -> str:
    """Return the form in which phrases are compared: words in lower case with single spaces."""
    return " ".join(_WORD.findall(phrase.lower()))


class PhraseIndex(Generic[T]):
    """A fixed set of phrases. The time of a search depends on the words of the text, not on the number of phrases."""

    def __init__(self, phrases: Mapping[str, T]) -> None:
        self._meanings = {phrase_words(phrase): meaning for phrase, meaning in phrases.items()}
        self._max_lengths: dict[str, int] = {}
        for words in self._meanings:
            self._max_lengths[words[0]] = max(len(words), self._max_lengths.get(words[0], 0))

    def phrases(self) -> Iterable[tuple[str, T]]:
        """Return each phrase with its meaning."""
        return ((" ".join(words), meaning) for words, meaning in self._meanings.items())

    def find_phrases(self, text: str) -> Iterator[PhraseMatch[T]]:
        """Yield the phrases of a text in order."""
        word_matches = list(_WORD.finditer(text))
        words = [match.group().lower() for match in word_matches]
        position = 0
        while position < len(words):
            meaning, length = self._longest_at(words, position)
            if meaning is not None:
                start, end = word_matches[position].start(), word_matches[position + length - 1].end()
                yield PhraseMatch(meaning, text[start:end], start)
            position += length

    def _longest_at(self, words: list[str], position: int) -> tuple[T | None, int]:
        """Return the meaning of the longest phrase at a word and its length; without a phrase, one word is passed."""
        for length in range(self._max_lengths.get(words[position], 0), 0, -1):
            phrase = tuple(words[position : position + length])
            meaning = self._meanings.get(phrase)
            if meaning is not None:
                return meaning, len(phrase)
        return None, 1
