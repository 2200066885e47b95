"""The three slots of a complaint: what is broken or asked, at which exact spot, and for whom. Pure.

What contradicts in one slot is likely one matter at most, however alike the other words are. What agrees in matter and
spot is one matter, however much else was written anew.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise

from normalize.duplicates.comparable import Comparable, derived
from normalize.duplicates.comparison.authors import PUBLIC_FAMILIES
from normalize.duplicates.comparison.pair import ComplaintPair

# Kinds of an exact spot: two reports that have one in common are not of two ends of a street.
_EXACT_SPOTS = frozenset({"house", "pole", "block", "km", "alley"})
# Two wishes about one crossing, gate or road that exclude each other.
_CLOSE = frozenset({"tutup", "ditutup", "menutup", "penutupan"})
_BUILD = frozenset({"bangun", "dibangun", "membangun", "pembangunan", "layang", "flyover"})
# A bridge is not its road.
_BRIDGE = "jembatan"
# Words of a trouble in the air, and of one in the water: one factory may make both.
_AIR = frozenset({"asap", "udara", "debu", "asep", "dibakar", "membakar", "pembakaran"})
_WATER = frozenset({"sungai", "kali", "cair", "busa", "berbusa", "selokan", "parit", "got"})
_POLLUTION = "polusi"
# Digits of the number behind a name at most: a village, a quarter or a line has a number, a year is none.
_MAX_NUMERAL_DIGITS = 2
# The word behind one of these tells one institution from the next.
_INSTITUTIONS = frozenset({"kementerian", "kemen", "kementrian"})
# The name behind one of these is of a person for whom somebody asks.
_HONORIFICS = frozenset(
    ("pasien", "mbah", "bapak", "pak", "ibu", "bu", "nenek", "kakek", "siswa", "anak", "almarhum", "almarhumah")
)


def contradicts_in_slot(pair: ComplaintPair) -> bool:
    """Return True if one of the slots is filled in otherwise: another wish, another spot, another beneficiary."""
    first, second = pair.first, pair.second
    return (
        _has_other_wish(first, second)
        or _pollutes_other_medium(first, second)
        or _has_other_numeral(first, second)
        or _is_alley_of_street(pair)
        or _is_bridge_of_road(first, second)
        or _is_bridge_of_road(second, first)
        or _has_other_beneficiary(pair)
    )


def agrees_in_matter_and_spot(pair: ComplaintPair) -> bool:
    """Return True for the same objects at one exact spot, without a difference in fault, place or person."""
    if pair.is_personal or pair.objects[0] < 1 or pair.faults[1]:
        return False
    entities = pair.entities
    if entities.conflict or entities.address_conflict or entities.region_relation == "address-conflict":
        return False
    return not _EXACT_SPOTS.isdisjoint(entities.equal) and pair.location.is_same_spot


def _has_other_wish(first: Comparable, second: Comparable) -> bool:
    """Return True if one asks to close what the other asks to build at."""
    first_words, second_words = _words(first), _words(second)
    return _wish_apart(first_words, second_words) or _wish_apart(second_words, first_words)


def _wish_apart(closing: AbstractSet[str], building: AbstractSet[str]) -> bool:
    if _CLOSE.isdisjoint(closing) or not _CLOSE.isdisjoint(building):
        return False
    return not _BUILD.isdisjoint(building) and _BUILD.isdisjoint(closing)


def _pollutes_other_medium(first: Comparable, second: Comparable) -> bool:
    """Return True if one tells of dirty air and the other of dirty water."""
    if _POLLUTION not in first.topics or _POLLUTION not in second.topics:
        return False
    first_medium, second_medium = _polluted_medium(first), _polluted_medium(second)
    return bool(first_medium and second_medium) and first_medium != second_medium


def _polluted_medium(complaint: Comparable) -> str:
    """Return `air` or `water`; empty if the text has words of both, or of none."""
    words = _words(complaint)
    is_air, is_water = not _AIR.isdisjoint(words), not _WATER.isdisjoint(words)
    return "" if is_air == is_water else "air" if is_air else "water"


def _has_other_numeral(first: Comparable, second: Comparable) -> bool:
    """Return True if one name has different numerals behind it: two villages, quarters or lines of one name."""
    first_numerals, second_numerals = _numerals_behind_names(first), _numerals_behind_names(second)
    return any(
        first_numerals[name].isdisjoint(second_numerals[name])
        for name in first_numerals.keys() & second_numerals.keys()
    )


@derived
def _numerals_behind_names(complaint: Comparable) -> Mapping[str, AbstractSet[str]]:
    numerals: dict[str, set[str]] = defaultdict(set)
    for words in (complaint.title_words, complaint.text_words, complaint.address_words):
        for name, number in pairwise(words):
            if name in complaint.names and number.isdecimal() and len(number) <= _MAX_NUMERAL_DIGITS:
                numerals[name].add(number.lstrip("0"))
    return numerals


def _is_alley_of_street(pair: ComplaintPair) -> bool:
    """Return True if only one of two complaints of one street names an alley of it. Near copies may leave it out."""
    if pair.is_near or "street" not in pair.entities.equal or "alley" in pair.entities.equal:
        return False
    return _names_alley(pair.first) != _names_alley(pair.second)


@derived
def _names_alley(complaint: Comparable) -> bool:
    return any(kind == "alley" for kind, _ in (*complaint.entities, *complaint.address_entities))


def _is_bridge_of_road(first: Comparable, second: Comparable) -> bool:
    """Return True if `first` names a bridge by the name of a street of `second`, which names no such bridge."""
    streets = [value for kind, value in second.entities if kind == "street"]
    first_words, second_words = _joined_words(first), _joined_words(second)
    return any(
        f" {_BRIDGE} {street} " in first_words and f" {_BRIDGE} {street} " not in second_words for street in streets
    )


def _has_other_beneficiary(pair: ComplaintPair) -> bool:
    """Return True for two ministries' selections or aids, and for two persons whose names follow an honorific.

    A public thing is nobody's own: two reports of one road may name two persons.
    """
    families = {name.partition(".")[0] for name in pair.first.objects & pair.second.objects}
    if not families.isdisjoint(PUBLIC_FAMILIES):
        return False
    first, second = pair.first, pair.second
    return _are_apart(_words_behind_any(first, _INSTITUTIONS), _words_behind_any(second, _INSTITUTIONS)) or _are_apart(
        _names_behind(first, _HONORIFICS), _names_behind(second, _HONORIFICS)
    )


def _are_apart(first: AbstractSet[str], second: AbstractSet[str]) -> bool:
    return bool(first and second) and first.isdisjoint(second)


@derived
def _words(complaint: Comparable) -> AbstractSet[str]:
    return {*complaint.title_words, *complaint.text_words}


@derived
def _joined_words(complaint: Comparable) -> str:
    return f" {' '.join((*complaint.title_words, *complaint.text_words))} "


@derived
def _words_behind_any(complaint: Comparable, heads: AbstractSet[str]) -> AbstractSet[str]:
    return {word for head, word in pairwise((*complaint.title_words, *complaint.text_words)) if head in heads}


@derived
def _names_behind(complaint: Comparable, heads: AbstractSet[str]) -> AbstractSet[str]:
    return _words_behind_any(complaint, heads) & complaint.names
