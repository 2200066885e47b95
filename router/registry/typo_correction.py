"""Slips of the pen in names: a word that is no word of any name, and one letter away from some that are.

For the field of the addressee, where every word belongs to a name, so that all ways to read it are tried: in a report
only the words that nobody knows are mended (`language.spelling`), and names of places (`language.places.fuzzy`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice, product

_WORD = re.compile(r"[^\W\d_]+")
# A short word one letter away is mostly another word.
_SHORTEST = 5
_MOST = 8


class TypoCorrector:
    """Knows the words of `names`. A letter may be missing, too many, another one, or two may be swapped."""

    def __init__(self, names: Iterable[str]) -> None:
        self._words = {word for name in names for word in _WORD.findall(name.lower())}
        self._without: dict[str, set[str]] = defaultdict(set)
        for word in self._words:
            if len(word) >= _SHORTEST - 1:
                for short in (word, *_shorter(word)):
                    self._without[short].add(word)

    def readings(self, text: str) -> list[str]:
        """The text with such words as they may be meant, at most so many; none where nothing is to be mended."""
        parts = _WORD.split(text)
        meant = [self._meant(word) for word in _WORD.findall(text)]
        if not any(len(ways) > 1 or ways[0] != word for ways, word in zip(meant, _WORD.findall(text), strict=True)):
            return []
        ways = islice(product(*meant), _MOST)
        return ["".join(chain.from_iterable(zip(parts, (*words, ""), strict=True))) for words in ways]

    def _meant(self, written: str) -> list[str]:
        word = written.lower()
        if len(word) < _SHORTEST or word in self._words:
            return [written]
        near = {meant for short in (word, *_shorter(word)) for meant in self._without.get(short, ())}
        meant = sorted(other for other in near if other[0] == word[0] and _one_apart(word, other))
        return [other.title() if written[0].isupper() else other for other in meant] or [written]


def _shorter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _one_apart(one: str, other: str) -> bool:
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        return len(long) - len(short) == 1 and short in _shorter(long)
    apart = [at for at, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
    swapped = [(one[at], other[at]) for at in apart]
    return len(apart) == 1 or (len(apart) == len("ab") and apart[1] == apart[0] + 1 and swapped[0] == swapped[1][::-1])
