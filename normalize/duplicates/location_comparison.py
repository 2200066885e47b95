"""Whether two complaints are of one spot, by addresses as words and by names that nobody calls a street. Pure."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.entity_comparison import HOUSES, SPOTS, EntityComparison
from normalize.duplicates.text_alignment import stands
from normalize.entities.name_words import ROMAN_NUMERALS

# What an address says at least.
LEAST_SAID = 0.8
# Of two addresses so much of one stands in the other that both are of one spot.
_SAME_SPOT = 0.75
_MOSTLY = 0.4

# What stands behind them is a place that everybody there knows: the market, the post office. So many words of it.
_BESIDE = frozenset({"depan", "dekat", "samping", "sebelah", "seberang", "belakang", "sekitar"})
_BESIDE_WORDS = 3
# The same, where two such places mostly are two: what is across from one may be beside the other.
_FACING = frozenset({"depan", "dekat", "samping", "belakang"})
_FACING_WORDS = 2


@dataclass(frozen=True, slots=True)
class LocationComparison:
    """How two addresses stand to each other as words (weights), and whether both complaints are of one spot."""

    shared: float
    least: float
    apart: float
    here: bool


def compare_locations(
    a: Comparable, b: Comparable, named: EntityComparison, vocabulary: WordFrequencies
) -> LocationComparison:
    """The fields for the place, as words: "in front of the church", "in front of the hospital"."""
    left, right = set(a.place), set(b.place)
    weight = vocabulary.rarity
    both = left & right
    shared = sum(map(weight, both))
    only_a = sum(weight(word) for word in left - both if word not in b.words and not stands(word, frozenset(right)))
    only_b = sum(weight(word) for word in right - both if word not in a.words and not stands(word, frozenset(left)))
    least, most = sorted((sum(map(weight, left)), sum(map(weight, right))))
    # A quarter's name alone is within the address of every house there.
    same = shared >= _SAME_SPOT * least and shared >= _MOSTLY * most and least >= LEAST_SAID
    said = bool(named.equal & SPOTS) or _said(a, b) or _said(b, a)
    return LocationComparison(shared, least, min(2.0, only_a, only_b), here=said or same)


def beside(a: Comparable, b: Comparable, vocabulary: WordFrequencies) -> set[str]:
    """What one has behind words like *depan*, and the other names too, wherever: `depan kantor pos`."""
    left, right = _every_word(a, vocabulary), _every_word(b, vocabulary)
    return (_behind(a, _BESIDE, _BESIDE_WORDS) & right) | (_behind(b, _BESIDE, _BESIDE_WORDS) & left)


def other_beside(a: Comparable, b: Comparable, vocabulary: WordFrequencies) -> bool:
    """Whether both say what they are in front of or behind, and neither speaks of what the other does."""
    left, right = (_behind(one, _FACING, _FACING_WORDS) for one in (a, b))
    if not left or not right:
        return False
    return left.isdisjoint(_every_word(b, vocabulary)) and right.isdisjoint(_every_word(a, vocabulary))


def roots(words: Iterable[str], vocabulary: WordFrequencies) -> set[str]:
    """What words are made of: diperbaiki, perbaikan."""
    return {vocabulary.root(word) or word for word in words}


def _behind(matter: Comparable, behind: AbstractSet[str], most: int) -> set[str]:
    words = (*matter.title, *matter.words, *matter.place)
    return {said for at, word in enumerate(words) if word in behind for said in words[at + 1 : at + 1 + most]}


def _every_word(matter: Comparable, vocabulary: WordFrequencies) -> set[str]:
    words = (*matter.title, *matter.words, *matter.place)
    return {*words, *roots(words, vocabulary)}


def other_end(a: Comparable, b: Comparable) -> bool:
    """Whether one names, without saying what it is, another number of the other's street: `di tanah tinggi 5`."""
    text = ""
    for kind, value in (*b.named, *b.located):
        base, _, number = value.rpartition(" ")
        if kind != "street" or not number.isdecimal() or " " not in base:
            continue
        text = text or f" {' '.join((*a.title, *a.words))} "
        _, found, rest = text.partition(f" {base} ")
        if found and not _number_after(rest, value):
            return True
    return False


def _said(a: Comparable, b: Comparable) -> bool:
    """Whether one names, without saying what it is, a street or landmark of the other's: `di tanah tinggi 4`."""
    text = f" {' '.join((*a.title, *a.words, *a.place))} "
    for kind, value in (*b.named, *b.located):
        if kind not in SPOTS or kind in HOUSES:
            continue
        name = value.partition(" ")[2] if kind == "landmark" else value
        base = " ".join(word for word in name.split() if word.isalpha() and word != "raya")
        at = text.find(f" {base} ") if " " in base or base in a.fine else -1
        if at >= 0 and _number_after(text[at + len(base) + 2 :], name):
            return True
    return False


def _number_after(rest: str, name: str) -> bool:
    """Whether no other number than the name's follows."""
    following = rest.partition(" ")[0]
    number = ROMAN_NUMERALS.get(following, following)
    return not number.isdecimal() or number in name.split()
