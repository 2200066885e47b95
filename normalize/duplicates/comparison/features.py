"""Features by which a pair of complaints is judged, each with its name, its meaning and its function. Pure.

`config/data/likeness.csv` holds the weight (log-odds) of each feature by its name. `docs/duplicate-features.md` lists
the names and meanings. A test compares both with `FEATURES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log1p

from normalize.duplicates.comparison.entity_comparison import LOCATING_KINDS, PERSONS, names_two_persons
from normalize.duplicates.comparison.location_comparison import face_different_landmarks, shared_landmark_words
from normalize.duplicates.comparison.pair import ComplaintPair, is_cut_name, names_with_different_parts
from normalize.duplicates.comparison.spelling import occurs_in
from normalize.duplicates.comparison.text_alignment import MAX_HARMLESS_WEIGHT

# Exchanges of numbers and of parts beyond this count say no more.
_MAX_EXCHANGED_NUMBERS = 3
_MAX_DIFFERENT_PARTS = 2
# Share that common names count for a personal trouble: many people wait for a card of their own at one place.
_PERSONAL_NAME_SHARE = 0.5
# Things and faults that pass within a day or two, by their rows in `things.csv` and `faults.csv`.
INCIDENTS = frozenset(
    (
        *("listrik.listrik", "angkutan.bus", "kereta.kereta-api", "kapal-pelabuhan", "bandara-pesawat"),
        *("penduduk.antrean", "antre.antre-panjang", "antre.terlambat", "antre.tidak-datang", "antre.penuh-sesak"),
        *("mogok.mogok", "mogok.terjebak-berhenti", "jalanan.kecelakaan-korban", "macet.macet", "air.banjir"),
        *("banjir.banjir-meluap", "sistem.error-sistem"),
    )
)
# Days after which an incident is another one.
_MAX_INCIDENT_DAYS = 4.0
# Days within which equal words are one complaint.
_MAX_EQUAL_TEXT_DAYS = 7
# A text of more words than this mentions other troubles in passing.
_LONG_TEXT_WORDS = 20


@dataclass(frozen=True, slots=True)
class Feature:
    """A number of about 0 to 3 that describes a pair; 0 if the pair has nothing of it."""

    name: str
    meaning: str
    function: Callable[[ComplaintPair], float]


def _common_dictionary_words(pair: ComplaintPair) -> float:
    rarity, is_known = pair.word_frequencies.rarity, pair.word_frequencies.is_known
    common_weight = sum(rarity(word) for word in pair.first_roots & pair.second_roots if is_known(word))
    lighter_weight = min(
        sum(rarity(word) for word in words if is_known(word)) for words in (pair.first_roots, pair.second_roots)
    )
    return log1p(common_weight * common_weight / lighter_weight) if lighter_weight else 0.0


def _common_numbers(pair: ComplaintPair) -> float:
    first_numbers, second_numbers = pair.numbers
    return log1p(len(first_numbers & second_numbers))


def _different_numbers(pair: ComplaintPair) -> float:
    first_numbers, second_numbers = pair.numbers
    both_have_numbers = bool(first_numbers and second_numbers)
    return float(both_have_numbers and first_numbers.isdisjoint(second_numbers) and not pair.is_near)


def _common_names(pair: ComplaintPair) -> float:
    share = _PERSONAL_NAME_SHARE if pair.is_personal and not pair.is_near else 1.0
    # The street of an equal spot may be called by an ordinary word.
    name_count = max(len(pair.common_names) * pair.common_name_share, float(pair.location.is_same_spot))
    return share * log1p(name_count)


def _different_names(pair: ComplaintPair) -> float:
    first, second = pair.first, pair.second
    first_only = len(first.names) - len(pair.common_names) - is_cut_name(first, second)
    second_only = sum(not occurs_in(name, first.names) for name in second.names) - is_cut_name(second, first)
    return log1p(max(0, min(first_only, second_only))) * pair.is_near


def _different_narrow_names_in_district(pair: ComplaintPair) -> float:
    return float(pair.has_different_narrow_names and bool(pair.first.district_words & pair.second.district_words))


def _different_parts(pair: ComplaintPair) -> float:
    names = names_with_different_parts(pair.first, pair.second) & names_with_different_parts(pair.second, pair.first)
    return float(min(_MAX_DIFFERENT_PARTS, len(names))) * (not pair.location.is_same_spot)


def _same_thing_and_fault(pair: ComplaintPair) -> float:
    return pair.same_thing_and_fault * (pair.has_common_ground and (pair.is_near or not pair.is_personal))


def _same_thing_or_fault_of_sender(pair: ComplaintPair) -> float:
    return float(pair.sender_relation == "same" and not pair.is_near) * max(pair.things[0], pair.faults[0])


def _common_topics_at_place(pair: ComplaintPair) -> float:
    if not pair.common_topics:
        return 0.0
    topic_similarity = len(pair.common_topics) / len(pair.first.topics | pair.second.topics)
    # The place of a personal trouble does not make it anybody else's.
    return topic_similarity * pair.place_likelihood * (pair.is_near or not pair.is_personal)


def _has_different_topics(pair: ComplaintPair) -> float:
    return float(bool(pair.first.topics and pair.second.topics and not pair.common_topics))


def _has_additional_topics(pair: ComplaintPair) -> float:
    brevity = min(1.0, _LONG_TEXT_WORDS / max(1, len(pair.first.text_words), len(pair.second.text_words)))
    return float(bool(pair.common_topics) and pair.first.topics != pair.second.topics) * brevity


def _has_no_place(pair: ComplaintPair) -> float:
    first, second = pair.first, pair.second
    has_words = first.address_words or second.address_words or first.names or second.names
    return float(not (has_words or pair.entities.equal & LOCATING_KINDS))


def _same_topic_beside_landmark(pair: ComplaintPair) -> float:
    landmark_words = shared_landmark_words(pair.first, pair.second, pair.word_frequencies)
    return pair.topic_overlap * log1p(sum(map(pair.word_frequencies.rarity, landmark_words)))


def _mentions_earlier_report(pair: ComplaintPair) -> float:
    mentions = pair.first.mentions_earlier_report or pair.second.mentions_earlier_report
    is_similar = pair.is_near or (pair.location.is_same_spot and bool(pair.common_topics))
    return float(mentions and is_similar)


def _is_later_incident(pair: ComplaintPair) -> float:
    return float(
        pair.days_between > _MAX_INCIDENT_DAYS
        and not INCIDENTS.isdisjoint(pair.first.things | pair.first.faults)
        and not INCIDENTS.isdisjoint(pair.second.things | pair.second.faults)
    )


def _is_equal_without_difference(pair: ComplaintPair) -> float:
    entities = pair.entities
    has_other_place = (
        pair.location.address_difference > MAX_HARMLESS_WEIGHT or entities.region_relation == "address-conflict"
    )
    differs = has_other_place or entities.address_conflict or entities.conflict
    is_equal_text = pair.alignment.similarity == 1.0
    return float(is_equal_text and not differs and pair.days_between <= _MAX_EQUAL_TEXT_DAYS)


# The order of the table is the order in which the weighted values are added.
FEATURES: tuple[Feature, ...] = (
    Feature(
        "near-text", "One text is mostly a part of the other (the texts are near).", lambda pair: float(pair.is_near)
    ),
    Feature(
        "long-text-near",
        "Logarithm of the weight that two near texts share.",
        lambda pair: log1p(pair.alignment.shared_weight) * pair.is_near,
    ),
    Feature(
        "copied-at-length",
        "Logarithm of the shared weight, if one text stands in the other without exchanged words.",
        lambda pair: log1p(pair.alignment.shared_weight) * pair.alignment.is_copy,
    ),
    Feature(
        "exchanged-near",
        "Logarithm of the weight of words that stand in each other's place in near texts.",
        lambda pair: log1p(pair.alignment.exchanged_weight) * pair.is_near,
    ),
    Feature(
        "exchanged-numbers-near",
        "Numbers that stand in each other's place in near texts, at most three.",
        lambda pair: float(min(pair.alignment.exchanged_numbers, _MAX_EXCHANGED_NUMBERS)) * pair.is_near,
    ),
    Feature(
        "usual-words",
        "Weight of the dictionary words in common; long texts always have some in common and count less.",
        _common_dictionary_words,
    ),
    Feature(
        "other-title",
        "Share of a title's words that the other complaint lacks, in texts that are not near.",
        lambda pair: pair.title_difference * (not pair.is_near),
    ),
    Feature(
        "other-title-near",
        "Share of a title's words that the other complaint lacks, in near texts.",
        lambda pair: pair.title_difference * pair.is_near,
    ),
    Feature("same-numbers", "Logarithm of the count of equal numbers in title and text.", _common_numbers),
    Feature("other-numbers", "Both have numbers, none is equal, and the texts are not near.", _different_numbers),
    Feature("same-names", "Logarithm of the count of names in common.", _common_names),
    Feature("other-names-near", "Logarithm of the count of names that near texts do not share.", _different_names),
    Feature(
        "other-narrow-names",
        "Both name something besides districts, and no name is in common.",
        lambda pair: float(pair.has_different_narrow_names),
    ),
    Feature(
        "other-narrow-names-in-district",
        "The same within one district: two places in it.",
        _different_narrow_names_in_district,
    ),
    Feature("other-part", "Names in common with different parts (Hulu, Kuala), at most two.", _different_parts),
    Feature(
        "same-thing-and-fault",
        "Equal things and faults, if the complaints also have a place, a person or most words in common.",
        _same_thing_and_fault,
    ),
    Feature(
        "same-thing-and-fault-soon",
        "Equal things and faults within six hours; not for a person's own trouble.",
        lambda pair: pair.same_thing_and_fault * (pair.is_within_hours and not pair.is_personal),
    ),
    Feature(
        "same-thing-and-fault-in-region",
        "Equal things and faults in one region; not for a person's own trouble.",
        lambda pair: pair.same_thing_and_fault * ("region" in pair.entities.equal and not pair.is_personal),
    ),
    Feature(
        "same-sender-same-thing",
        "One sender complains of an equal thing or fault in other words.",
        _same_thing_or_fault_of_sender,
    ),
    Feature(
        "same-sender-soon",
        "The same within six hours.",
        lambda pair: _same_thing_or_fault_of_sender(pair) * pair.is_within_hours,
    ),
    Feature(
        "no-grounds",
        "No place, no person and few words in common.",
        lambda pair: float(not pair.has_common_ground),
    ),
    Feature(
        "other-thing",
        "Things of different families, in texts that are not near.",
        lambda pair: pair.things[1] * (not pair.is_near),
    ),
    Feature(
        "other-thing-near",
        "Things of different families, in near texts.",
        lambda pair: pair.things[1] * pair.is_near,
    ),
    Feature("other-fault", "Faults of different families.", lambda pair: pair.faults[1]),
    Feature(
        "other-fault-near",
        "Faults of different families, in near texts.",
        lambda pair: pair.faults[1] * pair.is_near,
    ),
    Feature(
        "other-fault-here",
        "Faults of different families at one spot.",
        lambda pair: pair.faults[1] * pair.location.is_same_spot,
    ),
    Feature("same-date", "An equal date.", lambda pair: float("date" in pair.entities.equal)),
    Feature("other-date", "Different dates.", lambda pair: float("date" in pair.entities.conflict)),
    Feature("same-amount", "An equal amount of money.", lambda pair: float("amount" in pair.entities.equal)),
    Feature("other-amount", "Different amounts of money.", lambda pair: float("amount" in pair.entities.conflict)),
    Feature(
        "other-landmark",
        "Different landmarks or units: 0 to 2.",
        lambda pair: float(len(pair.entities.conflict & {"landmark", "unit"})),
    ),
    Feature(
        "other-region-in-fields",
        "Different regions in the address fields only.",
        lambda pair: float(pair.entities.region_relation == "address-conflict"),
    ),
    Feature(
        "same-person",
        "An equal person, or number of a person.",
        lambda pair: float(bool(PERSONS & pair.entities.equal)),
    ),
    Feature("other-person", "Two persons, or numbers of two.", lambda pair: float(names_two_persons(pair.entities))),
    Feature(
        "other-address",
        "Weight of the difference between two addresses, if no text names one spot.",
        lambda pair: pair.location.address_difference * (1 - pair.location.is_same_spot),
    ),
    Feature(
        "other-address-near",
        "Weight of the difference between two addresses of near texts.",
        lambda pair: pair.location.address_difference * pair.is_near,
    ),
    Feature(
        "here-near",
        "Near texts of one spot.",
        lambda pair: float(pair.location.is_same_spot and pair.is_near),
    ),
    Feature(
        "place-same-topics",
        "Share of topics in common times the likelihood of one place; not for a person's own trouble in other words.",
        _common_topics_at_place,
    ),
    Feature("other-topic", "Both have topics, none in common.", _has_different_topics),
    Feature(
        "soon-place-topic",
        "The same within twelve hours, by the complaint with fewer topics.",
        lambda pair: pair.topic_overlap * pair.place_likelihood * (pair.is_within_half_day and not pair.is_personal),
    ),
    Feature(
        "more-topics",
        "Topics in common, but one has more: the broken pavement and the stall on it. Less in texts of over 20 words.",
        _has_additional_topics,
    ),
    Feature("nowhere", "Neither has an address or a name, and no place or person is equal.", _has_no_place),
    Feature(
        "beside-same-topic",
        "Topics in common times the weight of a landmark's words in common (`depan kantor pos`).",
        _same_topic_beside_landmark,
    ),
    Feature(
        "other-beside",
        "Each names a landmark beside its spot that the other does not mention.",
        lambda pair: float(face_different_landmarks(pair.first, pair.second, pair.word_frequencies)),
    ),
    Feature("other-sender", "Two proven senders.", lambda pair: float(pair.sender_relation == "other")),
    Feature(
        "same-sender-near-text",
        "Near texts of one sender.",
        lambda pair: float(pair.sender_relation == "same" and pair.is_near),
    ),
    Feature(
        "same-sender-other-text",
        "Texts of one sender that are not near: mostly two matters.",
        lambda pair: float(pair.sender_relation == "same" and not pair.is_near),
    ),
    Feature(
        "says-again",
        "One refers to an earlier report, and the texts are near or of one spot and topic.",
        _mentions_earlier_report,
    ),
    Feature(
        "later-incident",
        "Both are of an incident that passes in a day or two, more than four days apart: a power cut, a late bus.",
        _is_later_incident,
    ),
    Feature(
        "same-in-all",
        "Equal texts within a week, without a difference in place or entities.",
        _is_equal_without_difference,
    ),
)


def compute_features(pair: ComplaintPair) -> dict[str, float]:
    """Return the value of each feature by its name."""
    return {feature.name: feature.function(pair) for feature in FEATURES}
