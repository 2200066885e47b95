"""Features by which a pair of complaints is judged, each with its name, its meaning and its function. Pure.

`config/data/duplicate_weights.csv` holds the weight (log-odds) of each feature by its name; a test compares the names.
A positive weight speaks for one matter. A *near* text is mostly a part of the other; rare words have more *weight*
(0 to 1 each); a *spot* is an equal street, landmark, hamlet, block, kilometre or address. Decisions 0008 and 0016 say
how the score decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log1p

from normalize.duplicates.comparison import feature_functions
from normalize.duplicates.comparison.entity_comparison import PERSONS, names_two_persons
from normalize.duplicates.comparison.location_comparison import face_different_landmarks
from normalize.duplicates.comparison.pair import ComplaintPair

# Exchanges of numbers beyond this count say no more.
_MAX_EXCHANGED_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class Feature:
    """A number of about 0 to 3 that describes a pair; 0 if the pair has nothing of it."""

    name: str
    meaning: str
    function: Callable[[ComplaintPair], float]


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
        feature_functions.common_dictionary_words,
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
    Feature(
        "same-numbers", "Logarithm of the count of equal numbers in title and text.", feature_functions.common_numbers
    ),
    Feature(
        "other-numbers",
        "Both have numbers, none is equal, and the texts are not near.",
        feature_functions.different_numbers,
    ),
    Feature("same-names", "Logarithm of the count of names in common.", feature_functions.common_names),
    Feature(
        "other-names-near",
        "Logarithm of the count of names that near texts do not share.",
        feature_functions.different_names,
    ),
    Feature(
        "other-narrow-names",
        "Both name something besides districts, and no name is in common.",
        lambda pair: float(pair.has_different_narrow_names),
    ),
    Feature(
        "other-part",
        "Names in common with different parts (Hulu, Kuala), at most two.",
        feature_functions.different_parts,
    ),
    Feature(
        "same-object-and-fault-soon",
        "Equal objects and faults within six hours; not for a person's own trouble.",
        lambda pair: pair.same_object_and_fault * (pair.is_within_hours and not pair.is_personal),
    ),
    Feature(
        "same-object-and-fault-in-region",
        "Equal objects and faults in one region; not for a person's own trouble.",
        lambda pair: pair.same_object_and_fault * ("region" in pair.entities.equal and not pair.is_personal),
    ),
    Feature(
        "same-sender-soon",
        "The same within six hours.",
        lambda pair: feature_functions.same_object_or_fault_of_sender(pair) * pair.is_within_hours,
    ),
    Feature(
        "no-grounds",
        "No place, no person and few words in common.",
        lambda pair: float(not pair.has_common_ground),
    ),
    Feature(
        "other-object",
        "Objects of different families, in texts that are not near.",
        lambda pair: pair.objects[1] * (not pair.is_near),
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
        "Weight of the difference between two addresses, if no text names one spot; not of a long copy within hours.",
        lambda pair: pair.location.address_difference * (not pair.location.is_same_spot and not pair.is_long_copy_soon),
    ),
    Feature(
        "other-address-near",
        "Weight of the difference between two addresses of near texts, but not of a long copy within twelve hours.",
        lambda pair: pair.location.address_difference * (pair.is_near and not pair.is_long_copy_soon),
    ),
    Feature(
        "place-same-topics",
        "Share of topics in common times the likelihood of one place; not for a person's own trouble in other words.",
        feature_functions.common_topics_at_place,
    ),
    Feature("other-topic", "Both have topics, none in common.", feature_functions.has_different_topics),
    Feature(
        "soon-place-topic",
        "The same within twelve hours, by the complaint with fewer topics.",
        lambda pair: pair.topic_overlap * pair.place_likelihood * (pair.is_within_half_day and not pair.is_personal),
    ),
    Feature(
        "beside-same-topic",
        "Topics in common times the weight of a landmark's words in common (`depan kantor pos`).",
        feature_functions.same_topic_beside_landmark,
    ),
    Feature(
        "other-beside",
        "Each names a landmark beside its spot that the other does not mention.",
        lambda pair: float(face_different_landmarks(pair.first, pair.second, pair.word_frequencies)),
    ),
    Feature(
        "other-sender",
        "Two proven senders; not of a long copy about one spot with another beginning or end.",
        feature_functions.different_senders,
    ),
    Feature(
        "same-sender-other-text",
        "Texts of one sender that are not near: mostly two matters.",
        lambda pair: float(pair.sender_relation == "same" and not pair.is_near),
    ),
    Feature(
        "says-again",
        "One refers to an earlier report, and the texts are near or of one spot and topic.",
        feature_functions.mentions_earlier_report,
    ),
    Feature(
        "later-incident",
        "Both are of an incident that passes in a day or two, more than four days apart: a power cut, a late bus.",
        feature_functions.is_later_incident,
    ),
    Feature(
        "same-in-all",
        "Equal texts within a week, without a difference in place or entities.",
        feature_functions.is_equal_without_difference,
    ),
)
