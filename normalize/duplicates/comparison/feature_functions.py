"""Functions of the features that need more than one expression. `features.py` gives their meanings. Pure."""

from collections.abc import Mapping
from itertools import pairwise
from math import log1p

from config.reference.word_frequencies import WordFrequencies
from language.places.names import PART_WORDS
from normalize.duplicates.comparable import Comparable, derived
from normalize.duplicates.comparison.pair import LONG_COPY_WEIGHT, ComplaintPair
from normalize.duplicates.comparison.spelling import occurs_in
from normalize.duplicates.comparison.text_alignment import MAX_HARMLESS_WEIGHT

# Different parts beyond this count say no more.
_MAX_DIFFERENT_PARTS = 2
# Share that common names count for a personal trouble: many people wait for a card of their own at one place.
_PERSONAL_NAME_SHARE = 0.5
# Objects and faults that pass within a day or two, by their rows in `matter_objects.csv` and `matter_faults.csv`.
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


def common_dictionary_words(pair: ComplaintPair) -> float:
    """Return the logarithm of the weight of common dictionary words, in proportion to the lighter text."""
    first_weights, first_weight = _dictionary_weights(pair.first, pair.word_frequencies)
    second_weights, second_weight = _dictionary_weights(pair.second, pair.word_frequencies)
    common_weight = sum([weight for word, weight in first_weights.items() if word in second_weights])
    lighter_weight = min(first_weight, second_weight)
    return log1p(common_weight * common_weight / lighter_weight) if lighter_weight else 0.0


@derived
def _dictionary_weights(comparable: Comparable, word_frequencies: WordFrequencies) -> tuple[Mapping[str, float], float]:
    """Return the rarities of the dictionary words among the roots of text and title, and their sum."""
    words = (*comparable.text_words, *comparable.title_words)
    weights = dict(filter(None, map(word_frequencies.weighted_root, words)))
    return weights, sum(weights.values())


def common_numbers(pair: ComplaintPair) -> float:
    """Return the logarithm of the count of equal numbers."""
    first_numbers, second_numbers = pair.numbers
    return log1p(len(first_numbers & second_numbers))


def different_numbers(pair: ComplaintPair) -> float:
    """Return 1 if both have numbers, none is equal, and the texts are not near."""
    first_numbers, second_numbers = pair.numbers
    both_have_numbers = bool(first_numbers and second_numbers)
    return float(both_have_numbers and first_numbers.isdisjoint(second_numbers) and not pair.is_near)


def common_names(pair: ComplaintPair) -> float:
    """Return the logarithm of the count of common names; names of personal troubles count half."""
    share = _PERSONAL_NAME_SHARE if pair.is_personal and not pair.is_near else 1.0
    # The street of an equal spot may be called by an ordinary word.
    name_count = max(len(pair.common_names) * pair.common_name_share, float(pair.location.is_same_spot))
    return share * log1p(name_count)


def different_names(pair: ComplaintPair) -> float:
    """Return the logarithm of the count of names that near texts do not share."""
    first, second = pair.first, pair.second
    first_only = len(first.names) - len(pair.common_names) - is_cut_name(first, second)
    second_only = sum(not occurs_in(name, first.names) for name in second.names) - is_cut_name(second, first)
    return log1p(max(0, min(first_only, second_only))) * pair.is_near


def is_copy_with_other_ends(pair: ComplaintPair) -> bool:
    """Return True for a long text about one spot that was copied with another beginning or end.

    No name, number or detail is exchanged, and both name the same objects: what is exchanged are greetings, wishes and
    remarks.
    """
    alignment = pair.alignment
    is_at_ends = alignment.exchanged_weight > 0 and alignment.inner_exchanged_weight <= MAX_HARMLESS_WEIGHT
    if not is_at_ends or not pair.is_near or alignment.shared_weight < LONG_COPY_WEIGHT:
        return False
    if pair.is_personal or not pair.location.is_same_spot:
        return False
    return not _exchanges_details(pair)


def _exchanges_details(pair: ComplaintPair) -> bool:
    alignment, first, second = pair.alignment, pair.first, pair.second
    if alignment.exchanged_numbers or alignment.exchanged_opposites or alignment.exchanged_name_weight:
        return True
    if pair.entities.conflict or pair.entities.address_conflict or different_names(pair):
        return True
    # Another object in one of them alone is a second request.
    return first.objects != second.objects


def different_senders(pair: ComplaintPair) -> float:
    """Return 1 for two proven senders, but not if the one copied the other's report with other ends."""
    return float(pair.sender_relation == "other" and not is_copy_with_other_ends(pair))


def different_parts(pair: ComplaintPair) -> float:
    """Return the count of common names with different parts, at most two."""
    names = names_with_different_parts(pair.first, pair.second) & names_with_different_parts(pair.second, pair.first)
    return float(min(_MAX_DIFFERENT_PARTS, len(names))) * (not pair.location.is_same_spot)


def same_object_or_fault_of_sender(pair: ComplaintPair) -> float:
    """Return the overlap of objects or faults in two different texts of one sender."""
    return float(pair.sender_relation == "same" and not pair.is_near) * max(pair.objects[0], pair.faults[0])


def common_topics_at_place(pair: ComplaintPair) -> float:
    """Return the share of common topics times the likelihood of one place."""
    if not pair.common_topics:
        return 0.0
    topic_similarity = len(pair.common_topics) / len(pair.first.topics | pair.second.topics)
    # The place of a personal trouble does not make it anybody else's.
    return topic_similarity * pair.place_likelihood * (pair.is_near or not pair.is_personal)


def has_different_topics(pair: ComplaintPair) -> float:
    """Return 1 if both have topics and none is in common."""
    return float(bool(pair.first.topics and pair.second.topics and not pair.common_topics))


def same_topic_beside_landmark(pair: ComplaintPair) -> float:
    """Return the overlap of topics times the weight of common landmark words."""
    return pair.topic_overlap and pair.topic_overlap * log1p(pair.landmark_weight)


def mentions_earlier_report(pair: ComplaintPair) -> float:
    """Return 1 if one refers to an earlier report and the complaints are similar."""
    mentions = pair.first.mentions_earlier_report or pair.second.mentions_earlier_report
    is_similar = pair.is_near or (pair.location.is_same_spot and bool(pair.common_topics))
    return float(mentions and is_similar)


def is_later_incident(pair: ComplaintPair) -> float:
    """Return 1 if both are of an incident and too many days lie between them."""
    return float(
        pair.days_between > _MAX_INCIDENT_DAYS
        and not INCIDENTS.isdisjoint(pair.first.objects | pair.first.faults)
        and not INCIDENTS.isdisjoint(pair.second.objects | pair.second.faults)
    )


def is_equal_without_difference(pair: ComplaintPair) -> float:
    """Return 1 for equal texts within a week without a difference in place or entities."""
    entities = pair.entities
    has_other_place = (
        pair.location.address_difference > MAX_HARMLESS_WEIGHT or entities.region_relation == "address-conflict"
    )
    differs = has_other_place or entities.address_conflict or entities.conflict
    is_equal_text = pair.alignment.similarity == 1.0
    return float(is_equal_text and not differs and pair.days_between <= _MAX_EQUAL_TEXT_DAYS)


def is_cut_name(first: Comparable, second: Comparable) -> bool:
    """Return True if the last word of the first text is no name but the beginning of a word of the second text.

    An SMS that was cut ends like this. The fragment must not count as a different name.
    """
    last_word = first.text_words[-1] if first.text_words else ""
    if last_word not in first.names or last_word in second.names:
        return False
    return any(word.startswith(last_word) for word in second.text_words)


def names_with_different_parts(first: Comparable, second: Comparable) -> set[str]:
    """Return the names in `first` that go on with a name or a part's word, none of which occurs in `second`.

    Tempapan Hulu and Tempapan Kuala are two places.
    """
    second_words = frozenset((*second.title_words, *second.text_words, *second.address_words))
    is_shared: dict[str, bool] = {}
    for words in (first.title_words, first.text_words, first.address_words):
        for name, continuation in pairwise(words):
            if name in first.names and (continuation in first.names or continuation in PART_WORDS):
                is_shared[name] = is_shared.get(name, False) or occurs_in(continuation, second_words)
    return {name for name, shared in is_shared.items() if not shared}
