"""Where a complaint says that its matter is: what is named, and villages that are called by words like others. Pure."""

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from itertools import chain, pairwise

from language.places.gazetteer import Gazetteer, regions_overlap
from language.places.villages import Villages
from language.tokens import Tokens
from language.words import Word
from normalize.entities import Entity, EntityKind, extract_entities

WIDE = frozenset((EntityKind.CITY, EntityKind.PROVINCE))
REGIONS = WIDE | {EntityKind.DISTRICT}
# A region behind these is another than where the trouble is.
_AWAY = frozenset({"dari", "asal", "ke", "menuju", "tujuan", "jurusan", "arah"})
# A village's name that lies in no more districts is known without its region.
_FEW_DISTRICTS = 2


class RegionExtraction:
    """Reads what texts and addresses name."""

    def __init__(self, gazetteer: Gazetteer, villages: Villages) -> None:
        self._gazetteer = gazetteer
        self._villages = villages

    def find(self, said: str) -> tuple[Entity, ...]:
        """All that is named, without regions where the matter is not."""
        found = extract_entities(said, self._gazetteer) if said else ()
        if not any(one.kind in WIDE for one in found):
            return found
        tokens = Tokens(said)
        return tuple(one for one in found if one.kind not in WIDE or not self._elsewhere(tokens, one))

    def _elsewhere(self, tokens: Tokens, region: Entity) -> bool:
        """Whether somebody only comes from there or goes there, or a village elsewhere bears it (Kupang Nunding)."""
        first, last = bisect_left(tokens.starts, region.start), bisect_left(tokens.ends, region.end)
        if first and tokens.words[first - 1] in _AWAY:
            return True
        if last + 1 >= len(tokens.words) or tokens.gaps[last + 1] != " ":
            return False
        districts = self._villages.districts("".join(tokens.words[first : last + 2]))
        codes = region.value.split("|")
        return bool(districts) and not any(regions_overlap(code, district) for code in codes for district in districts)

    def compounds(self, texts: Iterable[Sequence[Word]], names: Container[str], found: Iterable[Entity]) -> set[str]:
        """Villages whose names are words like others (Batu Merah), written in one; `names` are words that are none.

        They are in one of the regions that were found; where there is none, in few districts of the country.
        """
        told = (one.value for one in found if one.kind in REGIONS and one.value[0].isdecimal())
        regions = [code for value in told for code in value.split("|")]
        known = set()
        for words in texts:
            plain = [word.normal if word.normal.isalpha() and word.normal not in names else "" for word in words]
            for parts in chain(pairwise(plain), zip(plain, plain[1:], plain[2:], strict=False)):
                name = "".join(parts) if all(parts) else ""
                districts = self._villages.districts(name)
                inside = any(regions_overlap(code, district) for code in regions for district in districts)
                if inside or (districts and not regions and len(districts) <= _FEW_DISTRICTS):
                    known.add(name)
        return known
