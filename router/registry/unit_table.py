"""Reads `units.csv` and names the faults that make it unusable."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from config.reference.table_reader import read_table, split_cell
from language.words import WordReader
from router.registry.levels import GOVERNMENT_LEVELS
from router.registry.units import NUMBER_MARK, Unit

UNITS = "units.csv"
_COLUMNS = frozenset(("pattern", "institution", "topic"))
# Ends the spelling of an open unit.
_OPEN_MARK = " *"


def load_units(path: Path) -> list[Unit]:
    """Return the rows in their order, one unit for each spelling. Raises `TableError`."""
    return [
        Unit(
            spellings[0].removesuffix(_OPEN_MARK),
            spelling.removesuffix(_OPEN_MARK),
            codes,
            row.cells["topic"],
            spelling.endswith(_OPEN_MARK),
            # An operator's table may lack the column.
            split_cell(row.cells.get("handles", "")),
        )
        for row in read_table(path, _COLUMNS)
        for spellings, codes in [(row.parts("pattern") or ("",), row.parts("institution"))]
        for spelling in spellings
    ]


def unit_faults(units: Sequence[Unit], words: WordReader, codes: Collection[str]) -> Iterator[str]:
    """Yield a line for each fault that makes the rows unusable; `codes` are those of all institutions."""
    unit_by_pattern: dict[str, Unit] = {}
    for unit in units:
        yield from _pattern_faults(unit.pattern, words)
        if not unit.institutions:
            yield f"{unit.pattern}: an institution is needed"
        for code in unit.institutions:
            if code not in codes and code not in GOVERNMENT_LEVELS:
                yield f"{unit.pattern}: {code!r} is not an agency in agencies.csv"
        if duplicate := unit_by_pattern.get(unit.pattern):
            yield f"{unit.pattern!r} stands twice, in the rows of {duplicate.name!r} and {unit.name!r}"
        unit_by_pattern[unit.pattern] = unit


def _pattern_faults(pattern: str, words: WordReader) -> Iterator[str]:
    if not pattern:
        yield "write '' as 'words'"
    elif pattern != (normal_form := _normal_form(pattern, words)):
        yield f"write {pattern!r} as {normal_form!r}"


def _normal_form(pattern: str, words: WordReader) -> str:
    """Return the pattern in the normal form of words; `#` stands for any number."""
    forms = (word.normal for word in words.read_words(pattern.replace(NUMBER_MARK, "0")))
    return " ".join(NUMBER_MARK if form == "0" else form for form in forms)
