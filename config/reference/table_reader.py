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
            reader = csv.DictReader(file, strict=True)
            _check_columns(path, tuple(reader.fieldnames or ()), columns, exact=exact_columns)
            rows = [TableRow(reader.line_num, cells) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path.name}: {error}; provide a readable UTF-8 CSV file") from error
    if uneven_rows:
        return [TableRow(row.line, _filled(row.cells)) if _is_uneven(row) else row for row in rows]
    if uneven := next(filter(_is_uneven, rows), None):
        remedy = "add or remove a comma, or quote the cell"
        raise TableError(f"{path.name}: line {uneven.line} has not as many cells as the first row; {remedy}")
    return rows


def raise_faults(path: Path, faults: Iterable[str]) -> None:
    """Raise `TableError` with a line for each fault, each led by the file's name; return if there is no fault."""
    if lines := [f"{path.name}: {fault}" for fault in faults]:
        raise TableError("\n".join(lines))


def _check_columns(path: Path, header: tuple[str, ...], columns: Collection[str], *, exact: bool) -> None:
    if exact and header != tuple(columns):
        raise TableError(f"{path.name}: its first row must be {','.join(columns)}")
    if missing := [column for column in sorted(columns) if column not in header]:
        raise TableError(f"{path.name}: its first row lacks the columns {', '.join(missing)}; add them")


def _is_uneven(row: TableRow) -> bool:
    """`DictReader` files surplus cells under the key `None`, and gives a missing cell the value `None`."""
    return None in row.cells or None in row.cells.values()


def _filled(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells that have a column, a missing one as an empty text."""
    cells.pop(None, None)  # type: ignore[call-overload]  # the typed key is never None
    return {column: cell or "" for column, cell in cells.items()}
