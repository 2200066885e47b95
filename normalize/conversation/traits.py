"""Reads the traits of a short message by which its report is found: place, matter, objection, confirmation. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from config.reference.matter_terms import MatterTerms
from language.model import LanguageModel
from language.spans import SpanSet
from language.words import Word, WordReader
from normalize.conversation.vocabulary import (
    AGAIN,
    ALREADY,
    MAX_NAME_WORDS,
    PLACE_FILLERS,
    PLACE_INTRODUCERS,
    RESPONSE_WORDS,
    SOLVED,
    THANKS,
    UNCHANGED,
    UNSOLVED,
)
from normalize.duplicates.comparable import NamedEntity
from normalize.duplicates.reading.region_extraction import RegionExtraction
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
_MIN_NAME_LETTERS = 4
_EMPTY_WORDS = PLACE_FILLERS | frozenset(ROMAN_NUMERALS)
# A longer message tells a story: it is a report.
_MAX_RESPONSE_WORDS = 25


@dataclass(frozen=True, slots=True)
class MessageTraits:
    """Traits of one message.

    `places` are the named places. `is_place_only`: nothing but a place. `things`, `faults` and `topics` are those of
    the words outside the places, by the tables of `config.reference.matter_terms`. `further_words` tell of a matter in
    words that are common to neither objections nor confirmations. `objects` and `confirms`: the wording of a sender who
    answers an institution.
    """

    places: frozenset[NamedEntity]
    is_place_only: bool
    things: frozenset[str]
    faults: frozenset[str]
    topics: frozenset[str]
    further_words: frozenset[str]
    objects: bool
    confirms: bool

    @property
    def has_matter(self) -> bool:
        """True if a known thing, fault or topic is named."""
        return bool(self.things or self.faults or self.topics)

    @property
    def has_small_place(self) -> bool:
        """True if a place within a city or regency is named."""
        return any(kind in SMALL_PLACES for kind, _ in self.places)


class TraitsReader:
    """Reads messages with one language model."""

    def __init__(self, words: WordReader, matter_terms: MatterTerms, extraction: RegionExtraction) -> None:
        self._words = words
        self._matter_terms = matter_terms
        self._extraction = extraction

    @classmethod
    def of(cls, language: LanguageModel) -> "TraitsReader":
        """Return the reader of a language model."""
        return cls(language.words, language.matter_terms, RegionExtraction(language.gazetteer, language.villages))

    def read(self, text: str) -> MessageTraits:
        """Return the traits of a text."""
        entities = self._extraction.extract_relevant_entities(text)
        words = self._words.read_words(text)
        outside = _outside(words, [entity for entity in entities if entity.kind in _ADDRESS_PARTS])
        unnamed = _without_unnamed_places(outside)
        topics, things, faults = self._matter_terms.find(outside)
        places = frozenset((entity.kind.value, entity.value) for entity in entities if entity.kind in PLACES)
        is_place_only = bool(places or len(unnamed) < len(outside)) and not faults and not _content(unnamed)
        return MessageTraits(
            places=places,
            is_place_only=is_place_only,
            things=frozenset() if is_place_only else things,
            faults=faults,
            topics=frozenset() if is_place_only else topics,
            further_words=frozenset(word for word in outside if _may_tell(word) and word not in RESPONSE_WORDS),
            objects=_objects([word.normal for word in words], faults),
            confirms=_confirms([word.normal for word in words]),
        )


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


def _content(words: Iterable[str]) -> Sequence[str]:
    """Return the words that are neither a part of an address nor numbers, in order."""
    return [word for word in words if len(word) > 1 and not word.isdecimal() and word not in _EMPTY_WORDS]


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
