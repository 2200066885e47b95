"""Slips of the pen in names: a word that is no word of any name, one letter away from just one that is."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[^\W\d_]+")
# A short word one letter away is mostly another word.
_SHORTEST = 5


class Mender:
    """Knows the words of `names`. A letter may be missing, too many, another one, or two may be swapped."""

    def __init__(self, names: Iterable[str]) -> None:
        self._words = {word for name in names for word in _WORD.findall(name.lower())}
        self._without: dict[str, set[str]] = defaultdict(set)
        for word in self._words:
            if len(word) >= _SHORTEST:
                for short in (word, *_shorter(word)):
                    self._without[short].add(word)

    def mended(self, text: str) -> str:
        """The text with such words as they are meant; all others stay as they are written."""
        return _WORD.sub(lambda match: self._meant(match.group()), text)

    def _meant(self, written: str) -> str:
        word = written.lower()
        if len(word) < _SHORTEST or word in self._words:
            return written
        near = {meant for short in (word, *_shorter(word)) for meant in self._without.get(short, ())}
        meant = [other for other in near if other[0] == word[0] and _one_apart(word, other)]
        return (meant[0].title() if written[0].isupper() else meant[0]) if len(meant) == 1 else written


def _shorter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _one_apart(one: str, other: str) -> bool:
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        return len(long) - len(short) == 1 and short in _shorter(long)
    apart = [at for at, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
    swapped = len(apart) == 2 and apart[1] == apart[0] + 1 and one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]
    return len(apart) == 1 or swapped
