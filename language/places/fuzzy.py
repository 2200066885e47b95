"""Finds the name that was meant by a word with one letter too many, too few, wrong or exchanged, or without vowels.

Whether a word is a misspelling at all is the caller's to know: any word is near some name. Names of places are written
in one word here and may be several alike; words of the language are mended by `language.spelling`.
"""

from collections.abc import Iterable, Iterator, Mapping

from rapidfuzz.distance import OSA

# Shorter words are near too many names.
_LEAST = 5
# Without vowels the shortest that still says which (bndg, smrg have rows in places.csv).
_LEAST_CONSONANTS = 4
_VOWELS = str.maketrans("", "", "aeiou")


class FuzzyNames:
    """`names` are written without spaces. A look-up costs a few microseconds, whatever their number."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._shortened = _grouped((cut, name) for name in self._names if len(name) >= _LEAST for cut in _cuts(name))
        self._bare = _grouped((name.translate(_VOWELS), name) for name in self._names)

    def meant(self, word: str) -> tuple[str, ...]:
        """The names one letter away that begin alike, and those whose consonants these are; mostly none or one."""
        if word in self._names or len(word) < _LEAST_CONSONANTS:
            return ()
        near = self._near(word) if len(word) >= _LEAST else set()
        return tuple(sorted(near.union(self._without_vowels(word))))

    def _near(self, word: str) -> set[str]:
        found = set(self._shortened.get(word, ()))
        for cut in _cuts(word):
            if cut in self._names and len(cut) >= _LEAST:
                found.add(cut)
            found.update(self._shortened.get(cut, ()))
        return {name for name in found if name[0] == word[0] and OSA.distance(name, word, score_cutoff=1) <= 1}

    def _without_vowels(self, word: str) -> tuple[str, ...]:
        consonants = word.translate(_VOWELS)
        if len(consonants) < _LEAST_CONSONANTS or consonants[0] != word[0]:
            return ()
        return tuple(name for name in self._bare.get(consonants, ()) if len(name) > len(word) and _within(word, name))


def _cuts(word: str) -> Iterator[str]:
    """The word without one letter; the first is seldom wrong."""
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


def _within(word: str, name: str) -> bool:
    """Whether the letters of a word stand in the name in this order."""
    letters = iter(name)
    return all(letter in letters for letter in word)


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for key, name in pairs:
        grouped[key] = (*grouped.get(key, ()), name)
    return grouped
