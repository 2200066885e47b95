"""Makes of a complaint what is compared, and the keys under which it is found. Pure."""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import lru_cache
from itertools import compress
from operator import itemgetter
from typing import NamedTuple

from config.reference.matter_terms import MatterTerms
from config.reference.word_frequencies import WordFrequencies
from language.words import Word, WordReader
from messages.shapes import Channel, Report
from normalize.duplicates.addresses import spelled_out
from normalize.duplicates.comparable import Comparable, Named
from normalize.duplicates.lookup_keys import LookupKeyFactory, LookupKeys
from normalize.duplicates.region_extraction import REGIONS, WIDE, RegionExtraction
from normalize.duplicates.repeat_phrases import says_again
from normalize.duplicates.salutation import addressed
from normalize.entities import IDENTIFIERS, Entity, EntityKind
from normalize.entities.name_words import ROMAN_NUMERALS

# Words that so many texts have say nothing (of a weight from 0 to 1).
_SAYS_NOTHING = 0.22
# A number of so many digits is somebody's: kept as its keyed hash alone.
_SOMEBODYS = 6
# What is enough to look a complaint up by, with its kind of trouble.
_TELLING = frozenset(
    (
        EntityKind.STREET,
        EntityKind.ALLEY,
        EntityKind.LANDMARK,
        EntityKind.UNIT,
        EntityKind.BRANCH,
        EntityKind.VILLAGE,
        EntityKind.HAMLET,
        EntityKind.BLOCK,
        EntityKind.DISTRICT,
        EntityKind.AREA,
        EntityKind.NAME,
    )
)
_DISTRICTS = frozenset((EntityKind.DISTRICT, EntityKind.AREA))
# Not the host of an e-mail's address.
_HANDLE = re.compile(r"(?<![\w.])@(\w+)")
_OURS = ("lapor", "sp4n")
_GROWING = frozenset({"menit", "jam", "hari", "minggu", "bulan", "tahun", "kali"})
_LONGEST = 400
_SHORTEST_NAME = 3
# A word of a dictionary that no complaint uses, so long, is a place's where one bears it: Johar, Kedamean.
_SHORTEST_PLACE = 5
_UNUSED = 1.0
# Each post has another short address for the same page.
_ADDRESSES = ("http:", "https:")
_START, _NORMAL = itemgetter(0), itemgetter(2)
# Of what was looked up.
_NAME = itemgetter(1)
# Rarities are compared in steps, so that a word counted once more changes no order.
_STEPS = 10
# What is known of a word is remembered.
_REMEMBERED = 1 << 15

Span = tuple[int, int]


class _Said(NamedTuple):
    """A word: as it is compared, or nothing if it says nothing; whether no dictionary has it; how usual, in steps."""

    telling: str
    name: bool
    usual: int


class ComparableReader:
    """`places` are the words of names of places.

    `digest` is a keyed hash: equal for equal values, and nothing to whoever has no key.
    """

    def __init__(
        self,
        words: WordReader,
        vocabulary: WordFrequencies,
        troubles: MatterTerms,
        whereabouts: RegionExtraction,
        places: Collection[str],
        digest: Callable[[bytes], str],
    ) -> None:
        self._words = words
        self._vocabulary = vocabulary
        self._troubles = troubles
        self._whereabouts = whereabouts
        self._places = places
        self._digest = digest
        self._keyring = LookupKeyFactory(digest(b"keys").encode()[:64])
        self._said = lru_cache(_REMEMBERED)(self._look)

    def read_report(self, report: Report, sender: str, channel: Channel, at: float | None) -> Comparable:
        """The matter of a report. `at` is in seconds of the epoch; `sender` is empty where nobody is known."""
        said = f"{report.title}\n{report.text}"
        where = report.place
        fields = spelled_out(" , ".join(part for part in (where.address, where.district, where.region) if part))
        named = self._whereabouts.find(said)
        words = _without(self._words.of(said), _passing(said, named))
        located = self._whereabouts.find(fields)
        place = _without(self._words.of(fields), _spans(located, REGIONS)) if fields else []
        begins = bisect_right(words, len(report.title), key=_START)
        title, text = words[: min(begins, _LONGEST)], words[begins : begins + _LONGEST]
        in_title, in_text, in_place = map(self._look_up, (title, text, place[:_LONGEST]))
        normal = [normal for _, _, normal in words]
        fine = {
            *_fine([*title, *text][:_LONGEST], [*in_title, *in_text], named),
            *_fine(place[:_LONGEST], in_place, located),
        }
        return Comparable(
            words=_telling(in_text),
            title=_telling(in_title),
            place=_telling(in_place),
            fine=frozenset(fine | self._whereabouts.compounds((words, place), fine, (*named, *located))),
            wide=frozenset((*_inside([*title, *text], named), *_inside(place, located))),
            named=tuple(sorted((*self._named(named), *_handles(said)))),
            located=self._named(located),
            topics=self._troubles.topics.find_topics(normal),
            things=self._troubles.things.find_topics(normal),
            faults=self._troubles.faults.find_topics(normal),
            spot=None if where.latitude is None or where.longitude is None else (where.latitude, where.longitude),
            at=at,
            sender=sender,
            channel=channel,
            kind=report.kind.value,
            secret=report.rahasia,
            again=says_again(said.lower()),
        )

    def lookup_keys(self, matter: Comparable) -> LookupKeys:
        """The keys under which the matter is found, and finds others."""
        words = matter.words or matter.title
        said = self._said
        sure = [one for one in matter.named if one[0] in IDENTIFIERS]
        telling = [one for one in {*matter.named, *matter.located} if one[0] in _TELLING]
        # Names that are words as well (Sentosa, Makmur) are too many places' to look for.
        fine = [("fine", word) for word in matter.fine if not self._vocabulary.is_known(word)]
        usual = [said(word)[2] for word in words]
        return self._keyring.keys(words, usual, (*sure, *telling, *fine), len(sure), matter.sender)

    def _look_up(self, words: Iterable[Word]) -> list[_Said]:
        return [*map(self._said, map(_NORMAL, words))]

    def _look(self, word: str) -> _Said:
        weight = self._vocabulary.rarity(word)
        telling = self._secret(word) if word.isdecimal() and len(word) >= _SOMEBODYS else word
        says = weight > _SAYS_NOTHING and not word.startswith(_ADDRESSES)
        name = (
            len(word) >= _SHORTEST_NAME and word.isalpha() and word not in ROMAN_NUMERALS and not word.startswith(_OURS)
        )
        place = len(word) >= _SHORTEST_PLACE and weight >= _UNUSED and word in self._places
        return _Said(
            telling if says else "", name and (place or not self._vocabulary.is_known(word)), -int(_STEPS * weight)
        )

    def _named(self, findings: Iterable[Entity]) -> tuple[Named, ...]:
        found = {
            (finding.kind.value, self._secret(finding.value) if finding.kind in IDENTIFIERS else finding.value)
            for finding in findings
        }
        return tuple(sorted(found))

    def _secret(self, value: str) -> str:
        return f"#{self._digest(value.encode())[:16]}"


def _telling(words: Iterable[_Said]) -> tuple[str, ...]:
    return tuple([telling for telling, _, _ in words if telling])


def _fine(words: Sequence[Word], said: Iterable[_Said], found: Iterable[Entity]) -> set[str]:
    """Those that name something, but no city or province."""
    names = list(compress(words, map(_NAME, said)))
    wide = _spans(found, WIDE) if names else []
    return {word.normal for word in names if not any(start <= word.start < end for start, end in wide)}


def _inside(words: Iterable[Word], found: Iterable[Entity]) -> set[str]:
    """The words of districts' names."""
    spans = _spans(found, _DISTRICTS)
    return {word.normal for word in words if any(start <= word.start < end for start, end in spans)} if spans else set()


def _passing(said: str, named: Sequence[Entity]) -> list[Span]:
    """What tells no matters apart: how long and how often (both grow while nobody comes), whom a text is for, masks."""
    grows = _spans((one for one in named if one.value.rpartition(" ")[2] in _GROWING), {EntityKind.MEASURE})
    # Where it is unclear where a salutation ends, nothing of it is left out.
    letter = [(start, end) for start, end in addressed(said) if end - start < len(said) / 2]
    handles = [found.span() for found in _HANDLE.finditer(said)] if "@" in said else []
    return [*grows, *_spans(named, {EntityKind.MASKED}), *letter, *handles]


def _handles(said: str) -> set[Named]:
    """Whom a post calls: `@pdamsurakarta` says where the water is off. Our own account says nothing."""
    if "@" not in said:
        return set()
    handles = {found[1].lower() for found in _HANDLE.finditer(said)}
    return {("handle", handle) for handle in handles if not handle.startswith(_OURS)}


def _spans(found: Iterable[Entity], kinds: Container[EntityKind]) -> list[Span]:
    return [(one.start, one.end) for one in found if one.kind in kinds]


def _without(words: list[Word], spans: Sequence[Span]) -> list[Word]:
    if not spans:
        return words
    return [word for word in words if not any(start <= word[0] < end for start, end in spans)]
