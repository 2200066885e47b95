"""Reasons for which two complaints cannot be about one matter, whatever else is equal. Pure."""

from collections.abc import Callable

from normalize.duplicates.comparison.entity_comparison import (
    HOUSES,
    LOCATING_KINDS,
    conflicting_place,
    name_different_regions,
    names_two_persons,
)
from normalize.duplicates.comparison.entity_rules import MASKED_NUMBER
from normalize.duplicates.comparison.feature_functions import is_copy_with_other_ends
from normalize.duplicates.comparison.location_comparison import (
    MIN_ADDRESS_WEIGHT,
    mentions_sibling_street,
    shared_landmark_words,
)
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.text_alignment import MIN_COPY_CONTAINMENT, MIN_NEAR_CONTAINMENT, TextAlignment

# A complaint this many days after the last one is of another occurrence.
_MAX_DAYS = 75
# The same for a few words that everybody writes, even of one place: the lamp was repaired meanwhile.
_MAX_DAYS_OF_SHORT_TEXT = 30
# Weight below which a text has only words that everybody writes.
_SHORT_TEXT_WEIGHT = 5.0
# A text with fewer words, in another region by its address fields, has no other sign of one matter.
_MIN_WORDS_ACROSS_REGIONS = 25
# Two filled forms: the least weight of an exchanged name, and the least share of the difference that is exchange.
_MIN_NAME_WEIGHT = 0.9
_MIN_EXCHANGE_SHARE_WITH_NAMES = 0.4
# In a long letter, names up to this share of the shared weight are slips of the pen.
_MIN_NAME_SHARE = 0.03
# The same for exchanged dictionary words: weight of a word, share of the text, share of the difference.
_MIN_WORD_WEIGHT = 0.6
_MIN_WORD_SHARE = 0.1
_MIN_EXCHANGE_SHARE_WITHOUT_NAMES = 0.8

Exclusion = Callable[[ComplaintPair], str]


def find_exclusion(pair: ComplaintPair) -> str:
    """Return the first reason that applies, or an empty text. A filled form is left to its score."""
    for exclusion in _EXCLUSIONS:
        if reason := exclusion(pair):
            return reason
    return ""


def find_contradiction(pair: ComplaintPair) -> str:
    """Return the first reason other than the time between the complaints, or an empty text."""
    return next((reason for exclusion in _CONTRADICTIONS if (reason := exclusion(pair))), "")


def lacks_common_ground(pair: ComplaintPair) -> bool:
    """Return True for texts in other words of two senders that name neither place nor person in common.

    It is no contradiction: two reports of one flood may name two landmarks. But of such pairs few are one matter.
    """
    return pair.sender_relation != "same" and not pair.has_common_ground


def _by_secrecy(pair: ComplaintPair) -> str:
    has_secret = pair.first.secret or pair.second.secret
    return "secret" if has_secret and pair.sender_relation != "same" else ""


def _by_time(pair: ComplaintPair) -> str:
    return "other-episode" if pair.days_between > _MAX_DAYS else ""


def _by_named_region(pair: ComplaintPair) -> str:
    return "other-region" if name_different_regions(pair.first, pair.second) else ""


def _by_named_place(pair: ComplaintPair) -> str:
    kind = conflicting_place(pair.entities)
    if kind and pair.is_long_copy_soon:
        # The address was typed anew: only the texts count.
        kind = conflicting_place(pair.text_entities)
    return f"other-{kind}" if kind else ""


def _by_street_number(pair: ComplaintPair) -> str:
    first, second = pair.first, pair.second
    is_sibling = mentions_sibling_street(first, second) or mentions_sibling_street(second, first)
    return "other-street" if is_sibling and not pair.is_long_copy_soon else ""


def _by_region_in_address(pair: ComplaintPair) -> str:
    if pair.entities.region_relation != "address-conflict" or len(pair.first.text_words) >= _MIN_WORDS_ACROSS_REGIONS:
        return ""
    has_common_place = pair.first.names & pair.second.names or pair.entities.equal & LOCATING_KINDS
    return "" if has_common_place else "other-region"


def _by_person(pair: ComplaintPair) -> str:
    if not (names_two_persons(pair.entities) or MASKED_NUMBER in pair.entities.conflict):
        return ""
    return "other-person" if pair.alignment.containment >= MIN_NEAR_CONTAINMENT else ""


def _by_filled_form(pair: ComplaintPair) -> str:
    return "filled-form" if is_filled_form(pair) else ""


def is_filled_form(pair: ComplaintPair) -> bool:
    """Return True if two texts are equal but for names. A copy about one spot with other ends is no form."""
    return _exchanges_names(pair.alignment) and not is_copy_with_other_ends(pair)


def _exchanges_names(alignment: TextAlignment) -> bool:
    """Return True if two texts are equal but for names: the fines of two patients, two streets of one neighbour.

    Many names are dictionary words (Mawar, Baru). Then almost all of the difference must be exchange.
    """
    if alignment.containment < MIN_COPY_CONTAINMENT:
        return False
    if alignment.exchanged_name_weight >= max(_MIN_NAME_WEIGHT, _MIN_NAME_SHARE * alignment.shared_weight):
        return alignment.exchange_share >= _MIN_EXCHANGE_SHARE_WITH_NAMES
    exchanged_weight = alignment.exchanged_weight
    is_much = exchanged_weight >= _MIN_WORD_WEIGHT and exchanged_weight >= _MIN_WORD_SHARE * (
        alignment.shared_weight + exchanged_weight
    )
    return is_much and alignment.exchange_share >= _MIN_EXCHANGE_SHARE_WITHOUT_NAMES


def _by_time_of_short_text(pair: ComplaintPair) -> str:
    is_late = pair.days_between > _MAX_DAYS_OF_SHORT_TEXT and _is_short(pair)
    return "other-episode" if is_late else ""


def _by_missing_ground(pair: ComplaintPair) -> str:
    """Exclude short texts that name nothing in common. The same words on another channel are left to a person."""
    return "nothing-says-so" if lacks_ground(pair) and not pair.is_equal_on_other_channel else ""


def lacks_ground(pair: ComplaintPair) -> bool:
    """Return True for short texts of two senders, or of unknown ones, that name nothing in common.

    The number of a house or neighbourhood alone is no place: each village has its RT 3.
    """
    if pair.sender_relation == "same" or not _is_short(pair):
        return False
    first, second = pair.first, pair.second
    has_equal_address = first.address_words and first.address_words == second.address_words
    if first.names & second.names or pair.entities.equal & (LOCATING_KINDS - HOUSES) or has_equal_address:
        return False
    return not shared_landmark_words(first, second, pair.word_frequencies)


def _by_address(pair: ComplaintPair) -> str:
    """Exclude short texts (the lamp is out) of two addresses: two quarters, or two ends of one street."""
    if not _is_short(pair):
        return ""
    is_different_address = pair.location.address_difference > MIN_ADDRESS_WEIGHT and not pair.location.is_same_spot
    has_two_houses = len(pair.entities.address_conflict & HOUSES) > 1
    return "other-address" if is_different_address or has_two_houses else ""


def _is_short(pair: ComplaintPair) -> bool:
    return pair.alignment.shorter_weight < _SHORT_TEXT_WEIGHT


# In this order: rules that need less computation go first.
_EXCLUSIONS: tuple[Exclusion, ...] = (
    _by_secrecy,
    _by_time,
    _by_named_region,
    _by_named_place,
    _by_street_number,
    _by_region_in_address,
    _by_person,
    _by_time_of_short_text,
    _by_missing_ground,
    _by_address,
)
_CONTRADICTIONS = (
    *(rule for rule in _EXCLUSIONS if rule not in {_by_time, _by_time_of_short_text}),
    _by_filled_form,
)
