"""Reads the traits of a short message by which its report is found: place, matter, objection, confirmation. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from config.reference.matter_terms import MatterTerms, MatterTopics
from language.model import LanguageModel
from language.spans import SpanSet
from language.words import Word
from normalize.conversation.vocabulary import (
    AGAIN,
    ALREADY,
    CONTINUING_WORDS,
    CORRECTING_WORDS,
    MAX_NAME_WORDS,
    PLACE_FILLERS,
    PLACE_INTRODUCERS,
    PUSH_WORDS,
    RESPONSE_WORDS,
    SLIP_WORDS,
    SOLVED,
    THANKS,
    UNCHANGED,
    UNSOLVED,
    WRONG_WORDS,
)
from normalize.duplicates.comparable import NamedEntity
from normalize.duplicates.reading.text_reading import TextReader, TextReading
from normalize.duplicates.unlocked import cached_property
from normalize.entities import Entity, EntityKind
from normalize.entities.name_words import ROMAN_NUMERALS

# Kinds of places within a city or regency.
SMALL_PLACES = frozenset(
    (
        *(EntityKind.STREET, EntityKind.ALLEY, EntityKind.KM, EntityKind.RT, EntityKind.RW, EntityKind.BLOCK),
        *(EntityKind.HAMLET, EntityKind.VILLAGE, EntityKind.DISTRICT, EntityKind.AREA, EntityKind.LANDMARK),
    )
)
PLACES = SMALL_PLACES | {EntityKind.CITY, EntityKind.PROVINCE}
# Also hidden from the search for the matter. A house number is one only beside a street.
_ADDRESS_PARTS = PLACES | {EntityKind.HOUSE, EntityKind.BRANCH}
_FINDABLE_PLACES = frozenset(
    (
        EntityKind.CITY,
        EntityKind.PROVINCE,
        EntityKind.DISTRICT,
        EntityKind.VILLAGE,
        EntityKind.AREA,
        EntityKind.LANDMARK,
    )
)
_MIN_NAME_LETTERS = 4
_MIN_TELLING_LETTERS = 2
_EMPTY_WORDS = PLACE_FILLERS | frozenset(ROMAN_NUMERALS)
# A longer message tells a story: it is a report.
_MAX_RESPONSE_WORDS = 25
# A correction says so within its first words.
_CORRECTING_BEGINNING = 5


class MessageTraits:
    """Traits of one message. Each is found at its first use: most messages belong to no earlier report."""

    def __init__(self, reading: TextReading, matter_terms: MatterTerms) -> None:
        self.reading = reading
        self._matter_terms = matter_terms

    @cached_property
    def places(self) -> frozenset[NamedEntity]:
        """The named places."""
        return frozenset((entity.kind.value, entity.value) for entity in self.reading.entities if entity.kind in PLACES)

    @cached_property
    def is_place_only(self) -> bool:
        """True if the message is nothing but a place."""
        outside = self._outside
        unnamed = _without_unnamed_places(outside)
        return bool(self.places or len(unnamed) < len(outside)) and not _has_content(unnamed) and not self.faults

    @property
    def matter_objects(self) -> frozenset[str]:
        """The objects outside the places, by the tables of `config.reference.matter_terms`."""
        return frozenset() if self.is_place_only else self._terms.objects

    @property
    def faults(self) -> frozenset[str]:
        """The faults outside the places, by the same tables."""
        return self._terms.faults

    @property
    def topics(self) -> frozenset[str]:
        """The topics outside the places, by the same tables."""
        return frozenset() if self.is_place_only else self._terms.topics

    @cached_property
    def further_words(self) -> frozenset[str]:
        """The words that tell of a matter and are common to neither objections nor confirmations."""
        return frozenset(word for word in self._outside if _may_tell(word) and word not in RESPONSE_WORDS)

    @cached_property
    def telling_words(self) -> frozenset[str]:
        """The words outside the places that a sender who only pushes does not write. Each may be about a matter."""
        return frozenset(
            word
            for word in self._outside
            if len(word) >= _MIN_TELLING_LETTERS and not word.isdecimal() and word not in PUSH_WORDS
        )

    @property
    def is_short(self) -> bool:
        """True if the message is no story."""
        return 0 < len(self.reading.words) <= _MAX_RESPONSE_WORDS

    @property
    def continues_sentence(self) -> bool:
        """True if the message begins with a word that begins no sentence."""
        words = self.reading.words
        return bool(words) and words[0].normal in CONTINUING_WORDS

    @property
    def corrects(self) -> bool:
        """True if the message begins by taking back what its sender wrote: “maaf salah tulis”."""
        first_words = {word.normal for word in self.reading.words[:_CORRECTING_BEGINNING]}
        is_slip = bool(first_words & WRONG_WORDS and first_words & SLIP_WORDS)
        return is_slip or bool(first_words & CORRECTING_WORDS)

    @property
    def has_findable_place(self) -> bool:
        """True if a place is named by which a regency may be found. A street alone is in many."""
        return any(kind in _FINDABLE_PLACES for kind, _ in self.places)

    @cached_property
    def objects(self) -> bool:
        """True for the wording of a sender who objects to an institution's answer."""
        return _objects([word.normal for word in self.reading.words], self.faults)

    @cached_property
    def confirms(self) -> bool:
        """True for the wording of a sender who confirms an institution's answer."""
        return _confirms([word.normal for word in self.reading.words])

    @property
    def has_matter(self) -> bool:
        """True if a known object, fault or topic is named."""
        return bool(self.matter_objects or self.faults or self.topics)

    @property
    def has_small_place(self) -> bool:
        """True if a place within a city or regency is named."""
        return any(kind in SMALL_PLACES for kind, _ in self.places)

    @cached_property
    def _outside(self) -> Sequence[str]:
        """The normal forms of the words outside the places."""
        reading = self.reading
        return _outside(reading.words, [entity for entity in reading.entities if entity.kind in _ADDRESS_PARTS])

    @cached_property
    def _terms(self) -> MatterTopics:
        return self._matter_terms.find(self._outside)


class TraitsReader:
    """Reads messages with one language model."""

    def __init__(self, texts: TextReader, matter_terms: MatterTerms) -> None:
        self._texts = texts
        self._matter_terms = matter_terms

    @classmethod
    def of(cls, language: LanguageModel) -> "TraitsReader":
        """Return the reader of a language model."""
        return cls(TextReader.of(language), language.matter_terms)

    def read(self, text: str) -> MessageTraits:
        """Return the traits of a text."""
        return MessageTraits(self._texts.read(text), self._matter_terms)


def _outside(words: Sequence[Word], entities: Iterable[Entity]) -> Sequence[str]:
    """Return the normal forms of the words outside the spans of some entities."""
    spans = SpanSet([(entity.start, entity.end) for entity in entities])
    return [word.normal for word in words if not spans.contain(word.start, word.start + 1)]


def _without_unnamed_places(words: Sequence[str]) -> Sequence[str]:
    """Return the words without places that no table has: `depan toko roti`, `perempatan sri ratu`."""
    remaining: list[str] = []
    name_words = 0
    for word in words:
        if word in PLACE_INTRODUCERS:
            name_words = MAX_NAME_WORDS
        elif name_words and word not in PLACE_FILLERS:
            name_words -= 1
        else:
            name_words = name_words if word in PLACE_FILLERS else 0
            remaining.append(word)
    return remaining


def _has_content(words: Iterable[str]) -> bool:
    """Return True if one of the words is neither a part of an address nor a number."""
    return any(len(word) > 1 and not word.isdecimal() and word not in _EMPTY_WORDS for word in words)


def _may_tell(word: str) -> bool:
    return len(word) >= _MIN_NAME_LETTERS and word.isalpha() and word not in PLACE_FILLERS


def _objects(words: Sequence[str], faults: frozenset[str]) -> bool:
    if len(words) > _MAX_RESPONSE_WORDS:
        return False
    if not UNSOLVED.isdisjoint(words) or (AGAIN in words and faults):
        return True
    return any(tuple(words[start : start + 3]) in UNCHANGED for start in range(len(words)))


def _confirms(words: Sequence[str]) -> bool:
    """Return True for `sudah beres` and the like, unless anything in the message is not solved."""
    if len(words) > _MAX_RESPONSE_WORDS or not UNSOLVED.isdisjoint(words) or "tapi" in words or "tetapi" in words:
        return False
    has_thanks = not THANKS.isdisjoint(words)
    solved = SOLVED - {"terima"} if has_thanks else SOLVED
    if ALREADY.isdisjoint(words) or solved.isdisjoint(words):
        return False
    return has_thanks or any(first in ALREADY and second in solved for first, second in pairwise(words))
