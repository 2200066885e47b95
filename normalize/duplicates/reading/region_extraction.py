"""Entities that a text or an address names, limited to regions in which the matter lies.

Also finds villages whose names are ordinary words (Batu Merah). Pure.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from itertools import pairwise

from language.places.gazetteer import Gazetteer, regions_overlap
from language.places.villages import Villages
from language.tokens import Tokens
from language.words import Word
from normalize.entities import Entity, EntityKind, extract_entities

CITIES_AND_PROVINCES = frozenset((EntityKind.CITY, EntityKind.PROVINCE))
REGIONS = CITIES_AND_PROVINCES | {EntityKind.DISTRICT}
# A region behind one of these words is where somebody comes from or goes to, not where the trouble is.
_MOTION_WORDS = frozenset({"dari", "asal", "ke", "menuju", "tujuan", "jurusan", "arah"})
# A text without a region may still mean a village if at most this many districts have a village of that name.
_MAX_DISTRICTS_WITHOUT_REGION = 2


class RegionExtraction:
    """Extracts entities from texts and addresses."""

    def __init__(self, gazetteer: Gazetteer, villages: Villages) -> None:
        self._gazetteer = gazetteer
        self._villages = villages

    def extract_relevant_entities(self, text: str) -> tuple[Entity, ...]:
        """Return all entities in the text, without cities and provinces in which the matter does not lie."""
        entities = extract_entities(text, self._gazetteer) if text else ()
        if not any(entity.kind in CITIES_AND_PROVINCES for entity in entities):
            return entities
        tokens = Tokens(text)
        return tuple(
            entity
            for entity in entities
            if entity.kind not in CITIES_AND_PROVINCES or not self._lies_elsewhere(tokens, entity)
        )

    def _lies_elsewhere(self, tokens: Tokens, region: Entity) -> bool:
        """Return True if the region is an origin or destination, or the first part of a village's name.

        `Kupang Nunding` is a village in Kalimantan, far from the city of Kupang.
        """
        first, last = bisect_left(tokens.starts, region.start), bisect_left(tokens.ends, region.end)
        if first and tokens.words[first - 1] in _MOTION_WORDS:
            return True
        if last + 1 >= len(tokens.words) or tokens.gaps[last + 1] != " ":
            return False
        districts = self._villages.districts("".join(tokens.words[first : last + 2]))
        return bool(districts) and not _any_related(region.value.split("|"), districts)

    def find_compound_villages(
        self, texts: Iterable[Sequence[Word]], names: Container[str], entities: Iterable[Entity]
    ) -> set[str]:
        """Return villages whose names are two or three ordinary words, written as one word (`batumerah`).

        `names` are the words that are no ordinary words. A village counts if it lies in one of the regions among
        `entities`. If they hold no region, it counts if few districts of the country have a village of that name.
        """
        region_codes = [
            code
            for entity in entities
            if entity.kind in REGIONS and entity.value[0].isdecimal()
            for code in entity.value.split("|")
        ]
        is_village_name = self._villages.joined_names.__contains__
        compounds = (compound for words in texts for compound in filter(is_village_name, _word_compounds(words, names)))
        return {compound for compound in compounds if self._is_village(compound, region_codes)}

    def _is_village(self, compound: str, region_codes: Sequence[str]) -> bool:
        districts = self._villages.districts(compound)
        if not districts:
            return False
        if region_codes:
            return _any_related(region_codes, districts)
        return len(districts) <= _MAX_DISTRICTS_WITHOUT_REGION


def _word_compounds(words: Sequence[Word], names: Container[str]) -> Sequence[str]:
    """Return each two and three neighbouring ordinary words as one word."""
    ordinary_words = [normal if normal.isalpha() and normal not in names else "" for _, _, normal in words]
    triples = zip(ordinary_words, ordinary_words[1:], ordinary_words[2:], strict=False)
    pair_compounds = [first + second for first, second in pairwise(ordinary_words) if first and second]
    return pair_compounds + [first + second + third for first, second, third in triples if first and second and third]


def _any_related(codes: Iterable[str], districts: Iterable[str]) -> bool:
    return any(regions_overlap(code, district) for code in codes for district in districts)
