"""The names of regions: the official ones, those of an operator's table (`places.csv`), and their spelling variants."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Region, Regions
from config.reference.table_reader import TableRow, raise_faults, read_table
from language.tokens import normalize_name

PLACE_ALIASES = "places.csv"
_TYPE_WORDS = re.compile(r"^(?:Kabupaten|Kota)(?: Administrasi)? ")
_ALTERNATIVES = re.compile(r"[/()]")
_SHORT_DIRECTIONS = {
    "barat": ("brt",),
    "timur": ("tmr", "tim"),
    "utara": ("utr",),
    "selatan": ("sel", "slt"),
    "tengah": ("tgh",),
}
# Minimum letters of each half of a name that is written in two words.
_MIN_HALF_LETTERS = 3
# Minimum characters, with the space, of a name that is written in one word: short words run together may be another
# word ("Ma u").
_MIN_JOINED_CHARACTERS = 7
_ALONE_VALUES = frozenset({"yes", "capital", "no"})


@dataclass(frozen=True, slots=True)
class PlaceAlias:
    """A row of `places.csv`: codes besides those of the official name, and whether the name counts `alone`.

    `yes`: always. `capital`: if it is written as a name, or after `di` if it is a city's or the row has codes. `no`:
    only after kecamatan, kabupaten, kota or provinsi.
    """

    name: str
    codes: tuple[str, ...]
    alone: str


@dataclass(frozen=True, slots=True)
class NameVariant:
    """A spelling of a region's name, the codes of the name, and whether the spelling counts alone (`PlaceAlias`)."""

    name: str
    codes: tuple[str, ...]
    alone: str


def load_place_aliases(regions: Regions, path: Path = SHIPPED_FOLDER / PLACE_ALIASES) -> list[PlaceAlias]:
    """Return the names in a table. Raises `TableError`."""
    rows = read_table(path, ("name", "codes", "alone"))
    raise_faults(path, _faults(rows, regions))
    return [_place_alias(row) for row in rows]


def official_names(regions: Regions) -> dict[str, tuple[str, ...]]:
    """Return the codes by the official name in lower case, without Kabupaten, Kota and Administrasi."""
    codes: dict[str, tuple[str, ...]] = {}
    for region in _all_regions(regions):
        full_name = _TYPE_WORDS.sub("", region.name) if region.code.count(".") == 1 else region.name
        # Of Tiro/Truseb and Misool (Misool Utara) each part is a name.
        for name in filter(None, map(normalize_name, _ALTERNATIVES.split(full_name))):
            codes[name] = (*codes.get(name, ()), region.code)
    return codes


def spelling_variants(names: Mapping[str, tuple[str, ...]]) -> Iterator[NameVariant]:
    """Yield the names as people spell them; `names` are the codes by name.

    Names are written in one word (kebonjeruk), in two words where one is a word of such names (Buah Batu), or with a
    shortened direction.
    """
    name_words = {word for name in names if " " in name for word in name.split()}
    for name, codes in names.items():
        if " " in name:
            yield from _with_short_direction(name, codes)
            yield from _in_one_word(name, codes)
        else:
            yield from _in_two_words(name, codes, name_words)


def _with_short_direction(name: str, codes: tuple[str, ...]) -> Iterator[NameVariant]:
    *words, last_word = name.split()
    for direction in _SHORT_DIRECTIONS.get(last_word, ()):
        yield NameVariant(" ".join((*words, direction)), codes, "yes")


def _in_one_word(name: str, codes: tuple[str, ...]) -> Iterator[NameVariant]:
    words = name.split()
    if len(name) >= _MIN_JOINED_CHARACTERS:
        has_short_word = min(map(len, words)) <= _MIN_HALF_LETTERS
        yield NameVariant("".join(words), codes, "capital" if has_short_word else "yes")


def _in_two_words(name: str, codes: tuple[str, ...], name_words: set[str]) -> Iterator[NameVariant]:
    for cut in range(_MIN_HALF_LETTERS, len(name) - _MIN_HALF_LETTERS + 1):
        if name[:cut] in name_words or name[cut:] in name_words:
            yield NameVariant(f"{name[:cut]} {name[cut:]}", codes, "capital")


def _place_alias(row: TableRow) -> PlaceAlias:
    return PlaceAlias(row.cells["name"], row.parts("codes"), row.cells["alone"])


def _faults(rows: Sequence[TableRow], regions: Regions) -> Iterator[str]:
    names, previous_names = official_names(regions), set[str]()
    for row in rows:
        alias = _place_alias(row)
        for fault in _row_faults(alias, names, regions):
            yield f"line {row.line}: {fault}"
        if alias.name in previous_names:
            yield f"line {row.line}: {alias.name} stands twice; keep one row"
        previous_names.add(alias.name)


def _row_faults(alias: PlaceAlias, names: Mapping[str, tuple[str, ...]], regions: Regions) -> Iterator[str]:
    if not alias.name or alias.name != normalize_name(alias.name):
        yield f"{alias.name!r} must be words in lower case with single spaces"
    if alias.alone not in _ALONE_VALUES:
        yield f"{alias.name}: alone must be yes, capital or no"
    if not alias.codes and alias.name not in names:
        yield f"{alias.name} is no region's name and has no codes; add the codes"
    yield from (f"{alias.name}: {code} is no region" for code in alias.codes if regions.get(code) is None)


def _all_regions(regions: Regions, code: str = "") -> Iterator[Region]:
    for region in regions.children(code):
        yield region
        yield from _all_regions(regions, region.code)
