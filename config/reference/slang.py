"""Informal spellings and abbreviations with their formal words, from `slang.csv`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

SLANG = "slang.csv"
_COLUMNS = ("informal", "formal")
# Small letters, and one digit at the end ("berkali2"): a text is looked up without other signs.
_INFORMAL = re.compile(r"[a-z]+[0-9]?")
_FORMAL = re.compile(r"[a-z]+(?:[ -][a-z]+)*")
# A complaint with one of these words means the opposite of the same complaint without it.
_NEGATIONS = frozenset({"tidak", "bukan", "belum", "jangan", "tanpa"})


def load_slang(path: Path = SHIPPED_FOLDER / SLANG) -> Mapping[str, str]:
    """Return the formal words, separated by spaces, by their informal spelling. Raises `TableError`."""
    rows = read_table(path, _COLUMNS, exact_columns=True, uneven_rows=True)
    raise_faults(path, _faults(rows))
    return {row.cells["informal"]: row.cells["formal"] for row in rows}


def _faults(rows: Sequence[TableRow]) -> Iterator[str]:
    informal_words = {row.cells["informal"] for row in rows}
    previous_words: set[str] = set()
    for line, cells in rows:
        informal, formal = cells["informal"], cells["formal"]
        if not _INFORMAL.fullmatch(informal) or not _FORMAL.fullmatch(formal):
            yield f"line {line}: {informal!r} and {formal!r} are not words in small letters; write both so"
        if informal in _NEGATIONS:
            yield f"line {line}: {informal!r} is a negation; remove the row, for it would reverse complaints"
        if informal in previous_words:
            yield f"line {line}: {informal!r} has two rows; keep one"
        if chained := informal_words.intersection(re.split("[ -]", formal)):
            yield f"line {line}: {min(chained)!r} is itself an informal word; write its formal words instead"
        previous_words.add(informal)
