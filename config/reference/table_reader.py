"""Reads the CSV tables that an operator edits: every fault names the file, the row and what is wrong with it."""

import csv
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from config.settings import SettingsError


class TableError(SettingsError):
    """A table can't be read; one line for each fault."""


def split_cell(cell: str) -> tuple[str, ...]:
    """What a cell holds, separated by `|`."""
    return tuple(part.strip() for part in cell.split("|")) if cell else ()


class TableRow(NamedTuple):
    """A row by its column names, and the line that it ends on."""

    line: int
    cells: dict[str, str]

    def phrases(self, column: str) -> tuple[str, ...]:
        """The parts of a cell, which `|` separates, without empty ones."""
        return tuple(filter(None, split_cell(self.cells[column])))


def read_table(path: Path, columns: Collection[str]) -> list[TableRow]:
    """The rows of a file with at least these columns. Raises `TableError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            read = csv.DictReader(file, strict=True)
            if missing := [column for column in sorted(columns) if column not in (read.fieldnames or ())]:
                raise TableError(f"{path.name}: its first row lacks the columns {', '.join(missing)}")
            rows = [TableRow(read.line_num, cells) for cells in read]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path.name}: {error}") from error
    if faults := [row.line for row in rows if None in row.cells or None in row.cells.values()]:
        raise TableError(f"{path.name}: line {faults[0]} has not as many cells as the first row")
    return rows
