"""Features of two complaints in other words: whether they name one object, one event or one person's matter. Pure.

`config/data/duplicate_weights.csv` holds their weights in the column `other_words`, with those of `features.py`.
"""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from itertools import pairwise
from math import hypot, log1p

from normalize.duplicates.comparable import Comparable, derived
from normalize.duplicates.comparison.entity_comparison import HOUSES, PERSONS
from normalize.duplicates.comparison.features import Feature
from normalize.duplicates.comparison.location_comparison import (
    are_beside_different_sides,
    are_on_different_sides,
    name_different_sides,
)
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.comparison.text_alignment import MAX_HARMLESS_WEIGHT

# Weight of a landmark's words in common (`depan kantor pos`) that name one spot.
MIN_LANDMARK_WEIGHT = 1.2
# A word of this rarity is in few texts: a `sling`, not a `mohon`.
_MIN_RARITY = 0.5
# Many troubles are mended within this many days.
_WEEKS_DAYS = 14.0
# About 80 m.
_NEAR_DEGREES = 0.0007
# Digits of a house number at most. A card, a meter or a file has more.
_MAX_HOUSE_DIGITS = 3
# Kinds of one spot. A street is none: it has many trees and lamps.
_SPOT_KINDS = frozenset({"alley", "landmark", "block", "km"})
_NUMBERED_KINDS = frozenset({"street", "alley", "hamlet"})
# Objects of which a street has many: without a spot, two reports are of two of them, however alike and near in time.
_SMALL_OBJECTS = frozenset(
    (
        *("lampu-jalan", "lampu-lalu-lintas", "pohon", "kabel", "listrik.gardu-tiang-listrik", "air.tutup-saluran"),
        *("sampah.tempat-sampah", "jalan.rambu-marka", "jalan.polisi-tidur", "pagar-pembatas", "rumput-semak"),
    )
)
# Objects that a street has only one of: its surface, its works and its water.
_LONG_OBJECTS = frozenset(
    (
        *("jalan.jalan", "jalan.proyek", "jalan.galian", "jembatan", "trotoar", "air.drainase"),
        *("air.banjir", "air.sungai", "air.tanggul", "ledeng.air-bersih", "listrik.listrik", "jalan.truk"),
    )
)


# Words of those who want something, and of those who do not.
_CONSENT = frozenset({"dukung", "mendukung", "dukungan", "setuju", "izinkan", "mengizinkan", "lanjutkan"})
_REFUSAL = frozenset({"tolak", "menolak", "penolakan", "keberatan", "jangan", "hentikan", "batalkan"})


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


def _is_one_spot(pair: ComplaintPair) -> bool:
    """Return True for one house, alley, landmark, block, kilometre or point of the map."""
    return bool(_SPOT_KINDS & pair.entities.equal) or is_one_house(pair) or _is_one_point(pair)


def is_street_of_long_object(pair: ComplaintPair) -> bool:
    """Return True for one street and an object that a street has only one of: its surface, its works, its water."""
    is_long = not _LONG_OBJECTS.isdisjoint(pair.first.objects & pair.second.objects)
    is_street = "street" in pair.entities.equal or pair.location.is_same_spot
    return is_long and is_street and not _is_one_spot(pair)


def is_small_object_without_spot(pair: ComplaintPair) -> bool:
    """Return True if all that both name is an object of which a place has many, and nothing names the spot."""
    common_objects = pair.first.objects & pair.second.objects
    if not common_objects or not common_objects <= _SMALL_OBJECTS:
        return False
    return not _is_one_spot(pair) and pair.landmark_weight < MIN_LANDMARK_WEIGHT


def common_rare_words(pair: ComplaintPair) -> float:
    """Return the logarithm of the weight of rare dictionary words in common."""
    rarity, is_known = pair.word_frequencies.rarity, pair.word_frequencies.is_known
    words = (pair.first_roots & pair.second_roots) - pair.first.names - pair.second.names
    return log1p(sum(rarity(word) for word in words if rarity(word) > _MIN_RARITY and is_known(word)))


def names_one_person(pair: ComplaintPair) -> float:
    """Return 1 if a person's own matter has an equal person, or a common name that is a person's in one of them."""
    if not pair.is_personal:
        return 0.0
    entities = (*pair.first.entities, *pair.second.entities)
    is_name = any(kind == "name" and not pair.common_names.isdisjoint(value.split()) for kind, value in entities)
    return float(is_name or bool(PERSONS & pair.entities.equal))


def have_different_house_numbers(pair: ComplaintPair) -> bool:
    """Return True if both texts have house numbers (`nomor 18`, also without a street's word) and none is in common."""
    first, second = (_house_numbers(side) for side in (pair.first, pair.second))
    return bool(first and second) and first.isdisjoint(second)


def tells_apart(pair: ComplaintPair) -> bool:
    """Return True if one complaint says that it is not of a spot that the other one names."""
    return _excludes_spot_of(pair.first, pair.second) or _excludes_spot_of(pair.second, pair.first)


def _excludes_spot_of(complaint: Comparable, neighbour: Comparable) -> bool:
    words = {*neighbour.title_words, *neighbour.text_words, *neighbour.address_words}
    # A copy has the same contrast.
    contrasts = set(complaint.entities) - set(neighbour.entities)
    return any(kind == "contrast" and words.issuperset(value.split()) for kind, value in contrasts)


@derived
def _house_numbers(complaint: Comparable) -> set[str]:
    return {
        number
        for word, number in pairwise(complaint.text_words)
        if word == "nomor" and number.isdecimal() and len(number) <= _MAX_HOUSE_DIGITS
    }


def _has_other_numeral(pair: ComplaintPair) -> float:
    """Return 1 if a street, lane or hamlet of one complaint is the other's but for the numeral behind the name."""
    first, second = (_numerals_by_name(side) for side in (pair.first, pair.second))
    return float(any(first[name].isdisjoint(second[name]) for name in first.keys() & second.keys()))


def _numerals_by_name(complaint: Comparable) -> dict[tuple[str, str], set[str]]:
    """Return the numerals behind each name of a street, lane or hamlet; an empty one for a name without."""
    numerals: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, value in (*complaint.entities, *complaint.address_entities):
        if kind in _NUMBERED_KINDS:
            name, _, last_word = value.rpartition(" ")
            has_numeral = bool(name) and last_word.isdecimal()
            numerals[kind, name if has_numeral else value].add(last_word if has_numeral else "")
    return numerals


def _reported_again_here(pair: ComplaintPair) -> float:
    if not pair.in_order[1].mentions_earlier_report:
        return 0.0
    return pair.place_likelihood * max(pair.topic_overlap, pair.objects[0])


def _goes_on_for_sender(pair: ComplaintPair) -> float:
    return float(pair.sender_relation == "same" and pair.in_order[1].says_continuing)


def has_other_side(pair: ComplaintPair) -> bool:
    """Return True for two sides of one landmark or two directions; in a copy, for any two sides."""
    first, second = pair.first, pair.second
    if pair.is_near and name_different_sides(first, second):
        return True
    return are_beside_different_sides(first, second) or are_on_different_sides(first, second, pair.word_frequencies)


def has_opposite_wishes(pair: ComplaintPair) -> bool:
    """Return True if one complaint refuses and the other one consents: one refuses the mine, one wants it."""
    first_words, second_words = ({*side.title_words, *side.text_words} for side in (pair.first, pair.second))
    return _differ(first_words, second_words) or _differ(second_words, first_words)


def _differ(refusing: AbstractSet[str], consenting: AbstractSet[str]) -> bool:
    return not _REFUSAL.isdisjoint(refusing - consenting) and not _CONSENT.isdisjoint(consenting - refusing)


OBJECT_FEATURES: tuple[Feature, ...] = (
    Feature(
        "same-object-and-fault-at-landmark",
        "Equal objects and faults times the weight of a landmark's words in common.",
        lambda pair: pair.same_object_and_fault and pair.same_object_and_fault * log1p(pair.landmark_weight),
    ),
    Feature(
        "small-object-without-spot",
        "An object of which a street has many (a lamp, a tree), and neither house, landmark nor point in common.",
        lambda pair: float(is_small_object_without_spot(pair)),
    ),
    Feature("rare-words", "Logarithm of the weight of rare dictionary words in common.", common_rare_words),
    Feature(
        "much-in-order",
        "Logarithm of the weight of the shorter text.",
        lambda pair: log1p(pair.alignment.shorter_weight),
    ),
    Feature(
        "one-person", "A person's own matter that names one person, also without an introduction.", names_one_person
    ),
    Feature(
        "within-hours",
        "Both came within six hours; not of a person's own matter.",
        lambda pair: float(pair.is_within_hours and not pair.is_personal),
    ),
    Feature(
        "refers-to-report",
        "One refers to an earlier report of its sender.",
        lambda pair: float(pair.mentions_earlier_report),
    ),
    Feature(
        "goes-on",
        "The later one says that the trouble is still there.",
        lambda pair: float(pair.in_order[1].says_continuing),
    ),
    Feature("goes-on-for-sender", "The same, and one proven sender sent both.", _goes_on_for_sender),
    Feature(
        "other-object-of-sender",
        "One proven sender, and no object in common.",
        lambda pair: float(pair.sender_relation == "same" and not pair.objects[0]),
    ),
    Feature(
        "came-again",
        "The later one of texts that are not near says that the trouble came again, the earlier one does not.",
        lambda pair: float(pair.came_again and not pair.is_near),
    ),
    Feature("other-wish", "One refuses what the other one wants.", lambda pair: float(has_opposite_wishes(pair))),
    Feature("other-firm", "Different firms.", lambda pair: float("firm" in pair.entities.conflict)),
    Feature("other-school", "Schools of different kinds.", lambda pair: float("level" in pair.entities.conflict)),
    Feature(
        "other-side",
        "Each names a side or a direction that the other does not mention.",
        lambda pair: float(has_other_side(pair)),
    ),
    Feature(
        "mended", "The later one says that the trouble came back after a repair.", lambda pair: float(pair.was_mended)
    ),
    Feature(
        "other-objects",
        "Each names an object that the other does not name.",
        lambda pair: float(bool(pair.first.objects - pair.second.objects and pair.second.objects - pair.first.objects)),
    ),
    Feature(
        "other-persons-matter",
        "A person's own matter of two senders.",
        lambda pair: float(pair.is_personal and pair.sender_relation != "same"),
    ),
    Feature(
        "weeks-later",
        "Texts that are not near, more than two weeks apart.",
        lambda pair: float(pair.days_between > _WEEKS_DAYS and not pair.is_near),
    ),
    Feature(
        "days-later",
        "Logarithm of the days between texts that are not near.",
        lambda pair: log1p(pair.days_between) * (not pair.is_near),
    ),
    Feature(
        "other-numeral",
        "Streets, lanes or hamlets of one name with different numerals, or with one and without (Nusa Indah II).",
        _has_other_numeral,
    ),
    Feature(
        "other-span",
        "Each names the two ends of a stretch, and no end is in common.",
        lambda pair: float("span" in pair.entities.conflict),
    ),
    Feature(
        "reported-again-here",
        "The later one refers to an earlier report; by the common topics or objects and the likelihood of one place.",
        _reported_again_here,
    ),
    Feature(
        "other-house",
        "Different houses in the address fields.",
        lambda pair: float(bool(HOUSES & pair.entities.address_conflict)),
    ),
)
