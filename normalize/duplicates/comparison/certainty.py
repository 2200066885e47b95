"""Decision on a pair of complaints: certainly one matter, likely one, or two. Pure.

A merge must be right, because nobody looks at it again. So a high score is not enough for texts in other words: the
complaints must name one object (the same spot, thing and fault) or one event in the same hours. One street or one
quarter with one kind of trouble is likely at most, and a person decides. `same_object.py` has the rules of objects.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Literal

from normalize.duplicates.comparison.authors import PUBLIC_FAMILIES
from normalize.duplicates.comparison.entity_comparison import HOUSES, LOCATING_KINDS, PERSONS
from normalize.duplicates.comparison.exclusions import lacks_ground
from normalize.duplicates.comparison.feature_functions import different_parts, is_later_incident
from normalize.duplicates.comparison.location_comparison import face_different_landmarks
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.same_object import has_common_landmark, is_one_house, is_one_object, is_told_again

Certainty = Literal["certain", "likely", "new"]
CERTAINTY_RANKS: Mapping[Certainty, int] = MappingProxyType({"new": 0, "likely": 1, "certain": 2})

# Least score of near texts that are certainly one matter: their words prove most of it, unless they are few.
_NEAR_SCORE, _SHORT_NEAR_SCORE = 0.7, 0.9
# Weight of the shorter text below which copies are short: one exchanged word makes another matter.
_SHORT_COPY_WEIGHT = 8.0
# From this weight on, a number in a copy is one of many, and no two regions have the same words by chance.
_LONG_COPY_WEIGHT = 14.0
# Density of the shared words, and weight of exchanged words, from which on a long text is no copy but another request.
_MIN_COPY_DENSITY, _MIN_REWRITTEN_WEIGHT = 0.5, 3.0
# Least share of the difference that is exchange, for texts that are equal but for numbers.
_MIN_EXCHANGE_SHARE = 0.8
# Least score of a suggestion: for a common place, and for equal things and faults without one.
_LIKELY_SCORE, _LIKELY_SCORE_WITHOUT_PLACE = 0.45, 0.7
# The same for a common place without a common trouble.
_HIGH_LIKELY_SCORE = 0.65
# The same for a trouble of a person, if nothing names the person: many wait for a card of their own.
_LIKELY_SCORE_OF_PERSON = 0.75
# Words of those who want something, and of those who do not.
_CONSENT = frozenset({"dukung", "mendukung", "dukungan", "setuju", "izinkan", "mengizinkan", "lanjutkan"})
_REFUSAL = frozenset({"tolak", "menolak", "penolakan", "keberatan", "jangan", "hentikan", "batalkan"})


def judge_certainty(pair: ComplaintPair, score: float, threshold: float) -> Certainty:
    """Return the decision on a pair that no rule excludes. `threshold` is the least score of texts in other words."""
    if pair.is_near:
        is_certain = _is_certain_copy(pair, score)
    else:
        is_certain = (score >= threshold and is_one_object(pair, score)) or is_told_again(pair, score)
        is_certain = is_certain and not _is_doubtful(pair)
    if is_certain:
        return "certain"
    return "likely" if _is_likely(pair, score) else "new"


def _is_certain_copy(pair: ComplaintPair, score: float) -> bool:
    if _recurred(pair) or _has_opposite_wishes(pair) or _is_local_form(pair):
        return False
    if pair.alignment.shorter_weight >= _SHORT_COPY_WEIGHT:
        return score >= _NEAR_SCORE and not _is_numbered_form(pair) and not _is_scattered(pair)
    if lacks_ground(pair) or _differs_in_detail(pair):
        return False
    is_proven = pair.sender_relation == "same" or (is_one_object(pair, score) and not _is_doubtful(pair))
    return score >= (_NEAR_SCORE if is_proven else _SHORT_NEAR_SCORE)


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
    is_form = alignment.shorter_weight < _LONG_COPY_WEIGHT and alignment.exchange_share >= _MIN_EXCHANGE_SHARE
    return is_form and bool(alignment.exchanged_numbers)


def _differs_in_detail(pair: ComplaintPair) -> bool:
    """Return True if two short copies differ in a number, a side, a house or the thing."""
    has_two_things = bool(pair.first.things and pair.second.things) and not pair.things[0]
    has_two_houses = bool(HOUSES & pair.entities.address_conflict)
    if has_two_things or has_two_houses:
        return True
    is_one_source = pair.sender_relation == "same" or is_one_house(pair)
    return not is_one_source and bool(pair.alignment.exchanged_numbers or pair.alignment.exchanged_opposites)


def _is_doubtful(pair: ComplaintPair) -> bool:
    """Return True if something speaks for two occurrences, two houses, two spots or two wishes."""
    return (
        _recurred(pair)
        or bool(HOUSES & pair.entities.address_conflict)
        or "date" in pair.entities.conflict
        or bool(different_parts(pair))
        or _has_opposite_wishes(pair)
        or (bool(is_later_incident(pair)) and not pair.mentions_earlier_report)
        or face_different_landmarks(pair.first, pair.second, pair.word_frequencies)
    )


def _has_opposite_wishes(pair: ComplaintPair) -> bool:
    """Return True if one complaint refuses and the other one consents: one refuses the mine, one wants it."""
    first_words, second_words = ({*side.title_words, *side.text_words} for side in (pair.first, pair.second))
    return _differ(first_words, second_words) or _differ(second_words, first_words)


def _differ(refusing: AbstractSet[str], consenting: AbstractSet[str]) -> bool:
    return not _REFUSAL.isdisjoint(refusing - consenting) and not _CONSENT.isdisjoint(consenting - refusing)


def _recurred(pair: ComplaintPair) -> bool:
    """Return True if the later complaint says that the trouble came back, and the earlier one does not say so."""
    earlier, later = pair.in_order
    return later.says_recurred and not earlier.says_recurred


def _is_likely(pair: ComplaintPair, score: float) -> bool:
    if pair.is_equal_on_other_channel:
        return True
    if pair.is_near or pair.sender_relation == "same":
        return score >= _LIKELY_SCORE
    if pair.is_personal and not PERSONS & pair.entities.equal:
        return score >= _LIKELY_SCORE_OF_PERSON
    has_place = (
        pair.location.is_same_spot
        or bool(pair.common_names)
        or bool(pair.entities.equal & LOCATING_KINDS)
        or has_common_landmark(pair)
    )
    has_trouble = bool(pair.things[0] and (pair.faults[0] or pair.common_topics)) or score >= _HIGH_LIKELY_SCORE
    if has_place and has_trouble:
        return score >= _LIKELY_SCORE
    return score >= _LIKELY_SCORE_WITHOUT_PLACE and pair.same_thing_and_fault > 0
