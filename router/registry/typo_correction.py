"""Corrects typing errors in names: a word of no name that is one letter away from words of names.

For the field of the addressee, where every word belongs to a name and all readings can be tried. In a report only
unknown words are corrected (`language.spelling`), and names of places (`language.places.fuzzy`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, islice, product

from rapidfuzz.distance import OSA

from language.letter_edits import without_one_letter

_WORD = re.compile(r"[^\W\d_]+")
# A shorter word one letter away is mostly another word.
_MIN_LENGTH = 5
# At most so many readings of one text are tried.
_MAX_READINGS = 8


class TypoCorrector:
    """Knows the words of `names`. A letter may be missing, added, replaced, or two neighbours may be swapped."""

    def __init__(self, names: Iterable[str]) -> None:
        self._words = {word for name in names for word in _WORD.findall(name.lower())}
        self._words_by_deletion: dict[str, set[str]] = defaultdict(set)
        for word in self._words:
            if len(word) >= _MIN_LENGTH - 1:
                for shortened in (word, *without_one_letter(word)):
                    self._words_by_deletion[shortened].add(word)

    def readings(self, text: str) -> list[str]:
        """Return the possible corrections of a text, at most eight; none if no word can be corrected."""
        words = _WORD.findall(text)
        candidates = [self._candidates(word) for word in words]
        if candidates == [[word] for word in words]:
            return []
        separators = _WORD.split(text)
        return [
            "".join(chain.from_iterable(zip(separators, (*reading, ""), strict=True)))
            for reading in islice(product(*candidates), _MAX_READINGS)
        ]

    def _candidates(self, written: str) -> list[str]:
        """Return the words of names that a written word may be; the word itself if it is none or is correct."""
        word = written.lower()
        if len(word) < _MIN_LENGTH or word in self._words:
            return [written]
        corrections = sorted(
            candidate
            for candidate in self._words_with_common_deletion(word)
            if candidate[0] == word[0] and OSA.distance(word, candidate, score_cutoff=1) <= 1
        )
        return [_in_case_of(written, correction) for correction in corrections] or [written]

    def _words_with_common_deletion(self, word: str) -> set[str]:
        """Return the words of names from which `word` differs by at most one deletion on each side."""
        return {
            candidate
            for shortened in (word, *without_one_letter(word))
            for candidate in self._words_by_deletion.get(shortened, ())
        }


def _in_case_of(written: str, correction: str) -> str:
    return correction.title() if written[0].isupper() else correction
