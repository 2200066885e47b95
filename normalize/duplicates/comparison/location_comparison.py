"""Comparison of the spots of two complaints: addresses as words, and names of streets without the word for a street.

Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparable import Comparable, NamedEntity, derived
from normalize.duplicates.comparison.entity_comparison import HOUSES, SPOTS, EntityComparison
from normalize.duplicates.comparison.spelling import occurs_in
from normalize.entities.name_words import ROMAN_NUMERALS

# Weight of the words that an address has at least; less is the name of a quarter.
MIN_ADDRESS_WEIGHT = 0.8
# Two addresses are of one spot if they share this part of the lighter and this part of the heavier address.
_MIN_SHARE_OF_LIGHTER = 0.75
_MIN_SHARE_OF_HEAVIER = 0.4
# More difference between two addresses says no more.
_MAX_DIFFERENCE = 2.0

# The words behind one of these name a place that everybody there knows: the market, the post office.
_LANDMARK_PREPOSITIONS = frozenset({"depan", "dekat", "samping", "sebelah", "seberang", "belakang", "sekitar"})
_LANDMARK_WORDS = 3
# The prepositions behind which two different places mostly mean two spots. Not *seberang*: the place across the road
# from one may be beside the other.
_FACING_PREPOSITIONS = frozenset({"depan", "dekat", "samping", "belakang"})
_FACING_WORDS = 1
# The word behind one of these is a side: the two carriageways of a road, the two banks of a river.
_SIDE_PREPOSITIONS = frozenset({"arah", "sisi", "menuju", "jurusan"})
# Prepositions of the sides of a landmark. What is across the road from it may be called its front as well.
_SIDES_OF_LANDMARK = {"depan": "front", "seberang": "front", "samping": "side", "sebelah": "side", "belakang": "back"}


@dataclass(frozen=True, slots=True)
class LocationComparison:
    """Difference of two addresses and whether both complaints are of one spot.

    `address_difference` is the weight of the words that only one address has, the lighter side, at most 2.
    """

    address_difference: float
    is_same_spot: bool


def compare_locations(
    first: Comparable, second: Comparable, entities: EntityComparison, word_frequencies: WordFrequencies
) -> LocationComparison:
    """Return the comparison of the address fields as words and of the spots that the texts name."""
    first_words, second_words = set(first.address_words), set(second.address_words)
    rarity = word_frequencies.rarity
    shared_words = first_words & second_words
    shared_weight = sum(map(rarity, shared_words))
    first_only = _missing_words(first_words - shared_words, second, second_words)
    second_only = _missing_words(second_words - shared_words, first, first_words)
    lighter, heavier = sorted((sum(map(rarity, first_words)), sum(map(rarity, second_words))))
    has_same_address = (
        shared_weight >= _MIN_SHARE_OF_LIGHTER * lighter
        # The name of a quarter alone stands in the address of every house there.
        and shared_weight >= _MIN_SHARE_OF_HEAVIER * heavier
        and lighter >= MIN_ADDRESS_WEIGHT
    )
    return LocationComparison(
        min(_MAX_DIFFERENCE, sum(map(rarity, first_only)), sum(map(rarity, second_only))),
        is_same_spot=bool(entities.equal & SPOTS)
        or _mentions_spot_of(first, second)
        or _mentions_spot_of(second, first)
        or has_same_address,
    )


def _missing_words(words: Iterable[str], neighbour: Comparable, neighbour_words: AbstractSet[str]) -> list[str]:
    """Return the address words that stand neither in the neighbour's text nor, in another spelling, in its address."""
    address_words = frozenset(neighbour_words)
    return [word for word in words if word not in neighbour.text_words and not occurs_in(word, address_words)]


def shared_landmark_words(first: Comparable, second: Comparable, word_frequencies: WordFrequencies) -> set[str]:
    """Return the words behind prepositions like *depan* that the other complaint has too, in any place.

    `depan kantor pos` and `kantor pos banjir` share *kantor* and *pos*.
    """
    return _words_behind_that_occur_in(first, second, word_frequencies) | _words_behind_that_occur_in(
        second, first, word_frequencies
    )


def _words_behind_that_occur_in(
    comparable: Comparable, neighbour: Comparable, word_frequencies: WordFrequencies
) -> set[str]:
    landmark_words = _words_behind(comparable, _LANDMARK_PREPOSITIONS, _LANDMARK_WORDS)
    return landmark_words & _words_and_roots(neighbour, word_frequencies) if landmark_words else landmark_words


def face_different_landmarks(first: Comparable, second: Comparable, word_frequencies: WordFrequencies) -> bool:
    """Return True if each complaint names a landmark beside its spot that the other does not mention."""
    return _differ_behind(first, second, _FACING_PREPOSITIONS, _FACING_WORDS, word_frequencies)


def are_on_different_sides(first: Comparable, second: Comparable, word_frequencies: WordFrequencies) -> bool:
    """Return True if each complaint names a side or direction that the other does not mention."""
    return _differ_behind(first, second, _SIDE_PREPOSITIONS, 1, word_frequencies)


def name_different_sides(first: Comparable, second: Comparable) -> bool:
    """Return True if both name a side or direction and none is in common, whatever else they mention."""
    first_words, second_words = (_words_behind(comparable, _SIDE_PREPOSITIONS, 1) for comparable in (first, second))
    return bool(first_words and second_words) and first_words.isdisjoint(second_words)


def are_beside_different_sides(first: Comparable, second: Comparable) -> bool:
    """Return True if both name a side of one landmark, and no side is in common: behind the station, in front of it."""
    first_sides, second_sides = _sides_of_landmarks(first), _sides_of_landmarks(second)
    return any(first_sides[word].isdisjoint(second_sides[word]) for word in first_sides.keys() & second_sides.keys())


@derived
def _sides_of_landmarks(comparable: Comparable) -> dict[str, set[str]]:
    words = _all_words(comparable)
    sides: dict[str, set[str]] = defaultdict(set)
    for preposition, word in pairwise(words):
        if preposition in _SIDES_OF_LANDMARK:
            sides[word].add(_SIDES_OF_LANDMARK[preposition])
    return sides


def _differ_behind(
    first: Comparable,
    second: Comparable,
    prepositions: AbstractSet[str],
    count: int,
    word_frequencies: WordFrequencies,
) -> bool:
    first_words, second_words = (_words_behind(comparable, prepositions, count) for comparable in (first, second))
    if not first_words or not second_words:
        return False
    return first_words.isdisjoint(_words_and_roots(second, word_frequencies)) and second_words.isdisjoint(
        _words_and_roots(first, word_frequencies)
    )


def root_words(words: Iterable[str], word_frequencies: WordFrequencies) -> set[str]:
    """Return the words that the words are formed from: *baik* for *diperbaiki* and *perbaikan*."""
    return {word_frequencies.root(word) or word for word in words}


@derived
def _all_words(comparable: Comparable) -> Sequence[str]:
    return (*comparable.title_words, *comparable.text_words, *comparable.address_words)


@derived
def _words_behind(comparable: Comparable, prepositions: AbstractSet[str], count: int) -> set[str]:
    words = _all_words(comparable)
    return {
        word
        for index, preposition in enumerate(words)
        if preposition in prepositions
        for word in words[index + 1 : index + 1 + count]
    }


@derived
def _words_and_roots(comparable: Comparable, word_frequencies: WordFrequencies) -> set[str]:
    words = _all_words(comparable)
    return {*words, *root_words(words, word_frequencies)}


def mentions_sibling_street(first: Comparable, second: Comparable) -> bool:
    """Return True if `first` mentions another number of a numbered street of `second`, without the word for a street.

    `di tanah tinggi 5` mentions a sibling of *Jl. Tanah Tinggi 4*.
    """
    text = ""
    for base_name, street in _numbered_streets((*second.entities, *second.address_entities)):
        text = text or f" {' '.join((*first.title_words, *first.text_words))} "
        _, mention, following_text = text.partition(f" {base_name} ")
        if mention and not _continues_with_number_of(street, following_text):
            return True
    return False


def _numbered_streets(entities: Iterable[NamedEntity]) -> Iterator[tuple[str, str]]:
    """Yield the name without its number (of two words at least), and the full name."""
    for kind, value in entities:
        base_name, _, number = value.rpartition(" ")
        if kind == "street" and number.isdecimal() and " " in base_name:
            yield base_name, value


def _mentions_spot_of(first: Comparable, second: Comparable) -> bool:
    """Return True if `first` mentions a street or landmark of `second` without its kind: `di tanah tinggi 4`."""
    text = _joined_words(first)
    for base_name, name in _spot_names(second):
        if " " not in base_name and base_name not in first.names:
            continue
        _, mention, following_text = text.partition(f" {base_name} ")
        if mention and _continues_with_number_of(name, following_text):
            return True
    return False


@derived
def _joined_words(comparable: Comparable) -> str:
    return f" {' '.join(_all_words(comparable))} "


@derived
def _spot_names(comparable: Comparable) -> Sequence[tuple[str, str]]:
    """Return the names of streets and landmarks: without numbers and the word *raya*, and in full."""
    names = (
        value.partition(" ")[2] if kind == "landmark" else value
        for kind, value in (*comparable.entities, *comparable.address_entities)
        if kind in SPOTS and kind not in HOUSES
    )
    return [(" ".join(word for word in name.split() if word.isalpha() and word != "raya"), name) for name in names]


def _continues_with_number_of(name: str, following_text: str) -> bool:
    """Return True unless the text goes on with a number that the name does not have."""
    next_word = following_text.partition(" ")[0]
    number = ROMAN_NUMERALS.get(next_word, next_word)
    return not number.isdecimal() or number in name.split()
