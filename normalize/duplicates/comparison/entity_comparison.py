"""Comparison of the entities that two complaints name: the kinds in which they agree, and those in which they differ.

Pure. The rules for values of one kind are in `entity_rules.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from language.places.context import Area
from language.places.gazetteer import containing_codes
from normalize.duplicates.comparable import Comparable, NamedEntity, derived
from normalize.duplicates.comparison.entity_rules import MASKED_NUMBER, PUBLIC_LANDMARKS, compare_values, date_parts

# Kinds of one spot, of the area around it, of houses and neighbourhoods, and of a person or a person's things.
SPOTS = frozenset({"street", "alley", "landmark", "hamlet", "block", "km"})
AREAS = frozenset({"village", "area", "branch"})
HOUSES = frozenset({"rt", "rw", "block", "house", "pole"})
PERSONS = frozenset({"id", "name", "phone", "email", "masked"})
LOCATING_KINDS = SPOTS | AREAS | HOUSES | PERSONS
# Two complaints that both name one of these kinds, with no equal value, are two matters.
_DECISIVE_PLACES = ("street", "alley", "village", "hamlet", "block", "km")
# The same in texts only: a map gives two telephones at one hole two different houses.
_DECISIVE_IN_TEXTS = ("rt", "rw", "house", "pole", "area")
_CONFLICTING_PLACES = (*_DECISIVE_PLACES, *_DECISIVE_IN_TEXTS, "branch", "public")
# Numbers of a person or an object. A sender may have two telephones, but a card belongs to one person.
_IDENTIFIERS = frozenset(
    ("nik", "kk", "bpjs", "kpj", "npwp", "idpel", "meter", "account", "plate", "tracking", "reference", "number")
)
_CONTACTS = frozenset(("phone", "email"))
# Days relative to the day of writing, addressees, links and quantities do not tell one matter from another. The names
# of senders are compared as names of persons.
_UNINFORMATIVE_KINDS = frozenset({"when", "mention", "url", "measure", "time", "author", "contrast"})
_REGIONS = frozenset({"district", "city", "province"})
_NOT_COMPARED = _UNINFORMATIVE_KINDS | _REGIONS
# Sets of regions, and pairs of such sets, of which the codes and the relation are remembered.
_CACHED_REGIONS = 1 << 12

RegionRelation = Literal["", "equal", "conflict", "address-conflict"]
_ValuesByKind = Mapping[str, set[str]]
# Codes that one name of a region may mean.
_Region = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntityComparison:
    """Kinds of entities that both complaints name: `equal` if a value agrees, `conflict` if none does.

    `address_conflict` holds kinds that differ in the address fields only, which a map may have filled in.
    `region_relation` is `conflict` if both texts name a region and neither lies in the other, `address-conflict` if
    only the address fields differ so, `equal` if they agree, and empty if one of them names no region.
    """

    equal: frozenset[str]
    conflict: frozenset[str]
    address_conflict: frozenset[str]
    region_relation: RegionRelation


def compare_entities(first: Comparable, second: Comparable) -> EntityComparison:
    """Return the comparison of the entities in texts and address fields."""
    # A text that was cut off may end in a part of a name.
    last_words = frozenset(comparable.text_words[-1] for comparable in (first, second) if comparable.text_words)
    first_text, second_text = _text_values(first), _text_values(second)
    first_all, second_all = _all_values(first), _all_values(second)
    has_address = bool(first.address_entities or second.address_entities)
    kinds: dict[str, set[str]] = {"equal": set(), "conflict": set(), "address-conflict": set(), "unknown": set()}
    for kind in first_all.keys() & second_all.keys():
        in_texts = compare_values(kind, first_text.get(kind, ()), second_text.get(kind, ()), last_words)
        anywhere = compare_values(kind, first_all[kind], second_all[kind], last_words) if has_address else in_texts
        is_excused = kind == "street" and "conflict" in {in_texts, anywhere} and _may_be_one_road(first, second)
        kinds["unknown" if is_excused else _combine(kind, in_texts, anywhere)].add(kind)
    agreements = {
        "id": not _identifiers(first).isdisjoint(_identifiers(second)),
        "district": _agree_on_district(first, second),
        "region": _any_related(_text_region_codes(first), _text_region_codes(second)),
    }
    kinds["equal"].update(kind for kind, agrees in agreements.items() if agrees)
    return EntityComparison(
        frozenset(kinds["equal"]),
        frozenset(kinds["conflict"]),
        frozenset(kinds["address-conflict"]),
        _relate_regions(first, second),
    )


def _combine(kind: str, in_texts: str, anywhere: str) -> str:
    """Return the outcome for a kind from its comparison in the texts and that in texts and address fields."""
    if in_texts == "conflict":
        return "conflict"
    if anywhere == "conflict":
        return "address-conflict" if kind in _DECISIVE_IN_TEXTS else "conflict"
    return "equal" if anywhere in {"equal", "compatible"} else "unknown"


def _agree_on_district(first: Comparable, second: Comparable) -> bool:
    """Return True if both name an equal district, at least one of them in its text.

    A map gives every address its district.
    """
    first_districts, second_districts = _districts(first.entities), _districts(second.entities)
    if first_districts & (second_districts | _districts(second.address_entities)):
        return True
    return bool(_districts(first.address_entities) & second_districts)


def _may_be_one_road(first: Comparable, second: Comparable) -> bool:
    """Return True for a road between two places, or a street that a map put into another street.

    Each complaint mentions the other's street, or one does whose own text calls nothing a street. Jalan Thamrin in the
    direction of Sudirman is not Jalan Sudirman.
    """
    first_mentions, second_mentions = _mentions_street_of(first, second), _mentions_street_of(second, first)
    if first_mentions and second_mentions:
        return True
    return (first_mentions and not _streets(first.entities)) or (second_mentions and not _streets(second.entities))


def _mentions_street_of(comparable: Comparable, neighbour: Comparable) -> bool:
    """Return True if the complaint has the words of the neighbour's street, without the word for a street.

    At least one of the words must be a name, not an ordinary word.
    """
    words = {*comparable.title_words, *comparable.text_words, *comparable.address_words}
    streets = (street.split() for street in _streets((*neighbour.entities, *neighbour.address_entities)))
    return any(words.issuperset(street) and not neighbour.names.isdisjoint(street) for street in streets)


def _streets(entities: Iterable[NamedEntity]) -> list[str]:
    return [value for kind, value in entities if kind == "street"]


def name_different_regions(first: Comparable, second: Comparable) -> bool:
    """Return True if both texts name a region and neither lies in the other. It needs no comparison of entities."""
    first_codes, second_codes = _text_region_codes(first), _text_region_codes(second)
    return bool(first_codes and second_codes) and not _any_related(first_codes, second_codes)


def conflicting_place(comparison: EntityComparison) -> str:
    """Return the kind of place in which two complaints differ, or an empty text. Such complaints are two matters."""
    return next((kind for kind in _CONFLICTING_PLACES if kind in comparison.conflict), "")


def names_two_persons(comparison: EntityComparison) -> bool:
    """Return True if they name two persons, or two numbers of a person, and no equal identifier."""
    equal, conflict = comparison.equal, comparison.conflict
    if "id" in equal:
        return False
    differs_by_card = bool(conflict & _IDENTIFIERS) or ("masked" in conflict and "name" not in equal)
    differs_by_name = "name" in conflict and not _CONTACTS & equal
    return differs_by_card or bool(_CONTACTS & conflict) or differs_by_name


def _group_by_kind(entities: Iterable[NamedEntity]) -> _ValuesByKind:
    values: dict[str, set[str]] = defaultdict(set)
    for kind, value in entities:
        if kind in _NOT_COMPARED:
            continue
        if kind == "masked" and value.startswith("number "):
            values[MASKED_NUMBER].add(value)
        # A month or a year alone is too little.
        elif kind != "date" or date_parts(value).day:
            values[kind].add(value)
        if kind == "landmark" and value.partition(" ")[0] in PUBLIC_LANDMARKS:
            values["public"].add(value)
    return dict(values)


@derived
def _text_values(comparable: Comparable) -> _ValuesByKind:
    return _group_by_kind(comparable.entities)


@derived
def _all_values(comparable: Comparable) -> _ValuesByKind:
    return _merge(_text_values(comparable), _group_by_kind(comparable.address_entities))


@derived
def _identifiers(comparable: Comparable) -> set[str]:
    """Return the numbers of all kinds: one complaint may call a number by its kind and the other not."""
    values = _text_values(comparable)
    return {number for kind in _IDENTIFIERS & values.keys() for number in values[kind]}


def _merge(text_values: _ValuesByKind, address_values: _ValuesByKind) -> _ValuesByKind:
    if not address_values:
        return text_values
    kinds = text_values.keys() | address_values.keys()
    return {kind: text_values.get(kind, set()) | address_values.get(kind, set()) for kind in kinds}


def _relate_regions(first: Comparable, second: Comparable) -> RegionRelation:
    if name_different_regions(first, second):
        return "conflict"
    first_codes, second_codes = _all_region_codes(first), _all_region_codes(second)
    if not first_codes or not second_codes:
        return ""
    return "equal" if _any_related(first_codes, second_codes) else "address-conflict"


def _districts(entities: Iterable[NamedEntity]) -> set[str]:
    """Return the districts by name, certain or possible ones."""
    return {value for kind, value in entities if kind in {"district", "area"}}


@derived
def _text_region_codes(comparable: Comparable) -> frozenset[str]:
    return _region_codes(_named_regions(comparable.entities))


@derived
def _all_region_codes(comparable: Comparable) -> frozenset[str]:
    return _region_codes(_named_regions((*comparable.entities, *comparable.address_entities)))


def _named_regions(entities: Iterable[NamedEntity]) -> frozenset[str]:
    return frozenset([value for kind, value in entities if kind in _REGIONS and value[0].isdecimal()])


@lru_cache(_CACHED_REGIONS)
def _region_codes(values: frozenset[str]) -> frozenset[str]:
    """Return the codes of the regions, without regions that only contain another of them."""
    regions = [tuple(value.split("|")) for value in values]
    regions_by_code: dict[str, list[_Region]] = defaultdict(list)
    for region in regions:
        for code in region:
            regions_by_code[code].append(region)
    containing = {
        outer
        for inner in regions
        # A region that contains `inner` has a code in which the first code of `inner` lies.
        for containing_code in containing_codes(inner[0])
        for outer in regions_by_code.get(containing_code, ())
        if _contains(outer, inner)
    }
    return frozenset(code for region in regions if region not in containing for code in region)


def _contains(outer: _Region, inner: _Region) -> bool:
    """Return True if each code of the inner region lies in a code of the outer one."""
    return all(not set(outer).isdisjoint(containing_codes(code)) for code in inner)


@lru_cache(_CACHED_REGIONS)
def _any_related(first_codes: frozenset[str], second_codes: frozenset[str]) -> bool:
    if not first_codes or not second_codes:
        return False
    first_area = Area(first_codes)
    return any(code in first_area for code in second_codes)
