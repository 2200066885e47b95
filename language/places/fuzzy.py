"""Finds the names that a misspelt word may mean: one letter added, missing, wrong or swapped, or no vowels.

The caller decides if a word is a misspelling at all: every word resembles some name. Names of places are written in
one word here, and several may be equally similar. Words of the language are corrected by `language.spelling`.
"""

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

from language.letter_edits import group_words, without_one_letter

# Minimum letters of a word that is one letter away; shorter words resemble too many names.
_MIN_LETTERS = 5
# Minimum letters of a word without vowels that still says which name is meant (bndg and smrg have rows in places.csv).
_MIN_CONSONANTS = 4
_VOWELS = str.maketrans("", "", "aeiou")
_CACHED_WORDS = 1 << 12


class FuzzyNames:
    """A fixed set of names without spaces. A search takes microseconds, whatever their number.

    `find_similar` keeps what it found for the last words: half of the words that are no names come again.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        # No longer word is one letter away from a name.
        self._max_letters = max(map(len, self._names), default=0) + 1
        # The first letter is seldom wrong.
        self._by_shortened = group_words(
            (name, without_one_letter(name, first=1)) for name in self._names if len(name) >= _MIN_LETTERS
        )
        self._by_consonants = group_words((name, (name.translate(_VOWELS),)) for name in self._names)
        self.find_similar = lru_cache(_CACHED_WORDS)(self._find_similar)

    def _find_similar(self, word: str) -> tuple[str, ...]:
        """Return the names one letter away with the same first letter, and the names with these consonants."""
        if word in self._names or not _MIN_CONSONANTS <= len(word) <= self._max_letters:
            return ()
        one_letter_away = self._one_letter_away(word) if len(word) >= _MIN_LETTERS else set()
        return tuple(sorted(one_letter_away.union(self._with_vowels(word))))

    def _one_letter_away(self, word: str) -> set[str]:
        candidates = set(self._by_shortened.get(word, ()))
        for shortened in without_one_letter(word, first=1):
            if shortened in self._names and len(shortened) >= _MIN_LETTERS:
                candidates.add(shortened)
            candidates.update(self._by_shortened.get(shortened, ()))
        return {name for name in candidates if name[0] == word[0] and OSA.distance(name, word, score_cutoff=1) <= 1}

    def _with_vowels(self, word: str) -> tuple[str, ...]:
        """Return the longer names with the consonants of a word that contain its letters in their order."""
        consonants = word.translate(_VOWELS)
        if len(consonants) < _MIN_CONSONANTS or consonants[0] != word[0]:
            return ()
        names = self._by_consonants.get(consonants, ())
        return tuple(name for name in names if len(name) > len(word) and _is_subsequence(word, name))


def _is_subsequence(word: str, name: str) -> bool:
    """Return True if the letters of a word stand in the name in this order."""
    letters = iter(name)
    return all(letter in letters for letter in word)
