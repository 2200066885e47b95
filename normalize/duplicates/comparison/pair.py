"""A pair of complaints with all values that its comparison uses. Pure."""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparable import Comparable, SenderRelation, days_between, derived, relate_senders
from normalize.duplicates.comparison.authors import without_other_authors
from normalize.duplicates.comparison.entity_comparison import (
    AREAS,
    HOUSES,
    LOCATING_KINDS,
    SPOTS,
    EntityComparison,
    compare_entities,
)
from normalize.duplicates.comparison.location_comparison import (
    LocationComparison,
    compare_locations,
    root_words,
    shared_landmark_words,
)
from normalize.duplicates.comparison.spelling import occurs_in
from normalize.duplicates.comparison.text_alignment import (
    MIN_DENSITY,
    SharedOrder,
    TextAlignment,
    align_scattered,
    align_texts,
)
from normalize.duplicates.unlocked import cached_property

# Two texts are near if they share at least this weight.
_MIN_NEAR_WEIGHT = 1.5
# Shared weight of a long copy: about fifteen words that not every text has.
LONG_COPY_WEIGHT = 8.0
# Days within which one person sends the same words on another channel.
_OTHER_CHANNEL_DAYS = 3.0
# A topic with this prefix is of one person: a card, a claim, a wage. Two persons who ask for theirs ask for two things.
_PERSONAL_TOPIC_PREFIX = "own-"
# Objects and faults of this family go with all others.
_ANY_FAMILY = "any."
# Days between two arrivals. Two reports of one place within half a day speak of one event.
_ONE_EVENT_DAYS = 0.5
_FEW_HOURS_DAYS = 0.25
# From this share of common names on, the names are not in common by chance.
_MIN_COMMON_NAME_SHARE = 0.3
# Likelihood (0 to 1) that two complaints are of one place, set by hand: the learned weights of `place-same-topics` and
# `soon-place-topic` scale it. Two names in common, or one that an entity confirms, are mostly one place. One name may
# be of a long street or of a person; a village or an area has many streets.
_PLACE_LIKELIHOOD_SAME_SPOT = 1.0
_PLACE_LIKELIHOOD_SEVERAL_NAMES = 0.75
_PLACE_LIKELIHOOD_ONE_NAME_OR_AREA = 0.4
_PLACE_KINDS = frozenset({"street", "alley", "landmark", "hamlet", "village", "district"})
# Kinds of a place in which there are many things of one kind.
_NAMED_AREAS = frozenset({"street", "hamlet", "village", "area", "district"})
# Kinds that two complaints in common must have for equal troubles to be one matter.
_COMMON_GROUND_KINDS = (LOCATING_KINDS - HOUSES) | {"handle", "unit"}


class ComplaintPair:
    """Two complaints in either order. Each value is computed at its first use."""

    def __init__(self, first: Comparable, second: Comparable, word_frequencies: WordFrequencies) -> None:
        self.first, self.second = without_other_authors(first, second)
        self.word_frequencies = word_frequencies

    @cached_property
    def sender_relation(self) -> SenderRelation:
        """Relation of the two senders."""
        return relate_senders(self.first, self.second)

    @cached_property
    def days_between(self) -> float:
        """Days between the arrivals; 0 if a time is unknown."""
        return days_between(self.first, self.second)

    @property
    def has_times(self) -> bool:
        """True if both times of arrival are known."""
        return self.first.received_at is not None and self.second.received_at is not None

    @property
    def mentions_earlier_report(self) -> bool:
        """True if one of them refers to an earlier report of its sender."""
        return self.first.mentions_earlier_report or self.second.mentions_earlier_report

    @cached_property
    def in_order(self) -> tuple[Comparable, Comparable]:
        """The earlier and the later complaint; in the order of their words if the times are equal or one is unknown."""
        times = (self.first.received_at, self.second.received_at) if self.has_times else (0, 0)
        first_key, second_key = (times[0] or 0, self.first.text_words), (times[1] or 0, self.second.text_words)
        is_reversed = first_key > second_key
        return (self.second, self.first) if is_reversed else (self.first, self.second)

    @cached_property
    def came_again(self) -> bool:
        """True if the later complaint says that the trouble came again, and the earlier one does not say so."""
        earlier, later = self.in_order
        return later.says_again and not earlier.says_again

    @property
    def was_mended(self) -> bool:
        """True if the later complaint says that the trouble came back after a repair, and the earlier one does not."""
        earlier, later = self.in_order
        return later.says_recurred and not earlier.says_recurred

    @property
    def is_within_hours(self) -> bool:
        """True if both came within six hours."""
        return self.has_times and self.days_between < _FEW_HOURS_DAYS

    @property
    def is_within_half_day(self) -> bool:
        """True if both came within twelve hours."""
        return self.has_times and self.days_between < _ONE_EVENT_DAYS

    @cached_property
    def entities(self) -> EntityComparison:
        """Comparison of the named entities."""
        return compare_entities(self.first, self.second)

    @cached_property
    def alignment(self) -> TextAlignment:
        """Alignment of the texts, or of the titles of complaints without a text."""
        return self._scattered or align_texts(self._shared_order, self.word_frequencies)

    @cached_property
    def _scattered(self) -> TextAlignment | None:
        """Alignment of texts with few common words, which are most; `None` for others."""
        first, second = (_word_weights(side, self.word_frequencies) for side in (self.first, self.second))
        return align_scattered(first, second)

    @cached_property
    def _shared_order(self) -> SharedOrder:
        # Always in the same order, so that the order of arrival changes nothing.
        texts = (complaint.text_words or complaint.title_words for complaint in (self.first, self.second))
        return SharedOrder(*sorted(texts))

    @cached_property
    def is_long_copy_soon(self) -> bool:
        """True if a long text came again within twelve hours: its words tell more than an address typed anew."""
        # Scattered words are no copy: most pairs need no alignment to see it.
        if not self.is_within_half_day or self._scattered or self._shared_order.density < MIN_DENSITY:
            return False
        return self.alignment.shared_weight >= LONG_COPY_WEIGHT and self.alignment.is_copy

    @cached_property
    def is_equal_on_other_channel(self) -> bool:
        """True if the same words in one region came on two channels within three days: perhaps one person sent both."""
        is_soon = self.has_times and self.days_between <= _OTHER_CHANNEL_DAYS
        if not is_soon or self.first.channel == self.second.channel or "region" not in self.entities.equal:
            return False
        return self.alignment.similarity == 1.0

    @cached_property
    def text_entities(self) -> EntityComparison:
        """Comparison of the named entities without the address fields."""
        first, second = (replace(side, address_entities=(), address_words=()) for side in (self.first, self.second))
        return compare_entities(first, second)

    @cached_property
    def location(self) -> LocationComparison:
        """Comparison of the addresses and spots."""
        return compare_locations(self.first, self.second, self.entities, self.word_frequencies)

    @cached_property
    def landmark_weight(self) -> float:
        """Weight of a landmark's words in common (`depan kantor pos`)."""
        words = shared_landmark_words(self.first, self.second, self.word_frequencies)
        return sum(map(self.word_frequencies.rarity, words))

    @cached_property
    def is_near(self) -> bool:
        """True if one text is mostly a part of the other."""
        return self.alignment.is_near(_MIN_NEAR_WEIGHT)

    @cached_property
    def first_roots(self) -> set[str]:
        """Root words of the first text and title."""
        return _roots(self.first, self.word_frequencies)

    @cached_property
    def second_roots(self) -> set[str]:
        """Root words of the second text and title."""
        return _roots(self.second, self.word_frequencies)

    @cached_property
    def title_difference(self) -> float:
        """Share of a title's words that the other complaint lacks, of the closer title; 0 without two titles."""
        first_title = root_words(self.first.title_words, self.word_frequencies)
        second_title = root_words(self.second.title_words, self.word_frequencies)
        if not first_title or not second_title:
            return 0.0
        return min(_missing_share(first_title, self.second_roots), _missing_share(second_title, self.first_roots))

    @cached_property
    def numbers(self) -> tuple[set[str], set[str]]:
        """Numbers in the first and second text and titles, without leading zeros: RW 09 is RW 9."""
        return _numbers(self.first), _numbers(self.second)

    @cached_property
    def common_names(self) -> frozenset[str]:
        """Names of the first complaint that the second one has too, also in another spelling."""
        return frozenset(name for name in self.first.names if occurs_in(name, self.second.names))

    @cached_property
    def specific_names(self) -> frozenset[str]:
        """Common names that are no dictionary word and in neither complaint a place: of a shop, a bridge, a person."""
        place_words = _place_words(self.first) | _place_words(self.second)
        return frozenset(name for name in self.common_names - place_words if not self.word_frequencies.is_known(name))

    @property
    def common_name_share(self) -> float:
        """Number of common names in proportion to the complaint with fewer names."""
        return len(self.common_names) / max(1, min(len(self.first.names), len(self.second.names)))

    @cached_property
    def has_different_narrow_names(self) -> bool:
        """True if both name something besides districts and no name is in common: two places in one district."""
        district_words = self.first.district_words | self.second.district_words
        first_names, second_names = self.first.names - district_words, self.second.names - district_words
        if not first_names or not second_names or any(occurs_in(name, second_names) for name in first_names):
            return False
        return not (self.location.is_same_spot or self.is_near)

    @cached_property
    def common_topics(self) -> frozenset[str]:
        """Topics of both complaints."""
        return self.first.topics & self.second.topics

    @cached_property
    def is_personal(self) -> bool:
        """True if all common topics are of one person."""
        return bool(self.common_topics) and all(
            topic.startswith(_PERSONAL_TOPIC_PREFIX) for topic in self.common_topics
        )

    @property
    def topic_overlap(self) -> float:
        """Share of the complaint with fewer topics that is in common: 0 to 1."""
        if not self.common_topics:
            return 0.0
        return len(self.common_topics) / min(len(self.first.topics), len(self.second.topics))

    @cached_property
    def objects(self) -> tuple[float, float]:
        """Overlap of the objects complained of (0 to 1), and 1 if not even their families are in common."""
        return _overlap(self.first.objects, self.second.objects)

    @cached_property
    def faults(self) -> tuple[float, float]:
        """Overlap of the faults (0 to 1), and 1 if not even their families are in common."""
        return _overlap(self.first.faults, self.second.faults)

    @property
    def same_object_and_fault(self) -> float:
        """Overlap of objects times overlap of faults."""
        return self.objects[0] * self.faults[0]

    @cached_property
    def has_common_ground(self) -> bool:
        """True if both name a place or a person in common, or their texts are near. Many people have one trouble."""
        if not self.first.names.isdisjoint(self.second.names) or self.entities.equal & _COMMON_GROUND_KINDS:
            return True
        return self.is_near or self.location.is_same_spot or bool(self.common_names)

    @property
    def has_common_place(self) -> bool:
        """True if both name a place or a person in common. An office, a sum or the number of a block is no place."""
        has_same_spot = self.location.is_same_spot and self.entities.equal & SPOTS != {"block"}
        return has_same_spot or bool(self.common_names or self.entities.equal & (LOCATING_KINDS - HOUSES))

    @cached_property
    def place_likelihood(self) -> float:
        """Likelihood that both are of one place: 0 to 1."""
        if self.location.is_same_spot:
            return _PLACE_LIKELIHOOD_SAME_SPOT
        name_count = len(self.entities.equal & {"village", "district"})
        if self.common_name_share >= _MIN_COMMON_NAME_SHARE:
            name_count += len(self.common_names) + self.stands_for_place(self.common_names)
        if name_count > 1:
            return _PLACE_LIKELIHOOD_SEVERAL_NAMES
        return _PLACE_LIKELIHOOD_ONE_NAME_OR_AREA if name_count or self.entities.equal & AREAS else 0.0

    def stands_for_place(self, names: frozenset[str]) -> bool:
        """Return True if one of the names stands in an entity that is a place."""
        first, second = self.first, self.second
        return any(
            kind in _PLACE_KINDS and not names.isdisjoint(value.split())
            for kind, value in (*first.entities, *first.address_entities, *second.entities, *second.address_entities)
        )


@derived
def _place_words(complaint: Comparable) -> frozenset[str]:
    """Return the words of districts and of streets, hamlets and villages."""
    places = (value for kind, value in (*complaint.entities, *complaint.address_entities) if kind in _NAMED_AREAS)
    return complaint.district_words.union(*(place.split() for place in places))


@derived
def _word_weights(complaint: Comparable, word_frequencies: WordFrequencies) -> Mapping[str, float]:
    """Return the summed rarity of each word of the text, or of the title of a complaint without a text."""
    counts = Counter(complaint.text_words or complaint.title_words)
    return {word: count * word_frequencies.rarity(word) for word, count in counts.items()}


@derived
def _roots(comparable: Comparable, word_frequencies: WordFrequencies) -> set[str]:
    return root_words((*comparable.text_words, *comparable.title_words), word_frequencies)


@derived
def _numbers(comparable: Comparable) -> set[str]:
    words = (*comparable.title_words, *comparable.text_words)
    return {word.lstrip("0") for word in words if word[0].isdecimal()}


def _missing_share(words: AbstractSet[str], other_words: AbstractSet[str]) -> float:
    return len(words - other_words) / len(words)


def _overlap(first: AbstractSet[str], second: AbstractSet[str]) -> tuple[float, float]:
    """Return the share of the shorter list that is in the other, and 1 if the lists have no family in common.

    The family of `rusak.retak` is `rusak`.
    """
    first, second = ({term for term in terms if not term.startswith(_ANY_FAMILY)} for terms in (first, second))
    if not first or not second:
        return 0.0, 0.0
    first_families, second_families = ({term.partition(".")[0] for term in terms} for terms in (first, second))
    return len(first & second) / min(len(first), len(second)), float(first_families.isdisjoint(second_families))
