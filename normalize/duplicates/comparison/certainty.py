"""Decision on a pair of complaints: certainly one matter, likely one, or two. Pure.

A merge must be right, because nobody looks at it again. Near copies and complaints in other words have a score and
thresholds of their own (`likeness.csv`). The rules here take away certainty where the words are alike and something
says that there are two matters: another house, another date, a trouble that came again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from config.reference.duplicate_weights import MatterWeights
from normalize.duplicates.comparison.authors import PUBLIC_FAMILIES
from normalize.duplicates.comparison.entity_comparison import HOUSES, LOCATING_KINDS
from normalize.duplicates.comparison.exclusions import lacks_ground
from normalize.duplicates.comparison.feature_functions import different_parts, is_later_incident
from normalize.duplicates.comparison.location_comparison import are_on_different_sides, face_different_landmarks
from normalize.duplicates.comparison.object_features import (
    has_opposite_wishes,
    is_one_house,
    is_small_thing_without_spot,
)
from normalize.duplicates.comparison.pair import ComplaintPair

Certainty = Literal["certain", "likely", "new"]
CERTAINTY_RANKS: Mapping[Certainty, int] = MappingProxyType({"new": 0, "likely": 1, "certain": 2})

# Kinds of which two values are two occurrences, firms or schools.
_DETAILS = frozenset({"date", "firm", "level"})
# Weight of the shorter text below which copies are short: one exchanged word makes another matter.
_SHORT_COPY_WEIGHT = 8.0
# From this weight on, a number in a copy is one of many, and no two regions have the same words by chance.
_LONG_COPY_WEIGHT = 14.0
# Density of the shared words, and weight of exchanged words, from which on a long text is no copy but another request.
_MIN_COPY_DENSITY, _MIN_REWRITTEN_WEIGHT = 0.5, 3.0
# Least share of the difference that is exchange, for texts that are equal but for numbers.
_MIN_EXCHANGE_SHARE = 0.8


def judge_certainty(pair: ComplaintPair, score: float, weights: MatterWeights) -> Certainty:
    """Return the decision on a pair that no rule excludes. `weights` are those of near pairs if the pair is near."""
    if score < weights.likely:
        return "likely" if pair.is_equal_on_other_channel else "new"
    return "certain" if score >= weights.certain and may_be_certain(pair) else "likely"


def may_be_certain(pair: ComplaintPair) -> bool:
    """Return False if something speaks for two occurrences, two wishes or two spots: likely at most."""
    if pair.was_mended or has_opposite_wishes(pair) or (pair.came_again and not pair.mentions_earlier_report):
        return False
    if pair.is_near and pair.alignment.shorter_weight >= _LONG_COPY_WEIGHT:
        return not _is_scattered(pair)
    if _has_two_spots_or_times(pair):
        return False
    if pair.is_near:
        return _is_certain_copy(pair)
    return pair.sender_relation == "same" or not is_small_thing_without_spot(pair)


def _has_two_spots_or_times(pair: ComplaintPair) -> bool:
    return (
        bool(HOUSES & pair.entities.address_conflict)
        or not _DETAILS.isdisjoint(pair.entities.conflict)
        or are_on_different_sides(pair.first, pair.second, pair.word_frequencies)
        or bool(different_parts(pair))
        or (bool(is_later_incident(pair)) and not pair.mentions_earlier_report)
        or face_different_landmarks(pair.first, pair.second, pair.word_frequencies)
    )


def _is_certain_copy(pair: ComplaintPair) -> bool:
    """Return False for a copy that fills in a form of a few words otherwise."""
    if _is_local_form(pair):
        return False
    if pair.alignment.shorter_weight >= _SHORT_COPY_WEIGHT:
        return not _is_numbered_form(pair) and not _is_scattered(pair)
    return not lacks_ground(pair) and not _differs_in_detail(pair)


def _is_local_form(pair: ComplaintPair) -> bool:
    """Return True for one text about a local thing that nobody names, from two regions: each has such a road.

    A campaign names its object, has no local thing, or is long.
    """
    is_elsewhere = pair.entities.region_relation == "address-conflict"
    if not is_elsewhere or pair.alignment.shared_weight >= _LONG_COPY_WEIGHT:
        return False
    if pair.stands_for_place(pair.common_names) or pair.entities.equal & LOCATING_KINDS:
        return False
    families = {thing.partition(".")[0] for thing in pair.first.things & pair.second.things}
    return not families.isdisjoint(PUBLIC_FAMILIES)


def _is_scattered(pair: ComplaintPair) -> bool:
    """Return True if long texts share a beginning and differ behind it: two requests of one school."""
    alignment = pair.alignment
    return alignment.density < _MIN_COPY_DENSITY and alignment.exchanged_weight >= _MIN_REWRITTEN_WEIGHT


def _is_numbered_form(pair: ComplaintPair) -> bool:
    """Return True if numbers stand in each other's place and little else differs: two houses, two lamps."""
    alignment = pair.alignment
    return alignment.exchange_share >= _MIN_EXCHANGE_SHARE and bool(alignment.exchanged_numbers)


def _differs_in_detail(pair: ComplaintPair) -> bool:
    """Return True if two short copies differ in a number, a side, a house or the thing."""
    has_two_things = bool(pair.first.things and pair.second.things) and not pair.things[0]
    has_two_houses = bool(HOUSES & pair.entities.address_conflict)
    if has_two_things or has_two_houses:
        return True
    is_one_source = pair.sender_relation == "same" or is_one_house(pair)
    return not is_one_source and bool(pair.alignment.exchanged_numbers or pair.alignment.exchanged_opposites)
