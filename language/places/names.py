"""The names of places by their joined form, and the words that stand before a name or are written together with it.

It does not decide which of several places of a name is meant.
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
# Type words that are written together with "di".
RUN_ON = {"dikec": "kec", "dikecamatan": "kec", "dikab": "kab", "dikabupaten": "kab", "dikota": "kota"}
TYPE_WORDS = VILLAGE_WORDS | PREFIXES | frozenset(RUN_ON)
# Words that distinguish the parts of one former district: "kec. Cibeunying" is one of two.
PART_WORDS = frozenset(
    (
        *("barat", "timur", "utara", "selatan", "tengah", "pusat", "kidul", "kaler", "lor", "wetan", "kulon", "hulu"),
        *("hilir", "ilir", "ulu", "kota"),
    )
)
# Words that governments and citizens write together with a city's name: kotabekasi, pemkotsmg, disemarang.
GLUE = frozenset(
    (
        *("pemerintahkota", "pemerintahkabupaten", "pemkot", "pemkab", "pemprov", "pemda", "kabupaten", "kab"),
        *("kotamadya", "kota", "provinsi", "prov", "walikota", "bupati", "gubernur", "dishub", "dishubkota", "dinkes"),
        *("disdukcapil", "dukcapil", "disdik", "dinsos", "satpolpp", "humas", "polrestabes", "polresta", "polres"),
        *("rsud", "bpbd", "lapor", "aduan", "sambat", "wadul", "info", "banjir", "macet", "di", "ke"),
    )
)
# The same behind the name, as keywords of an SMS service and domains of governments have it: bantulkab, jatengprov.
GLUE_AFTER = ("kab", "kota", "prov")
GLUE_BEGINNINGS = frozenset(glue[:2] for glue in GLUE)
MAX_GLUE_LETTERS = max(map(len, GLUE))
# Things that mostly bear the name of their district, also if the name is an ordinary word.
_THINGS_OF_DISTRICTS = frozenset(
    (
        *("pasar", "psr", "terminal", "puskesmas", "pustu", "polsek", "koramil", "kua", "stasiun", "pelabuhan"),
        *("alun", "simpang", "perempatan", "pertigaan", "jembatan", "stadion", "dermaga", "muspika"),
    )
)
# Words after which an ordinary word may be a name.
LEADING_WORDS = _THINGS_OF_DISTRICTS | LOCATIVES

_DOUBLE_LETTER = re.compile(r"(.)\1")

Codes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Codes by the joined name (Suka Maju is `sukamaju`).

    `stems`: of districts, by the name without the word that distinguishes their parts. `city_codes`: of provinces,
    cities and regencies only. `single`: the same by the name with one letter for two. `best`: the one code of an
    operator's row. `namesakes`: by code, the other codes with the same name except Kabupaten and Kota.
    """

    joined: Mapping[str, Codes]
    stems: Mapping[str, Codes]
    city_codes: Mapping[str, Codes]
    single: Mapping[str, Codes]
    best: Mapping[str, str]
    namesakes: Mapping[str, Codes]

    @classmethod
    def from_tables(cls, regions: Regions, aliases: Sequence[PlaceAlias]) -> "PlaceNames":
        """Return the official names of regions and the names of an operator's table."""
        names = _codes_by_name(regions, aliases)
        joined = _join(names)
        wide_codes = {name: tuple(filter(is_city_or_wider, codes)) for name, codes in joined.items()}
        city_codes = {name: codes for name, codes in wide_codes.items() if codes}
        # A city's name with one letter for two (Makasar) mostly means the city, not the district that bears it.
        single = {_DOUBLE_LETTER.sub(r"\1", name): codes for name, codes in city_codes.items()}
        return cls(
            joined=joined,
            stems=_stems(names),
            city_codes=city_codes,
            single={name: codes for name, codes in single.items() if name in joined and name not in city_codes},
            best={alias.name.replace(" ", ""): alias.codes[0] for alias in aliases if len(alias.codes) == 1},
            namesakes=_namesakes(regions),
        )

    def codes(self, joined_name: str) -> Codes:
        """Return the codes of a name or, if no place bears it, of districts with this stem."""
        return self.joined.get(joined_name) or self.stems.get(joined_name, ())

    def districts(self, joined_name: str) -> Codes:
        """Return the codes of the districts of a name."""
        return tuple(filter(is_district, self.joined.get(joined_name, ())))


def city_of(code: str) -> str:
    """Return the city or regency of a code."""
    return ".".join(code.split(".")[:2])


def is_city_or_wider(code: str) -> bool:
    """Return True for the code of a province, a city or a regency."""
    return code.count(".") < 2  # noqa: PLR2004 - a district's code has two dots


def is_district(code: str) -> bool:
    """Return True for the code of a district or of a part of one."""
    return not is_city_or_wider(code)


def _namesakes(regions: Regions) -> dict[str, Codes]:
    codes_by_name: dict[str, list[str]] = {}
    for province in regions.children():
        for city in regions.children(province.code):
            codes_by_name.setdefault(city.name.partition(" ")[2], []).append(city.code)
    return {
        code: tuple(namesake for namesake in codes if namesake != code)
        for codes in codes_by_name.values()
        for code in codes
    }


def _codes_by_name(regions: Regions, aliases: Iterable[PlaceAlias]) -> dict[str, Codes]:
    names = official_names(regions)
    for alias in aliases:
        names[alias.name] = tuple(dict.fromkeys((*names.get(alias.name, ()), *alias.codes)))
    return names


def _join(names: Mapping[str, Codes]) -> dict[str, Codes]:
    joined: dict[str, Codes] = {}
    for name, codes in names.items():
        joined_name = name.replace(" ", "")
        previous_codes = joined.get(joined_name)
        joined[joined_name] = tuple(dict.fromkeys((*previous_codes, *codes))) if previous_codes else codes
    return joined


def _stems(names: Mapping[str, Codes]) -> dict[str, Codes]:
    """Return the codes of districts by their name without its last word, unless another place bears that name."""
    stems: dict[str, Codes] = {}
    for name, codes in names.items():
        *stem, last_word = name.split()
        if stem and last_word in PART_WORDS and " ".join(stem) not in names:
            joined_stem = "".join(stem)
            stems[joined_stem] = (*stems.get(joined_stem, ()), *filter(is_district, codes))
    return stems
