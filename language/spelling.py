"""Reads a word that nobody knows as the known one it is most likely meant to be: a letter wrong, or without vowels.

For words of the language, where one is meant or none; names of places are `language.places.fuzzy`'s.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from string import ascii_lowercase

_VOWELS = str.maketrans("", "", "aeiou")
# Shorter words are too like each other: to be mended, to be mended by another letter, to be written without vowels.
_SHORTEST, _SHORTEST_EXCHANGED, _SHORTEST_SKELETON = 6, 8, 4
# A skeleton of fewer letters is a word only if no other word of the language has it, or none that is nearly as usual.
_SURE_SKELETON = 5
_BY_FAR = 0.85
# A known word with these before or behind it is a word of the language too: dibilang, berbuat, keluhannya.
_BEFORE = ("memper", "diper", "meng", "meny", "mem", "men", "ber", "ter", "per", "peng", "pem", "pen", "ke", "se")
_SHORT_BEFORE = ("di", "me", "pe", "ku")
_BEHIND = ("kan", "nya", "lah", "kah", "an", "ku", "mu", "i")
_SHORTEST_ROOT = 3
_REMEMBERED = 1 << 13


class SpellingCorrector:
    """`known` are the words that may be meant, `usual` those that are words of the language and stay as they are.

    `weight` says how unusual a word is: of several that are written alike without vowels the most usual one is meant.
    """

    def __init__(
        self, known: Iterable[str], usual: Iterable[str] = (), weight: Callable[[str], float] = lambda _: 1.0
    ) -> None:
        meant = sorted({word for word in known if word.isalpha()})
        self._usual = frozenset(usual).union(meant)
        self._skeletons = self._read_without_vowels(self._usual, weight)
        self._shorter = _several((short, word) for word in meant if len(word) >= _SHORTEST for short in _without(word))
        self.meant = lru_cache(_REMEMBERED)(self._meant)

    def _meant(self, word: str) -> str:
        if word in self._usual or not word.isalpha() or self._derived(word):
            return word
        if len(word) >= _SHORTEST_SKELETON and word == _skeleton(word):
            return self._skeletons.get(word, word)
        return self._near(word) if len(word) >= _SHORTEST else word

    def _read_without_vowels(self, words: Iterable[str], weight: Callable[[str], float]) -> Mapping[str, str]:
        """By the skeleton the most usual of the words that have it; of a short one, where it is so by far."""
        found = {}
        for key, some in _several(
            (_skeleton(word), word) for word in words if len(word) > len(_skeleton(word))
        ).items():
            first, *others = sorted(some, key=lambda word: (weight(word), word))
            if not others or len(key) >= _SURE_SKELETON or weight(first) < _BY_FAR * weight(others[0]):
                found[key] = first
        return found

    def _near(self, word: str) -> str:
        """The only known word from which this one differs by a letter added, left out, exchanged or swapped."""
        found = {meant for short in (word, *_without(word)) for meant in self._shorter.get(short, ())}
        found.update(short for short in _without(word) if short in self._usual and len(short) >= _SHORTEST)
        near = {meant for meant in found if meant[0] == word[0] and _slip(word, meant)}
        return near.pop() if len(near) == 1 and near.issuperset(self._letter_missing(word)) else word

    def _letter_missing(self, word: str) -> Iterator[str]:
        """The words of the language that this one would be with a letter more: “perhatin” is no “perangin”."""
        longer = (word[:at] + letter + word[at:] for at in range(1, len(word) + 1) for letter in ascii_lowercase)
        return (one for one in longer if one in self._usual)

    def _derived(self, word: str) -> bool:
        """Whether it is a word of the language with what is put before and behind one."""
        ends = {word, *(word.removesuffix(end) for end in _BEHIND)}
        roots = {end.removeprefix(start) for end in ends for start in (*_BEFORE, *_SHORT_BEFORE)}
        return any(len(root) > _SHORTEST_ROOT and root != word and root in self._usual for root in roots)


def _slip(word: str, meant: str) -> bool:
    """A letter more or less, two swapped, or in a long word another."""
    if len(word) == len(meant):
        return sorted(word) == sorted(meant) or len(word) >= _SHORTEST_EXCHANGED
    return abs(len(word) - len(meant)) == 1


def _without(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _skeleton(word: str) -> str:
    """Without its vowels but for a first one, as it was written on old phones."""
    return word[:1] + word[1:].translate(_VOWELS)


def _several(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for key, word in pairs:
        if word not in found[key]:
            found[key] += (word,)
    return dict(found)
