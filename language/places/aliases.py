"""The names that regions bear: officially, as an operator's file says people call them, and as people spell them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Region, Regions
from config.reference.table_reader import raise_faults, read_table
from language.tokens import normalize_name

PLACE_ALIASES = "places.csv"
_KIND = re.compile(r"^(?:Kabupaten|Kota)(?: Administrasi)? ")
_EITHER = re.compile(r"[/()]")
_DIRECTIONS = {
    "barat": ("brt",),
    "timur": ("tmr", "tim"),
    "utara": ("utr",),
    "selatan": ("sel", "slt"),
    "tengah": ("tgh",),
}
_LEAST_PART = 3
_LEAST_JOINED = 6


@dataclass(frozen=True, slots=True)
class PlaceAlias:
    """A row of `places.csv`: codes beside those that bear the name officially, and how the name counts `alone`.

    `yes`: always; `capital`: when written as a name, or behind `di` if it is a city's or the row has codes; `no`: only
    after kecamatan, kabupaten, kota or provinsi.
    """

    name: str
    codes: tuple[str, ...]
    alone: str


def load_place_aliases(regions: Regions, path: Path = SHIPPED_FOLDER / PLACE_ALIASES) -> list[PlaceAlias]:
    """The names in a file. Raises `TableError`."""
    rows = read_table(path, ("name", "codes", "alone"))
    places = [PlaceAlias(row.cells["name"], row.parts("codes"), row.cells["alone"]) for row in rows]
    raise_faults(path, _faults(places, regions))
    return places


def official_names(regions: Regions) -> dict[str, tuple[str, ...]]:
    """Codes by the bare name, in lower case: without Kabupaten, Kota, Administrasi."""
    named: dict[str, tuple[str, ...]] = {}
    for region in _all(regions):
        bare = _KIND.sub("", region.name) if region.code.count(".") == 1 else region.name
        # Tiro/Truseb, Misool (Misool Utara): either.
        for name in filter(None, map(normalize_name, _EITHER.split(bare))):
            named[name] = (*named.get(name, ()), region.code)
    return named


def spelling_variants(names: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The same names as people write them, with their codes and how they count alone.

    In one word (kebonjeruk), in two where one is a word of such names (Buah Batu), with the direction cut short.
    """
    parts = {word for name in names if " " in name for word in name.split()}
    for name, codes in names.items():
        words = name.split()
        for short in _DIRECTIONS.get(words[-1], ()) if len(words) > 1 else ():
            yield " ".join((*words[:-1], short)), codes, "yes"
        if len(words) > 1:
            # Short words run together may make another word (“Ma u”).
            if len(name) > _LEAST_JOINED:
                yield "".join(words), codes, "yes" if min(map(len, words)) > _LEAST_PART else "capital"
            continue
        for cut in range(_LEAST_PART, len(name) - _LEAST_PART + 1):
            if name[:cut] in parts or name[cut:] in parts:
                yield f"{name[:cut]} {name[cut:]}", codes, "capital"


def _faults(places: Sequence[PlaceAlias], regions: Regions) -> Iterator[str]:
    names, seen = official_names(regions), set[str]()
    for place in places:
        if not place.name or place.name != normalize_name(place.name):
            yield f"{place.name!r} must be words in lower case with single spaces"
        if place.name in seen:
            yield f"{place.name} stands twice"
        if place.alone not in {"yes", "capital", "no"}:
            yield f"{place.name}: alone must be yes, capital or no"
        if not place.codes and place.name not in names:
            yield f"{place.name} is no region's name and has no codes"
        for code in place.codes:
            if regions.get(code) is None:
                yield f"{place.name}: {code} is no region"
        seen.add(place.name)


def _all(regions: Regions, code: str = "") -> Iterator[Region]:
    for region in regions.children(code):
        yield region
        yield from _all(regions, region.code)
