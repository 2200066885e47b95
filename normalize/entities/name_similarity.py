"""Compares two canonical names of streets, places or persons. Pure functions of two strings."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import Levenshtein

from language.ordinary_words import split_words

# `unknown`: the names give no answer.
NameSimilarity = Literal["equal", "compatible", "conflict", "unknown"]

# Spellings of one sound: before the reforms of 1947 and 1972, and of Arabic and Sanskrit names.
_SPELLINGS = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("nj", "ny"), ("sj", "sy"), ("ch", "h"), ("kh", "h"))
# An h within a word may be left out (Buddhi, Achmad, gajah). At the beginning it tells words apart.
_INNER_H = re.compile(r"(?<=[a-z])h")
_SIMILAR_LETTERS = str.maketrans("yvfz", "ippj")
_DOUBLED = re.compile(r"([a-z])\1+")
_DIRECTIONS = frozenset(
    split_words("barat timur utara selatan tengah dalam lor kidul wetan kulon kaler ilir hilir ulu hulu")
)
_RAYA = "raya"
_FULL_FORMS = {
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
# In names of this length, one differing letter may be a typing error.
_MIN_LENGTH_FOR_TYPO = 7
# Initials that are written together: up to two letters, or three without a vowel.
_MAX_INITIALS, _MAX_INITIALS_WITH_VOWEL = 3, 2
_VOWELS = frozenset("aeiou")
_CACHED_NAMES = 1 << 12


@lru_cache(_CACHED_NAMES)
def phonetic_form(name: str) -> str:
    """Return the name with one spelling for each sound: `soekarno`, `sukarno`; `setyabudhi`, `setiabudi`."""
    for old, new in _SPELLINGS:
        name = name.replace(old, new)
    return _DOUBLED.sub(r"\1", _INNER_H.sub("", name.translate(_SIMILAR_LETTERS)))


@lru_cache(_CACHED_NAMES)
def compare_place_names(first_name: str, second_name: str) -> NameSimilarity:
    """Compare two names of places: `a yani` equals `ahmad yani`, `kelud` is compatible with `kelud raya`.

    Names that differ only by spelling, spaces and initials are equal. They are compatible if one has words that the
    other lacks. Another number or direction is a conflict. A difference of one letter is unknown: a typing error or
    another name.
    """
    first_place, second_place = _PlaceName(first_name), _PlaceName(second_name)
    numbers = _compare_sets(first_place.numbers, second_place.numbers)
    directions = _compare_sets(first_place.directions, second_place.directions)
    if "conflict" in {numbers, directions}:
        return "conflict"
    similarity = _compare_words(first_place.words, second_place.words)
    if similarity != "equal":
        return similarity
    has_same_parts = numbers == directions == "equal" and first_place.has_raya == second_place.has_raya
    return "equal" if has_same_parts else "compatible"


def compare_person_names(first_name: str, second_name: str) -> NameSimilarity:
    """Compare two names of persons: compatible if all words of one are in the other (`joko p`, `joko purwanto`)."""
    if first_name == second_name:
        return "equal"
    shorter, longer = sorted((first_name.split(), second_name.split()), key=len)
    unmatched = [phonetic_form(word) for word in longer]
    for word in map(phonetic_form, shorter):
        match = next((candidate for candidate in unmatched if _is_same_word(word, candidate)), None)
        if match is None:
            return "conflict"
        unmatched.remove(match)
    return "compatible"


class _PlaceName:
    """A name of a place, separated into numbers, directions, the suffix `raya` and all other words."""

    __slots__ = ("directions", "has_raya", "numbers", "words")

    def __init__(self, name: str) -> None:
        parts = [part for word in name.split() for part in _FULL_FORMS.get(word, word).split()]
        self.numbers = frozenset(part for part in parts if part[0].isdecimal())
        words = [part for part in parts if part not in self.numbers]
        # The first word is always a name (Jalan Utara).
        leading_words, suffixes = words[:1], words[1:]
        self.directions = _DIRECTIONS.intersection(suffixes)
        self.has_raya = _RAYA in suffixes
        self.words = leading_words + [word for word in suffixes if word not in _DIRECTIONS and word != _RAYA]


def _compare_sets(first_parts: frozenset[str], second_parts: frozenset[str]) -> NameSimilarity:
    if first_parts == second_parts:
        return "equal"
    return "conflict" if first_parts and second_parts else "compatible"


def _compare_words(first_words: Sequence[str], second_words: Sequence[str]) -> NameSimilarity:
    if not first_words or not second_words:
        return "equal" if first_words == second_words else "compatible"
    first_form, second_form = phonetic_form("".join(first_words)), phonetic_form("".join(second_words))
    if first_form == second_form or _is_equal_with_initials(first_words, second_words):
        return "equal"
    shorter, longer = sorted((first_words, second_words), key=len)
    if _is_part_of(shorter, longer):
        return "compatible"
    may_have_typo = min(len(first_form), len(second_form)) >= _MIN_LENGTH_FOR_TYPO
    if may_have_typo and Levenshtein.distance(first_form, second_form, score_cutoff=1) <= 1:
        return "unknown"
    return "conflict"


def _is_part_of(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    """Return whether all words of the shorter name are in the longer one, or it is its end with initials."""
    if set(map(phonetic_form, shorter)) <= set(map(phonetic_form, longer)):
        return True
    return _is_equal_with_initials(shorter, longer[len(longer) - len(shorter) :])


def _is_equal_with_initials(first_words: Sequence[str], second_words: Sequence[str]) -> bool:
    """Return whether `a yani` is `ahmad yani`, `mh thamrin` is `mohammad husni thamrin`. The last word is in full."""
    first_forms = [phonetic_form(word) for word in _split_initials(first_words)]
    second_forms = [phonetic_form(word) for word in _split_initials(second_words)]
    if len(first_forms) != len(second_forms) or first_forms[-1] != second_forms[-1]:
        return False
    return all(map(_is_same_word, first_forms, second_forms))


def _split_initials(name: Sequence[str]) -> list[str]:
    """Return the words with joined initials as single letters; the last word is left as it is."""
    *firsts, last = name
    return [part for word in firsts for part in (word if _is_initials(word) else (word,))] + [last]


def _is_initials(word: str) -> bool:
    if len(word) <= _MAX_INITIALS_WITH_VOWEL:
        return True
    return len(word) <= _MAX_INITIALS and _VOWELS.isdisjoint(word)


def _is_same_word(first_word: str, second_word: str) -> bool:
    """Return whether two words are equal or one is the initial of the other."""
    return first_word == second_word or _is_initial(first_word, second_word) or _is_initial(second_word, first_word)


def _is_initial(letter: str, word: str) -> bool:
    return len(letter) == 1 and word.startswith(letter)
