"""Reader that turns a report into a `Comparable` and into the keys under which it is looked up. Pure."""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import lru_cache
from itertools import compress
from operator import itemgetter
from typing import NamedTuple

from config.reference.matter_terms import MatterTerms
from config.reference.word_frequencies import WordFrequencies
from language.spans import Span, SpanSet
from language.words import Word
from messages.shapes import Channel, Place, Report
from normalize.duplicates.comparable import Comparable, NamedEntity
from normalize.duplicates.lookup_keys import LookupKeyFactory, LookupKeys
from normalize.duplicates.reading.address_abbreviations import expand_abbreviations
from normalize.duplicates.reading.author_names import find_author_names
from normalize.duplicates.reading.course_phrases import says_again, says_continuing, says_recurred
from normalize.duplicates.reading.glued_words import separate_glued_words
from normalize.duplicates.reading.region_extraction import CITIES_AND_PROVINCES, REGIONS
from normalize.duplicates.reading.repeat_phrases import mentions_earlier_report
from normalize.duplicates.reading.salutation import find_salutations
from normalize.duplicates.reading.spot_details import find_details
from normalize.duplicates.reading.text_reading import TextReader, TextReading
from normalize.entities import IDENTIFIERS, Entity, EntityKind
from normalize.entities.name_words import ROMAN_NUMERALS

# A word of at most this rarity (0 to 1) stands in so many texts that it is uninformative.
_MAX_UNINFORMATIVE_RARITY = 0.22
# A number of this many digits may belong to a person: only its keyed hash is stored.
_MIN_PERSONAL_DIGITS = 6
# Kinds under which a complaint is looked up, together with its kind of trouble.
_LOOKUP_KINDS = frozenset(
    (
        *(
            EntityKind.STREET,
            EntityKind.ALLEY,
            EntityKind.LANDMARK,
            EntityKind.UNIT,
            EntityKind.BRANCH,
            EntityKind.VILLAGE,
            EntityKind.HAMLET,
            EntityKind.BLOCK,
        ),
        *(EntityKind.DISTRICT, EntityKind.AREA, EntityKind.NAME),
    )
)
_DISTRICTS = frozenset((EntityKind.DISTRICT, EntityKind.AREA))
# An `@` behind a word or a full stop is part of an e-mail address.
_HANDLE = re.compile(r"(?<![\w.])@(\w+)")
# Accounts and hashtags of this service begin with these words: they name no place.
_OWN_ACCOUNT_PREFIXES = ("lapor", "sp4n")
_DURATION_UNITS = frozenset({"menit", "jam", "hari", "minggu", "bulan", "tahun", "kali"})
# Words of one text that are compared.
_MAX_WORDS = 400
_MIN_NAME_LETTERS = 3
# A dictionary word that no complaint uses (rarity 1) is a place name if a place has it: Johar, Kedamean.
_MIN_PLACE_LETTERS = 5
_UNUSED_RARITY = 1.0
# Each post has a different short address for the same page.
_URL_PREFIXES = ("http:", "https:")
_get_start, _get_normal_form = itemgetter(0), itemgetter(2)
_get_is_name = itemgetter(1)
# Commonness has this many steps, so that one more counted occurrence of a word changes no order.
_COMMONNESS_STEPS = 10
_CACHED_WORDS = 1 << 13


class _WordTraits(NamedTuple):
    """Traits of a normal form.

    `compared_form` is empty if the word is uninformative. `is_name` is True if no dictionary has the word.
    `commonness` is higher for words that more texts have.
    """

    compared_form: str
    is_name: bool
    commonness: int


class ComparableReader:
    """Reads reports. `place_words` are the words of place names.

    `digest` is a keyed hash: it is equal for equal values and reveals nothing without the key.
    """

    def __init__(
        self,
        texts: TextReader,
        word_frequencies: WordFrequencies,
        matter_terms: MatterTerms,
        place_words: Collection[str],
        digest: Callable[[bytes], str],
    ) -> None:
        self._texts = texts
        self._word_frequencies = word_frequencies
        self._matter_terms = matter_terms
        self._place_words = place_words
        self._digest = digest
        self._key_factory = LookupKeyFactory(digest(b"keys").encode()[:64])
        self._word_traits = lru_cache(_CACHED_WORDS)(self._describe_word)

    def read_report(
        self,
        report: Report,
        sender: str,
        channel: Channel,
        received_at: float | None,
        reading: TextReading | None = None,
    ) -> Comparable:
        """Return the comparable form. `received_at` is in seconds of the epoch; `sender` is empty if not proven.

        `reading` is used if it is of the same text: a short message is read before it is known to be a report.
        """
        title, body = (
            separate_glued_words(part, self._word_frequencies.is_known) for part in (report.title, report.text)
        )
        text = f"{title}\n{body}" if title else body
        address = expand_abbreviations(
            " , ".join(part for part in (report.place.address, report.place.district, report.place.region) if part)
        )
        text_reading, address_reading = self._texts.read(text, reading), self._texts.read(address)
        entities, address_entities = text_reading.entities, address_reading.entities
        words = _outside(text_reading.words, _uninformative_spans(text, entities))
        address_words = _outside(address_reading.words, _spans_of(address_entities, REGIONS))
        text_start = bisect_right(words, len(title), key=_get_start) if title else 0
        title_part, text_part = words[: min(text_start, _MAX_WORDS)], words[text_start : text_start + _MAX_WORDS]
        address_part = address_words[:_MAX_WORDS]
        title_traits, text_traits, address_traits = map(self._describe, (title_part, text_part, address_part))
        names = {
            *_select_names([*title_part, *text_part][:_MAX_WORDS], [*title_traits, *text_traits], entities),
            *_select_names(address_part, address_traits, address_entities),
        }
        compound_villages = self._texts.extraction.find_compound_villages(
            (words, address_words), names, (*entities, *address_entities)
        )
        topics, objects, faults = self._matter_terms.find([*map(_get_normal_form, words)])
        lowercase_text = text.lower()
        return Comparable(
            text_words=_informative_words(text_traits),
            title_words=_informative_words(title_traits),
            address_words=_informative_words(address_traits),
            names=frozenset(names | compound_villages),
            district_words=frozenset(
                (
                    *_words_of_districts([*title_part, *text_part], entities),
                    *_words_of_districts(address_words, address_entities),
                )
            ),
            entities=tuple(
                sorted(
                    {
                        *self._named_entities(entities),
                        *_mentioned_handles(text),
                        *_authors(text, entities),
                        *find_details(text, lowercase_text),
                    }
                )
            ),
            address_entities=self._named_entities(address_entities),
            topics=topics,
            objects=objects,
            faults=faults,
            coordinates=_coordinates(report.place),
            received_at=received_at,
            sender=sender,
            channel=channel,
            report_kind=report.kind.value,
            secret=report.rahasia,
            mentions_earlier_report=mentions_earlier_report(lowercase_text),
            says_recurred=says_recurred(lowercase_text),
            says_continuing=says_continuing(lowercase_text),
            says_again=says_again(lowercase_text),
        )

    def lookup_keys(self, comparable: Comparable) -> LookupKeys:
        """Return the keys under which the complaint is stored and under which it looks up earlier ones."""
        words = comparable.text_words or comparable.title_words
        identifiers = [entity for entity in comparable.entities if entity[0] in IDENTIFIERS]
        lookup_entities = [
            entity for entity in {*comparable.entities, *comparable.address_entities} if entity[0] in _LOOKUP_KINDS
        ]
        # Names that are dictionary words as well (Sentosa, Makmur) belong to too many places for a key.
        # The stored keys are hashes of this kind and the name: it stays `fine`.
        names = [("fine", name) for name in comparable.names if not self._word_frequencies.is_known(name)]
        commonness = [self._word_traits(word).commonness for word in words]
        return self._key_factory.create_keys(
            words, commonness, (*identifiers, *lookup_entities, *names), len(identifiers), comparable.sender
        )

    def hash_address(self, address: str) -> str:
        """Return the keyed hash of a telephone number or an e-mail address."""
        return self._hash(f"address {address.lower()}")

    def _describe(self, words: Iterable[Word]) -> list[_WordTraits]:
        return [*map(self._word_traits, map(_get_normal_form, words))]

    def _describe_word(self, word: str) -> _WordTraits:
        rarity = self._word_frequencies.rarity(word)
        is_informative = rarity > _MAX_UNINFORMATIVE_RARITY and not word.startswith(_URL_PREFIXES)
        is_personal = word.isdecimal() and len(word) >= _MIN_PERSONAL_DIGITS
        return _WordTraits(
            compared_form=(self._hash(word) if is_personal else word) if is_informative else "",
            is_name=_may_be_name(word)
            and (self._is_place_name(word, rarity) or not self._word_frequencies.is_known(word)),
            commonness=-int(_COMMONNESS_STEPS * rarity),
        )

    def _is_place_name(self, word: str, rarity: float) -> bool:
        return len(word) >= _MIN_PLACE_LETTERS and rarity >= _UNUSED_RARITY and word in self._place_words

    def _named_entities(self, entities: Iterable[Entity]) -> tuple[NamedEntity, ...]:
        named_entities = {
            (entity.kind.value, self._hash(entity.value) if entity.kind in IDENTIFIERS else entity.value)
            for entity in entities
        }
        return tuple(sorted(named_entities))

    def _hash(self, value: str) -> str:
        return f"#{self._digest(value.encode())[:16]}"


def _may_be_name(word: str) -> bool:
    if len(word) < _MIN_NAME_LETTERS or not word.isalpha():
        return False
    return word not in ROMAN_NUMERALS and not word.startswith(_OWN_ACCOUNT_PREFIXES)


def _coordinates(report_place: Place) -> tuple[float, float] | None:
    latitude, longitude = report_place.latitude, report_place.longitude
    return None if latitude is None or longitude is None else (latitude, longitude)


def _informative_words(traits: Iterable[_WordTraits]) -> tuple[str, ...]:
    return tuple([compared_form for compared_form, _, _ in traits if compared_form])


def _select_names(words: Sequence[Word], traits: Iterable[_WordTraits], entities: Iterable[Entity]) -> set[str]:
    """Return the names among the words, without names of cities and provinces."""
    names = list(compress(words, map(_get_is_name, traits)))
    spans = SpanSet(_spans_of(entities, CITIES_AND_PROVINCES) if names else ())
    return {word.normal for word in names if not _lies_in(word, spans)}


def _words_of_districts(words: Iterable[Word], entities: Iterable[Entity]) -> set[str]:
    spans = SpanSet(_spans_of(entities, _DISTRICTS))
    return {word.normal for word in words if _lies_in(word, spans)} if spans else set()


def _uninformative_spans(text: str, entities: Sequence[Entity]) -> list[Span]:
    """Return the spans that do not tell one matter from another: durations, counts, salutations, handles and masks.

    Durations and counts grow while nobody repairs anything.
    """
    durations = [entity for entity in entities if entity.value.rpartition(" ")[2] in _DURATION_UNITS]
    # A salutation of half the text or more has no clear end: it stays in the text.
    salutations = [(start, end) for start, end in find_salutations(text) if end - start < len(text) / 2]
    handles = [match.span() for match in _HANDLE.finditer(text)] if "@" in text else []
    return [
        *_spans_of(durations, {EntityKind.MEASURE}),
        *_spans_of(entities, {EntityKind.MASKED}),
        *salutations,
        *handles,
    ]


def _mentioned_handles(text: str) -> set[NamedEntity]:
    """Return the accounts that a post mentions: `@pdamsurakarta` names the water company, so also the city.

    Accounts of this service are left out.
    """
    if "@" not in text:
        return set()
    handles = {match[1].lower() for match in _HANDLE.finditer(text)}
    return {("handle", handle) for handle in handles if not handle.startswith(_OWN_ACCOUNT_PREFIXES)}


def _authors(text: str, entities: Iterable[Entity]) -> set[NamedEntity]:
    return {("author", name) for name in find_author_names(text, entities)}


def _spans_of(entities: Iterable[Entity], kinds: Container[EntityKind]) -> list[Span]:
    return [(entity.start, entity.end) for entity in entities if entity.kind in kinds]


def _outside(words: Sequence[Word], spans: Sequence[Span]) -> Sequence[Word]:
    if not spans:
        return words
    contain = SpanSet(spans).contain
    return [word for word in words if not contain(word[0], word[0] + 1)]


def _lies_in(word: Word, spans: SpanSet) -> bool:
    return spans.contain(word.start, word.start + 1)
