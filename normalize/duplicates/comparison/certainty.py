"""Decision on a pair of complaints: certainly one matter, likely one, or two. Pure.

A merge must be right, because nobody looks at it again. Near copies and complaints in other words have a score and
thresholds of their own (`duplicate_weights.csv`). The rules here take away certainty where the words are alike and
something says that there are two matters: another house, another date, a trouble that came again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from config.reference.duplicate_weights import MatterWeights
from normalize.duplicates.comparison.authors import PUBLIC_FAMILIES
from normalize.duplicates.comparison.entity_comparison import HOUSES, PERSONS
from normalize.duplicates.comparison.exclusions import is_filled_form, lacks_ground
from normalize.duplicates.comparison.feature_functions import (
    different_parts,
    is_copy_with_other_ends,
    is_later_incident,
)
from normalize.duplicates.comparison.location_comparison import face_different_landmarks
from normalize.duplicates.comparison.object_features import (
    MIN_LANDMARK_WEIGHT,
    common_rare_words,
    has_opposite_wishes,
    has_other_side,
    have_different_house_numbers,
    is_one_house,
    is_small_object_without_spot,
    is_street_of_long_object,
    names_one_person,
    tells_apart,
)
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.slots import agrees_in_matter_and_spot, contradicts_in_slot

Certainty = Literal["certain", "likely", "new"]
CERTAINTY_RANKS: Mapping[Certainty, int] = MappingProxyType({"new": 0, "likely": 1, "certain": 2})

# Kinds of which two values are two occurrences, firms or schools.
_DETAILS = frozenset({"date", "firm", "level", "span"})
# Weight of the shorter text below which copies are short: one exchanged word makes another matter.
_SHORT_COPY_WEIGHT = 8.0
# From this weight on, a number in a copy is one of many, and no two regions have the same words by chance.
_LONG_TEXT_WEIGHT = 14.0
# Density of the shared words, and weight of exchanged words, from which on a long text is no copy but another request.
_MIN_COPY_DENSITY, _MIN_REWRITTEN_WEIGHT = 0.5, 3.0
# From this score on, a near copy is one matter although much of its words is exchanged.
_VERY_HIGH_SCORE = 0.9
# From this score on, texts in other words need no fault in common besides a weak sign of one object.
_HIGH_SCORE_IN_OTHER_WORDS = 0.85
# Kinds of a spot that has a number of its own.
_NUMBERED_SPOTS = frozenset({"house", "pole", "block"})
# Share of exchanged words from which on a copy tells of another object, another wish or another part of a form.
_MAX_EXCHANGED_SHARE = 0.2
# Names in common that are one spot: a street and its quarter.
_MIN_COMMON_NAMES = 2
# Logarithm of the weight of rare words in common from which on two texts tell of one trouble.
_MIN_RARE_WORDS = 0.4
# The trouble that covers a whole street.
_FLOOD = "air.banjir"
# Least share of the difference that is exchange, for texts that are equal but for numbers.
_MIN_EXCHANGE_SHARE = 0.8


def judge_certainty(pair: ComplaintPair, score: float, weights: MatterWeights) -> Certainty:
    """Return the decision on a pair that no rule excludes. `weights` are those of near pairs if the pair is near."""
    if score < weights.likely:
        return "likely" if pair.is_equal_on_other_channel else "new"
    return "certain" if score >= weights.certain and may_be_certain(pair, score) else "likely"


def is_other_form(pair: ComplaintPair, score: float) -> bool:
    """Return True for one form with other names: two patients, two villages. A very high score is left to a person."""
    return score < _VERY_HIGH_SCORE and is_filled_form(pair)


def may_be_certain(pair: ComplaintPair, score: float = 0.0) -> bool:
    """Return False if something speaks for two occurrences, two wishes or two spots: likely at most.

    Near copies of a very high score pass the rules that only count words: some of these are written anew, or glued.
    """
    if _tells_of_two(pair):
        return False
    is_very_near = pair.is_near and score >= _VERY_HIGH_SCORE
    if pair.is_near and is_filled_form(pair) and not (is_very_near and pair.location.is_same_spot):
        return False
    if pair.is_near and pair.alignment.shorter_weight >= _LONG_TEXT_WEIGHT:
        return is_very_near or not (_is_scattered(pair) or _is_rewritten_form(pair))
    if _has_two_spots_or_times(pair):
        return False
    if not pair.is_near:
        return _is_certain_in_other_words(pair, score)
    return _is_certain_copy(pair, is_very_near=is_very_near)


def _tells_of_two(pair: ComplaintPair) -> bool:
    """Return True if the words themselves tell of another occurrence, wish or spot."""
    came_again = pair.came_again and not pair.mentions_earlier_report
    has_two_spots = tells_apart(pair) or have_different_house_numbers(pair) or contradicts_in_slot(pair)
    return came_again or bool(pair.was_mended) or has_opposite_wishes(pair) or has_two_spots


def _is_certain_in_other_words(pair: ComplaintPair, score: float) -> bool:
    """Return True for a place, a trouble and an object in common, or a trouble of one sender at one place."""
    has_common_trouble = bool(pair.objects[0] or pair.common_topics) or _tells_of_one_name(pair)
    if not has_common_trouble or not pair.has_common_place:
        return False
    is_one_object = _names_one_object(pair, score) and not is_small_object_without_spot(pair)
    return is_one_object or pair.sender_relation == "same"


def _tells_of_one_name(pair: ComplaintPair) -> bool:
    """Return True if rare words are told of one specific name: a trouble that no list of objects has."""
    return bool(pair.specific_names) and common_rare_words(pair) >= _MIN_RARE_WORDS


def _names_one_object(pair: ComplaintPair, score: float) -> bool:
    """Return True if texts in other words have a sign of one spot or one event, besides one place and one trouble.

    One hour, one street or one name has many troubles: a low score needs the same fault besides.
    """
    if "amount" in pair.entities.conflict:
        return False
    if _names_one_spot(pair):
        return True
    has_one_fault = bool(pair.faults[0]) or score >= _HIGH_SCORE_IN_OTHER_WORDS
    is_one_event = pair.is_within_hours or pair.in_order[1].says_continuing
    # Two neighbours of one street, and two requests of one sender, share names or an earlier report alone.
    is_told_again = pair.mentions_earlier_report and len(pair.common_names) >= _MIN_COMMON_NAMES
    has_weak_sign = is_one_event or is_street_of_long_object(pair) or is_told_again or _names_one_named_object(pair)
    return has_one_fault and has_weak_sign


def _names_one_spot(pair: ComplaintPair) -> bool:
    return (
        agrees_in_matter_and_spot(pair)
        or pair.landmark_weight >= MIN_LANDMARK_WEIGHT
        or bool((HOUSES | PERSONS) & pair.entities.equal)
        or not pair.numbers[0].isdisjoint(pair.numbers[1])
    )


def _names_one_named_object(pair: ComplaintPair) -> bool:
    """Return True for one sum asked for at one place, or one name that is no place: a shop, a bridge, a person."""
    if "amount" in pair.entities.equal and pair.common_names:
        return True
    return bool(pair.specific_names) and (not pair.is_personal or bool(names_one_person(pair)))


def _has_two_spots_or_times(pair: ComplaintPair) -> bool:
    has_two_spots = bool(HOUSES & pair.entities.address_conflict) or has_other_side(pair) or bool(different_parts(pair))
    has_two_times = bool(is_later_incident(pair)) and not pair.mentions_earlier_report
    has_two_details = not _DETAILS.isdisjoint(pair.entities.conflict)
    return has_two_spots or has_two_times or has_two_details or _are_at_different_landmarks(pair)


def _are_at_different_landmarks(pair: ComplaintPair) -> bool:
    """Return True if each faces a landmark that the other does not mention. A flood reaches several within hours."""
    if _FLOOD in pair.first.objects & pair.second.objects and pair.is_within_hours:
        return False
    return face_different_landmarks(pair.first, pair.second, pair.word_frequencies)


def _is_certain_copy(pair: ComplaintPair, *, is_very_near: bool) -> bool:
    """Return False for a copy that fills in a form of a few words otherwise."""
    if _is_local_form(pair) or (not is_very_near and _is_rewritten_form(pair)):
        return False
    if pair.alignment.shorter_weight >= _SHORT_COPY_WEIGHT:
        return not _is_numbered_form(pair) and (is_very_near or not _is_scattered(pair))
    return not lacks_ground(pair) and not _differs_in_detail(pair)


def _is_local_form(pair: ComplaintPair) -> bool:
    """Return True for one text about a local thing that nobody names, from two regions: each has such a road.

    A campaign names its object, has no local thing, or is long.
    """
    is_elsewhere = pair.entities.region_relation == "address-conflict"
    if not is_elsewhere or pair.alignment.shared_weight >= _LONG_TEXT_WEIGHT:
        return False
    # Each town has a central market: a place counts if its name is no dictionary word.
    if pair.stands_for_place(pair.common_names) or "firm" in pair.entities.equal:
        return False
    families = {name.partition(".")[0] for name in pair.first.objects & pair.second.objects}
    return not families.isdisjoint(PUBLIC_FAMILIES)


def _is_scattered(pair: ComplaintPair) -> bool:
    """Return True if long texts share a beginning and differ behind it: two requests of one school."""
    alignment = pair.alignment
    return alignment.density < _MIN_COPY_DENSITY and alignment.exchanged_weight >= _MIN_REWRITTEN_WEIGHT


def _is_rewritten_form(pair: ComplaintPair) -> bool:
    """Return True if much of a copy is exchanged: one form, one address, and another object or request.

    A sender who refers to the earlier report writes it anew, and one house, pole or street's surface is one object.
    A long copy about one spot with another beginning or end is no form.
    """
    alignment = pair.alignment
    whole_weight = alignment.shared_weight + alignment.exchanged_weight
    is_rewritten = pair.is_near and alignment.exchanged_weight > _MAX_EXCHANGED_SHARE * whole_weight
    if not is_rewritten or pair.sender_relation == "same" or pair.mentions_earlier_report:
        return False
    if is_copy_with_other_ends(pair) or agrees_in_matter_and_spot(pair):
        return False
    is_one_street = "street" in pair.entities.equal and is_street_of_long_object(pair)
    return not is_one_street and _NUMBERED_SPOTS.isdisjoint(pair.entities.equal)


def _is_numbered_form(pair: ComplaintPair) -> bool:
    """Return True if numbers stand in each other's place and little else differs: two houses, two lamps."""
    alignment = pair.alignment
    return alignment.exchange_share >= _MIN_EXCHANGE_SHARE and bool(alignment.exchanged_numbers)


def _differs_in_detail(pair: ComplaintPair) -> bool:
    """Return True if two short copies differ in a number, a side, a house or the object."""
    has_two_objects = bool(pair.first.objects and pair.second.objects) and not pair.objects[0]
    has_two_houses = bool(HOUSES & pair.entities.address_conflict)
    if has_two_objects or has_two_houses:
        return True
    is_one_source = pair.sender_relation == "same" or is_one_house(pair)
    return not is_one_source and bool(pair.alignment.exchanged_numbers or pair.alignment.exchanged_opposites)
