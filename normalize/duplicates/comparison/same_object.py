"""Rules by which two complaints in other words are about one object or one event. Pure."""

from math import hypot

from normalize.duplicates.comparison.entity_comparison import PERSONS
from normalize.duplicates.comparison.location_comparison import shared_landmark_words
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.text_alignment import MAX_HARMLESS_WEIGHT

# From this score on, so much is equal that no object needs a name.
_OBVIOUS_SCORE = 0.93
# The same if they share a place, and if they share a place, the thing and the fault.
_SHARED_PLACE_SCORE, _SHARED_TROUBLE_SCORE = 0.9, 0.85
# Least scores of a report that is told again: by a proven sender, by one who says that it goes on, by another.
_OWN_AGAIN_SCORE, _AGAIN_SCORE, _TOLD_AGAIN_SCORE = 0.45, 0.6, 0.75
# Weight of a landmark's words in common (`depan kantor pos`) that name one spot.
_MIN_LANDMARK_WEIGHT = 1.2
# Names in common, without those of districts, that name a span or a spot together.
_SPOT_NAMES = 2
# Least overlap of things and faults for names instead of a spot.
_MIN_TROUBLE_OVERLAP = 0.5
# Days within which many report one event.
_EVENT_DAYS = 1.0
# About 80 m.
_NEAR_DEGREES = 0.0007
# Kinds of one spot. A street is none: it has many trees and lamps.
_SPOT_KINDS = frozenset({"alley", "landmark", "block", "km"})
# Places in which one event is reported by many within hours.
_EVENT_PLACES = frozenset({"street", "village", "hamlet", "unit", "branch"})
_AREA_KINDS = frozenset({"village", "hamlet", "area", "branch", "unit"})
# Things of which a street has many: without a spot, two reports are of two of them, however alike and near in time.
_SMALL_THINGS = frozenset(
    (
        *("lampu-jalan", "lampu-lalu-lintas", "pohon", "kabel", "listrik.gardu-tiang-listrik", "air.tutup-saluran"),
        *("sampah.tempat-sampah", "jalan.rambu-marka", "jalan.polisi-tidur", "pagar-pembatas", "rumput-semak"),
    )
)
# Things that a street has only one of: its surface, its works and its water.
_LONG_THINGS = frozenset(
    (
        *("jalan.jalan", "jalan.proyek", "jalan.galian", "jembatan", "trotoar", "air.drainase"),
        *("air.banjir", "air.sungai", "air.tanggul", "ledeng.air-bersih", "listrik.listrik", "jalan.truk"),
    )
)


def is_one_object(pair: ComplaintPair, score: float) -> bool:
    """Return True if the complaints are about one thing at one spot, one event, or one person's own matter."""
    if pair.sender_relation == "same" or _is_one_person(pair):
        return True
    if pair.is_personal:
        return False
    if _is_small_thing(pair):
        return _is_one_spot(pair) or _has_names_of_spot(pair, score)
    return (
        score >= _OBVIOUS_SCORE
        or _is_one_spot(pair)
        or _is_one_street(pair)
        or _has_names_of_spot(pair, score)
        or _is_one_event(pair)
        or _is_one_place_and_trouble(pair, score)
    )


def is_told_again(pair: ComplaintPair, score: float) -> bool:
    """Return True if the later complaint says that an earlier one of the same sender is not settled.

    The sender is proven, or the later complaint refers to an earlier report of a thing at the same place or, in a
    person's own matter, with a person's name in common.
    """
    _, later = pair.in_order
    if pair.sender_relation == "same":
        return score >= _OWN_AGAIN_SCORE and later.says_continuing and bool(pair.things[0] or pair.faults[0])
    if pair.sender_relation == "other" or not pair.mentions_earlier_report or not pair.things[0]:
        return False
    if pair.is_personal:
        return score >= _AGAIN_SCORE and _names_one_person(pair)
    has_place = pair.location.is_same_spot or bool(_narrow_names(pair)) or has_common_landmark(pair)
    return has_place and score >= (_AGAIN_SCORE if later.says_continuing else _TOLD_AGAIN_SCORE)


def _names_one_person(pair: ComplaintPair) -> bool:
    """Return True if a common name is a person's in one of them; the other may give it without an introduction."""
    entities = (*pair.first.entities, *pair.second.entities)
    return any(kind == "name" and not pair.common_names.isdisjoint(value.split()) for kind, value in entities)


def has_common_landmark(pair: ComplaintPair) -> bool:
    """Return True if both name the landmark beside their spot."""
    words = shared_landmark_words(pair.first, pair.second, pair.word_frequencies)
    return sum(map(pair.word_frequencies.rarity, words)) >= _MIN_LANDMARK_WEIGHT


def _is_one_person(pair: ComplaintPair) -> bool:
    return bool(PERSONS & pair.entities.equal) and bool(pair.things[0] or pair.common_topics)


def _is_one_spot(pair: ComplaintPair) -> bool:
    """Return True for one thing and fault at a house, a landmark or a point of the map.

    The thing alone is too little: two lines of buses leave from one terminal.
    """
    if not pair.same_thing_and_fault:
        return False
    is_spot = bool(_SPOT_KINDS & pair.entities.equal) or is_one_house(pair) or _is_one_point(pair)
    return is_spot or has_common_landmark(pair)


def is_one_house(pair: ComplaintPair) -> bool:
    """Return True if the address fields are alike and have a number in common."""
    common_words = set(pair.first.address_words) & set(pair.second.address_words)
    has_number = any(word[0].isdecimal() for word in common_words)
    return has_number and pair.location.is_same_spot and pair.location.address_difference <= MAX_HARMLESS_WEIGHT


def _is_one_point(pair: ComplaintPair) -> bool:
    if pair.first.coordinates is None or pair.second.coordinates is None:
        return False
    # Near the equator a degree of longitude is about as long as one of latitude.
    differences = (
        first - second for first, second in zip(pair.first.coordinates, pair.second.coordinates, strict=True)
    )
    return hypot(*differences) <= _NEAR_DEGREES


def _is_one_street(pair: ComplaintPair) -> bool:
    """Return True for one trouble of a whole street."""
    if not (pair.location.is_same_spot and _has_long_thing(pair)):
        return False
    return pair.same_thing_and_fault > 0 or (bool(pair.common_topics) and not pair.faults[1])


def _has_names_of_spot(pair: ComplaintPair, score: float) -> bool:
    """Return True for one trouble between two names, or at a place with two names."""
    if len(_narrow_names(pair)) < _SPOT_NAMES:
        return False
    has_one_thing = bool(pair.things[0]) and pair.topic_overlap == 1.0 and score >= _SHARED_TROUBLE_SCORE
    return pair.same_thing_and_fault >= _MIN_TROUBLE_OVERLAP or has_one_thing


def _is_one_event(pair: ComplaintPair) -> bool:
    """Return True for one trouble at one place within a day."""
    has_place = bool(_narrow_names(pair) or pair.entities.equal & _EVENT_PLACES)
    is_soon = pair.has_times and pair.days_between < _EVENT_DAYS
    return has_place and is_soon and pair.same_thing_and_fault >= _MIN_TROUBLE_OVERLAP


def _is_one_place_and_trouble(pair: ComplaintPair, score: float) -> bool:
    """Return True if very much is equal beside the place, and the place is more than a street."""
    has_place = bool(_narrow_names(pair) or pair.entities.equal & (_AREA_KINDS | _SPOT_KINDS))
    is_only_street = "street" in pair.entities.equal and not _has_long_thing(pair)
    if is_only_street or not has_place:
        return False
    return score >= _SHARED_PLACE_SCORE or (score >= _SHARED_TROUBLE_SCORE and pair.same_thing_and_fault > 0)


def _is_small_thing(pair: ComplaintPair) -> bool:
    """Return True if all that both name is a thing of which a place has many."""
    common_things = pair.first.things & pair.second.things
    return bool(common_things) and common_things <= _SMALL_THINGS


def _has_long_thing(pair: ComplaintPair) -> bool:
    return not _LONG_THINGS.isdisjoint(pair.first.things & pair.second.things)


def _narrow_names(pair: ComplaintPair) -> frozenset[str]:
    return pair.common_names - pair.first.district_words - pair.second.district_words
