"""Extracts all entities of a text in one pass over its words: each keyword is given to the readers of its sort."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import compress, count
from operator import itemgetter, or_

from language.places.gazetteer import Gazetteer, RegionMention, regions_overlap
from normalize.entities import dates, identifiers, landmarks, measures, offices, persons, places
from normalize.entities.entity import Entity, EntityKind
from normalize.entities.name_words import is_verb
from normalize.entities.text_scan import EntityReader, TextScan

_NUMBER_READERS: tuple[EntityReader, ...] = (
    dates.read_numeric_date,
    identifiers.read_long_number,
    identifiers.read_plate,
    measures.read_counted_measure,
)
_SPAN = itemgetter(2, 3)
# By the number of dots in a code.
_KINDS_BY_LEVEL = (EntityKind.PROVINCE, EntityKind.CITY, EntityKind.DISTRICT)
# The codes that one mention of a region may stand for.
_Codes = tuple[str, ...]


def extract_entities(text: str, gazetteer: Gazetteer) -> tuple[Entity, ...]:
    """Return the places, times, amounts, persons and numbers in a text, in the order of the text.

    `text` is one complaint's title, text and address, a line each. Entities of different kinds may overlap: a health
    centre, and the district in its name. Never raises; `text[start:end]` of an entity is never empty.
    """
    scan = TextScan(text, gazetteer)
    identifiers.add_formatted_identifiers(scan)
    readers, claimed, words = _READERS, scan.claimed, scan.words
    are_keywords = map(readers.__contains__, words)
    next_index = 0
    for index in compress(count(), map(or_, are_keywords, map(str.isdecimal, words))):
        if index < next_index or claimed[index]:
            continue
        for read_entity in readers.get(words[index], _NUMBER_READERS):
            if end := read_entity(scan, index):
                next_index = end
                break
    return tuple(sorted((*scan.entities, *_regions(scan)), key=_SPAN))


def _regions(scan: TextScan) -> Iterator[Entity]:
    """Yield the regions that are named, except those within the name of another entity."""
    streets = _values(scan, EntityKind.STREET)
    mentions = scan.region_mentions.values()
    all_codes = {mention.codes for mention in mentions}
    certain_codes = {mention.codes for mention in mentions if mention.certain}
    for mention in mentions:
        if scan.claimed[mention.first] or _is_street_name(scan, mention, streets, all_codes):
            continue
        start, end = scan.starts[mention.first], scan.ends[mention.end - 1]
        if mention.certain:
            kind = _KINDS_BY_LEVEL[mention.codes[0].count(".")]
            yield Entity(kind, "|".join(mention.codes), start, end)
        elif not _is_within_name(scan, mention):
            yield Entity(EntityKind.AREA, _area_value(scan, mention, certain_codes), start, end)


def _values(scan: TextScan, kind: EntityKind) -> AbstractSet[str]:
    return {entity.value for entity in scan.entities if entity.kind is kind}


def _area_value(scan: TextScan, mention: RegionMention, certain_codes: AbstractSet[_Codes]) -> str:
    """Return the codes of a mention, or its words where no certain region of the text holds such a district.

    Then the name is that of a quarter.
    """
    names_city = any("." in codes[0] for codes in certain_codes)
    is_quarter = names_city or (certain_codes and not _overlap(mention.codes, (codes[0] for codes in certain_codes)))
    return _mention_words(scan, mention) if is_quarter else "|".join(mention.codes)


def _is_within_name(scan: TextScan, mention: RegionMention) -> bool:
    """Return whether a word before or after the mention belongs to the same name: Pulo Gebang is not Gebang."""
    previous, following = mention.first - 1, mention.end
    if previous >= 0 and scan.gaps[mention.first] == " " and _is_name_word(scan, previous):
        return True
    return following < len(scan.words) and scan.gaps[following] == " " and _is_name_word(scan, following)


def _is_name_word(scan: TextScan, index: int) -> bool:
    """Return whether a word is written as a name and is no keyword, region or part of an entity."""
    word = scan.words[index]
    # In a text or a heading of capitals, capitals mark no name.
    is_capitalised = scan.is_capitalised(index) and not scan.is_all_capitals(index)
    if not is_capitalised or scan.is_ordinary(index) or is_verb(word):
        return False
    return index not in scan.region_mentions and not scan.claimed[index] and word not in _READERS


def _is_street_name(
    scan: TextScan, mention: RegionMention, streets: AbstractSet[str], all_codes: AbstractSet[_Codes]
) -> bool:
    """Return whether a bare name is that of a street in the text and overlaps no other region of the text."""
    if mention.typed or _mention_words(scan, mention) not in streets:
        return False
    return not _overlap(mention.codes, [code for codes in all_codes if codes != mention.codes for code in codes])


def _overlap(codes: Iterable[str], other_codes: Iterable[str]) -> bool:
    other_codes = tuple(other_codes)
    return any(regions_overlap(code, other_code) for code in codes for other_code in other_codes)


def _mention_words(scan: TextScan, mention: RegionMention) -> str:
    return " ".join(scan.words[mention.first : mention.end])


def _readers_by_word(*tables: Mapping[str, EntityReader]) -> Mapping[str, tuple[EntityReader, ...]]:
    """Return the readers of each word in the order of the tables. The first one that reads an entity is the last."""
    readers: dict[str, tuple[EntityReader, ...]] = {}
    for table in tables:
        for word, reader in table.items():
            readers[word] = (*readers.get(word, ()), reader)
    return readers


_READERS = _readers_by_word(
    places.READERS,
    landmarks.READERS,
    offices.READERS,
    dates.READERS,
    identifiers.READERS,
    persons.READERS,
    measures.READERS,
)
