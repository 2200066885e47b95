"""Finds everything in a text: one pass over its words, each looked at by the reader of its sort."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import compress, count
from operator import itemgetter, or_

from language.places.gazetteer import Gazetteer, RegionMention, regions_overlap
from normalize.entities import dates, identifiers, landmarks, measures, offices, persons, places
from normalize.entities.entity import Entity, EntityKind
from normalize.entities.name_words import verb
from normalize.entities.scan import Scan

Reader = Callable[[Scan, int], int]
_NUMBER_READERS: tuple[Reader, ...] = (
    dates.numeric,
    identifiers.long_number,
    identifiers.plate,
    measures.counted,
)
_PLACE = itemgetter(2, 3)
_BY_DEPTH = (EntityKind.PROVINCE, EntityKind.CITY, EntityKind.DISTRICT)


def extract_entities(text: str, gazetteer: Gazetteer) -> tuple[Entity, ...]:
    """What a text says of places, times, amounts, persons and numbers, in its order.

    `text` is one complaint's title, words and address, a line each. Findings of different kinds may overlap: a
    health centre, and the district in its name. Never raises; `text[start:end]` of a finding is never empty.
    """
    scan = Scan(text, gazetteer)
    identifiers.noted_first(scan)
    readers, taken, words = _READERS, scan.taken, scan.words
    known = map(readers.__contains__, words)
    goes_on = 0
    for at in compress(count(), map(or_, known, map(str.isdecimal, words))):
        if at < goes_on or taken[at]:
            continue
        for read in readers.get(words[at], _NUMBER_READERS):
            if end := read(scan, at):
                goes_on = end
                break
    found = [*scan.found, *_regions(scan)]
    found.sort(key=_PLACE)
    return tuple(found)


def _regions(scan: Scan) -> Iterator[Entity]:
    """The regions that are named, but not within the name of something else."""
    streets = {finding.value for finding in scan.found if finding.kind is EntityKind.STREET}
    codes = {mention.codes for mention in scan.mentions.values()}
    around = {mention.codes for mention in scan.mentions.values() if mention.sure}
    for mention in scan.mentions.values():
        if scan.taken[mention.first] or _street_again(scan, mention, streets, codes):
            continue
        start, end = scan.starts[mention.first], scan.ends[mention.end - 1]
        if mention.sure:
            kind = _BY_DEPTH[mention.codes[0].count(".")]
            yield Entity(kind, "|".join(mention.codes), start, end)
        elif not _within_name(scan, mention):
            yield Entity(EntityKind.AREA, _area(scan, mention, around), start, end)


def _area(scan: Scan, mention: RegionMention, around: AbstractSet[tuple[str, ...]]) -> str:
    """The codes; where the city or province that is said holds no district of that name, it is a quarter: its words."""
    cities = {codes for codes in around if "." in codes[0]}
    apart = bool(cities) or (
        around and not any(regions_overlap(code, one) for code in mention.codes for (one, *_) in around)
    )
    return _words(scan, mention) if apart else "|".join(mention.codes)


def _within_name(scan: Scan, mention: RegionMention) -> bool:
    """Whether more words written as a name stand around: Pulo Gebang is no Gebang."""
    before, after = mention.first - 1, mention.end
    led = before >= 0 and scan.gaps[mention.first] == " " and _of_name(scan, before)
    return led or (after < len(scan.words) and scan.gaps[after] == " " and _of_name(scan, after))


def _of_name(scan: Scan, at: int) -> bool:
    # In a text that is all capitals, or a heading, capitals say nothing.
    written = scan.titled(at) and not scan.shouted(at) and not scan.ordinary(at) and not verb(scan.words[at])
    return written and at not in scan.mentions and not scan.taken[at] and scan.words[at] not in _READERS


def _street_again(
    scan: Scan, mention: RegionMention, streets: AbstractSet[str], named: AbstractSet[tuple[str, ...]]
) -> bool:
    """A bare name that a street in the text bears, and that lies apart from all regions named besides it."""
    if mention.said or _words(scan, mention) not in streets:
        return False
    others = [code for codes in named if codes != mention.codes for code in codes]
    return not any(regions_overlap(code, other) for code in mention.codes for other in others)


def _words(scan: Scan, mention: RegionMention) -> str:
    return " ".join(scan.words[mention.first : mention.end])


def _merged(*tables: Mapping[str, Reader]) -> Mapping[str, tuple[Reader, ...]]:
    """The readers of each word, in the order of the tables: the first that finds something ends it."""
    merged: dict[str, tuple[Reader, ...]] = {}
    for table in tables:
        for word, reader in table.items():
            merged[word] = (*merged.get(word, ()), reader)
    return merged


_READERS = _merged(
    places.READERS,
    landmarks.READERS,
    offices.READERS,
    dates.READERS,
    identifiers.READERS,
    persons.READERS,
    dict.fromkeys(("rp", "idr"), measures.money),
    dict.fromkeys(measures.NUMBER_WORDS, measures.spelled),
    dict.fromkeys(measures.SINGLE, measures.single),
)
