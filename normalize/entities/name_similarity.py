"""Compares two canonical names: of streets, places, persons. Pure functions of two strings."""

import re
from collections.abc import Sequence
from typing import Literal

from rapidfuzz.distance import Levenshtein

from normalize.entities.common_words import words

# `unknown`: it can't be told, or one side says nothing of it.
NameSimilarity = Literal["equal", "compatible", "conflict", "unknown"]

# Spellings of one sound: before the reforms of 1947 and 1972, and of Arabic and Sanskrit names.
_SPELLINGS = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("nj", "ny"), ("sj", "sy"), ("ch", "h"), ("kh", "h"))
# Written or not (Buddhi, Achmad, gajah): only at the beginning it tells words apart.
_SOFT = re.compile(r"(?<=[a-z])h")
_LIKE = str.maketrans("yvfz", "ippj")
_DOUBLED = re.compile(r"([a-z])\1+")
_DIRECTIONS = frozenset(words("barat timur utara selatan tengah dalam lor kidul wetan kulon kaler ilir hilir ulu hulu"))
_IN_FULL = {
    "gatsu": "gatot subroto",
    "soetta": "soekarno hatta",
    "suhat": "soekarno hatta",
    "jensud": "sudirman",
    "gnp": "gunung",
    "gn": "gunung",
    "sei": "sungai",
    "tj": "tanjung",
    "tg": "tanjung",
    "kr": "karang",
    "krg": "karang",
    "kb": "kebon",
    "kbn": "kebon",
    "klp": "kelapa",
    "pd": "pondok",
    "pdk": "pondok",
    "ps": "pasar",
    "kp": "kampung",
    "cemp": "cempaka",
    "kby": "kebayoran",
    "tlk": "teluk",
    "sel": "selatan",
    "tim": "timur",
    "bar": "barat",
}
# A word so long may differ by one letter and be the same with a slip.
_LONG_ENOUGH = 7
_INITIALS = 3
_VOWELS = frozenset("aeiou")


def sound(name: str) -> str:
    """The name with its spelling levelled: `soekarno`, `sukarno`; `setyabudhi`, `setiabudi`."""
    for old, new in _SPELLINGS:
        name = name.replace(old, new)
    return _DOUBLED.sub(r"\1", _SOFT.sub("", name.translate(_LIKE)))


def compare_place_names(one: str, other: str) -> NameSimilarity:
    """Whether two names of places may be of one: `a yani` equals `ahmad yani`, `kelud` is compatible with `kelud raya`.

    Equal but for spelling, spaces and initials: equal. One says less than the other: compatible. Another number or
    direction: a conflict. One letter apart: unknown, a slip or another name.
    """
    mine, theirs = _Name(one), _Name(other)
    verdicts = {_either(mine.numbers, theirs.numbers), _either(mine.directions, theirs.directions)}
    if "conflict" in verdicts:
        return "conflict"
    named = _same_words(mine.words, theirs.words)
    if named in {"conflict", "unknown"}:
        return named
    return "equal" if named == "equal" and verdicts == {"equal"} and mine.raya == theirs.raya else "compatible"


def compare_person_names(one: str, other: str) -> NameSimilarity:
    """Whether two names may be one person's: the same words, or a part of them (`joko`, `joko p`, `joko purwanto`)."""
    if one == other:
        return "equal"
    mine, theirs = sorted(((one.split()), (other.split())), key=len)
    rest = [sound(word) for word in theirs]
    for word in mine:
        said = sound(word)
        match = next((their for their in rest if their == said or _initial(said, their)), None)
        if match is None:
            return "conflict"
        rest.remove(match)
    return "compatible"


class _Name:
    """A name in its parts."""

    __slots__ = ("directions", "numbers", "raya", "words")

    def __init__(self, name: str) -> None:
        parts = [part for word in name.split() for part in _IN_FULL.get(word, word).split()]
        self.numbers = frozenset(part for part in parts if part[0].isdecimal())
        named = [part for part in parts if part not in self.numbers]
        # The first word names, whatever it is (Jalan Utara).
        self.directions = frozenset(part for part in named[1:] if part in _DIRECTIONS)
        self.raya = "raya" in named[1:]
        kept = [part for place, part in enumerate(named) if not place or (part not in _DIRECTIONS and part != "raya")]
        self.words = kept


def _either(mine: frozenset[str], theirs: frozenset[str]) -> NameSimilarity:
    if mine == theirs:
        return "equal"
    return "conflict" if mine and theirs else "compatible"


def _same_words(mine: Sequence[str], theirs: Sequence[str]) -> NameSimilarity:
    if not mine or not theirs:
        return "equal" if mine == theirs else "compatible"
    one, other = sound("".join(mine)), sound("".join(theirs))
    if one == other or _by_initials(mine, theirs):
        return "equal"
    shorter, longer = sorted((mine, theirs), key=len)
    if set(map(sound, shorter)) <= set(map(sound, longer)) or _by_initials(
        shorter, longer[len(longer) - len(shorter) :]
    ):
        return "compatible"
    if min(len(one), len(other)) >= _LONG_ENOUGH and Levenshtein.distance(one, other, score_cutoff=1) <= 1:
        return "unknown"
    return "conflict"


def _by_initials(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """`a yani`, `ahmad yani`; `mh thamrin`, `mohammad husni thamrin`: the last word in full."""
    mine, theirs = ([sound(word) for word in _spelled_out(name)] for name in (mine, theirs))
    if len(mine) != len(theirs) or mine[-1] != theirs[-1]:
        return False
    return all(one == other or _initial(one, other) for one, other in zip(mine, theirs, strict=True))


def _spelled_out(name: Sequence[str]) -> list[str]:
    """Initials that were written together, apart: no vowel among them, or two letters."""
    return [
        part
        for place, word in enumerate(name)
        for part in (word if place < len(name) - 1 and _initials(word) else (word,))
    ]


def _initials(word: str) -> bool:
    return len(word) <= _INITIALS and (len(word) <= 2 or _VOWELS.isdisjoint(word))  # noqa: PLR2004 - two letters


def _initial(one: str, other: str) -> bool:
    return (len(one) == 1 and other.startswith(one)) or (len(other) == 1 and one.startswith(other))
