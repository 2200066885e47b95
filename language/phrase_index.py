"""Finds known phrases in a text as it is written: the longest at each place, none overlapping another.

For names in a field or a few words. What is looked for in whole reports is found among their words in normal form
(`language.phrase_lexicon`), where slang and misspelt words are in full.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

_WORD = re.compile(r"[^\W_]+")
T = TypeVar("T")


class PhraseMatch(NamedTuple, Generic[T]):
    """A phrase in a text: what it stands for, and the words as they were written."""

    meaning: T
    words: str
    start: int


def normalize_phrase(phrase: str) -> str:
    """The form in which phrases are compared: words in lower case with single spaces."""
    return " ".join(_WORD.findall(phrase.lower()))


class PhraseIndex(Generic[T]):
    """A fixed set of phrases. Looking through a text costs time by its words, whatever the number of phrases."""

    def __init__(self, phrases: Mapping[str, T]) -> None:
        self._phrases = {tuple(phrase.split()): meaning for phrase, meaning in phrases.items()}
        self._longest: dict[str, int] = {}
        for words in self._phrases:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def phrases(self) -> Iterable[tuple[str, T]]:
        """Each phrase and what it stands for."""
        return ((" ".join(words), meaning) for words, meaning in self._phrases.items())

    def find(self, text: str) -> Iterable[PhraseMatch[T]]:
        """Every phrase in the text, in order, none overlapping another."""
        matches = list(_WORD.finditer(text))
        words = [match.group().lower() for match in matches]
        place = 0
        while place < len(words):
            for length in range(self._longest.get(words[place], 0), 0, -1):
                meaning = self._phrases.get(tuple(words[place : place + length]))
                if meaning is not None:
                    start, end = (matches[place].start(), matches[min(place + length, len(words)) - 1].end())
                    yield PhraseMatch(meaning, text[start:end], start)
                    place += length - 1
                    break
            place += 1
