"""Reads the CSV tables that an operator edits, and reports each fault with its file, line and remedy."""

import csv
from collections.abc import Collection, Iterable
from pathlib import Path
from sys import intern
from typing import NamedTuple

from config.settings import SettingsError


class TableError(SettingsError):
    """A table cannot be used. The text has one line for each fault: the file, the row and how to correct it."""


class TableRow(NamedTuple):
    """Cells by column name, and the line of the file on which the row ends."""

    line: int
    cells: dict[str, str]

    def parts(self, column: str) -> tuple[str, ...]:
        """Return the non-empty parts of a cell, which `|` separates."""
        return tuple(filter(None, split_cell(self.cells[column])))


def phrase_words(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase. Equal words of all phrases and tables are one object, to save memory."""
    return tuple(map(intern, phrase.split()))


def split_cell(cell: str) -> tuple[str, ...]:
    """Return the parts of a cell, which `|` separates, without spaces around them; of an empty cell none."""
    return tuple(part.strip() for part in cell.split("|")) if cell else ()


def read_table(
    path: Path, columns: Collection[str], *, exact_columns: bool = False, uneven_rows: bool = False
) -> list[TableRow]:
    """Return the rows of a table that has at least these columns.

    `exact_columns`: the first row must be these columns in this order. `uneven_rows`: missing cells are empty and
    surplus cells are ignored; otherwise such a row is a fault. Raises `TableError`.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = tuple(next(reader, ()))
            _check_columns(path, header, columns, exact=exact_columns)
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path.name}: {error}; provide a readable UTF-8 CSV file") from error
    if uneven := next((line for line, cells in rows if len(cells) != len(header)), None):
        if not uneven_rows:
            remedy = "add or remove a comma, or quote the cell"
            raise TableError(f"{path.name}: line {uneven} has not as many cells as the first row; {remedy}")
        missing_cells = [""] * len(header)
        rows = [(line, [*cells, *missing_cells]) for line, cells in rows]
    return [TableRow(line, dict(zip(header, cells, strict=False))) for line, cells in rows]


def raise_faults(path: Path, faults: Iterable[str]) -> None:
    """Raise `TableError` with a line for each fault, each led by the file's name; return if there is no fault."""
    if lines := [f"{path.name}: {fault}" for fault in faults]:
        raise TableError("\n".join(lines))


def _check_columns(path: Path, header: tuple[str, ...], columns: Collection[str], *, exact: bool) -> None:
    if exact and header != tuple(columns):
        raise TableError(f"{path.name}: its first row must be {','.join(columns)}")
    if missing := [column for column in sorted(columns) if column not in header]:
        raise TableError(f"{path.name}: its first row lacks the columns {', '.join(missing)}; add them")
