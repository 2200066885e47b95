"""What places are called: the tables of their names, and the words that stand before a name or in one with it.

Which of the places that bear a name is meant is decided elsewhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from config.reference.regions import Regions
from language.places.aliases import PlaceAlias, official_names
from language.places.gazetteer import LOCATIVES, PREFIXES

DESA = frozenset(
    ("desa", "ds", "dsa", "kades", "nagari", "gampong", "gampoeng", "pekon", "pemdes", "didesa", "kalurahan")
)
VILLAGE_WORDS = DESA | {"kelurahan", "kel", "kelurhan", "lurah", "dikelurahan", "dikel"}
# Written in one with the word before it: none of a region's own prefixes.
RUN_ON = {"dikec": "kec", "dikecamatan": "kec", "dikab": "kab", "dikabupaten": "kab", "dikota": "kota"}
BEFORE_NAME = VILLAGE_WORDS | PREFIXES | frozenset(RUN_ON)
# What tells the parts of one old district apart: "kec. Cibeunying" is one of two.
PARTS = frozenset(
    (
        *("barat", "timur", "utara", "selatan", "tengah", "pusat", "kidul", "kaler", "lor", "wetan", "kulon", "hulu"),
        *("hilir", "ilir", "ulu", "kota"),
    )
)
# What governments and citizens write together with a city's name: kotabekasi, pemkotsmg, disemarang.
GLUE = frozenset(
    (
        *("pemerintahkota", "pemerintahkabupaten", "pemkot", "pemkab", "pemprov", "pemda", "kabupaten", "kab"),
        *("kotamadya", "kota", "provinsi", "prov", "walikota", "bupati", "gubernur", "dishub", "dishubkota", "dinkes"),
        *("disdukcapil", "dukcapil", "disdik", "dinsos", "satpolpp", "humas", "polrestabes", "polresta", "polres"),
        *("rsud", "bpbd", "lapor", "info", "banjir", "macet", "di", "ke"),
    )
)
GLUE_BEGINS = frozenset(glue[:2] for glue in GLUE)
LONGEST_GLUE = max(map(len, GLUE))
# What mostly bears its district's name, be that a word like others.
_BEARERS = frozenset(
    (
        *("pasar", "psr", "terminal", "puskesmas", "pustu", "polsek", "koramil", "kua", "stasiun", "pelabuhan"),
        *("alun", "simpang", "perempatan", "pertigaan", "jembatan", "stadion", "dermaga", "muspika"),
    )
)
LEADS = _BEARERS | LOCATIVES

_DOUBLE = re.compile(r"(.)\1")

Codes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Codes by name, the words of each name written in one.

    `stems` are the names of districts without the word that tells their parts apart; `wide` what provinces, cities and
    regencies bear, `single` the same with one letter for two; `best` the one place of an operator's name. `twins` are
    by code: the others whose name is the same but for Kabupaten and Kota.
    """

    joined: Mapping[str, Codes]
    stems: Mapping[str, Codes]
    wide: Mapping[str, Codes]
    single: Mapping[str, Codes]
    best: Mapping[str, str]
    twins: Mapping[str, Codes]

    @classmethod
    def of(cls, regions: Regions, places: Sequence[PlaceAlias]) -> "PlaceNames":
        """The names of regions officially, and of places as people say."""
        names = _named(regions, places)
        joined = _joined(names)
        widely = {name: tuple(filter(is_city_or_wider, codes)) for name, codes in joined.items()}
        widely = {name: codes for name, codes in widely.items() if codes}
        # A city's name with one letter for two (Makasar) is more often the city than the district that bears it.
        single = {_DOUBLE.sub(r"\1", name): codes for name, codes in widely.items()}
        return cls(
            joined=joined,
            stems=_stems(names),
            wide=widely,
            single={name: codes for name, codes in single.items() if name in joined and name not in widely},
            best={place.name.replace(" ", ""): place.codes[0] for place in places if len(place.codes) == 1},
            twins=_twins(regions),
        )

    def bearing(self, joined: str) -> Codes:
        """Those that bear a name or, where none does, its stem."""
        return self.joined.get(joined) or self.stems.get(joined, ())


def city_of(code: str) -> str:
    """The city or regency of a code."""
    return ".".join(code.split(".")[:2])


def is_city_or_wider(code: str) -> bool:
    """Whether it is a province's, a city's or a regency's."""
    return code.count(".") < 2  # noqa: PLR2004 - a district's has two


def is_district(code: str) -> bool:
    """Whether it is a district's or within one."""
    return not is_city_or_wider(code)


def _twins(regions: Regions) -> dict[str, Codes]:
    """For each city or regency the others whose name is the same but for Kabupaten and Kota."""
    alike: dict[str, list[str]] = {}
    for province in regions.children():
        for city in regions.children(province.code):
            alike.setdefault(city.name.partition(" ")[2], []).append(city.code)
    return {code: tuple(one for one in codes if one != code) for codes in alike.values() for code in codes}


def _named(regions: Regions, places: Iterable[PlaceAlias]) -> dict[str, Codes]:
    names = official_names(regions)
    for place in places:
        names[place.name] = tuple(dict.fromkeys((*names.get(place.name, ()), *place.codes)))
    return names


def _joined(names: Mapping[str, Codes]) -> dict[str, Codes]:
    joined: dict[str, Codes] = {}
    for name, codes in names.items():
        key = name.replace(" ", "")
        joined[key] = tuple(dict.fromkeys((*joined.get(key, ()), *codes)))
    return joined


def _stems(names: Mapping[str, Codes]) -> dict[str, Codes]:
    """The codes of the districts that share a name but for its last word, where no other bears it alone."""
    stems: dict[str, Codes] = {}
    for name, codes in names.items():
        *stem, part = name.split()
        if stem and part in PARTS and " ".join(stem) not in names:
            joined = "".join(stem)
            stems[joined] = (*stems.get(joined, ()), *(code for code in codes if not is_city_or_wider(code)))
    return stems
