"""Reads the tables an operator keeps: every cell there, or an error that names the file and the row."""

import csv
from pathlib import Path


class RegistryError(ValueError):
    """The files can't be routed by; one line for each fault, naming the file, the row and the mend."""


def rows(path: Path, columns: frozenset[str]) -> list[dict[str, str]]:
    """The rows of a table with at least these columns. Raises `RegistryError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if missing := sorted(columns - set(reader.fieldnames or ())):
                raise RegistryError(f"{path}: a column is missing: {', '.join(missing)}")
            read = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegistryError(f"{path}: {error}") from error
    for line, row in enumerate(read, start=2):
        if None in row or None in row.values():
            raise RegistryError(f"{path}: row {line} has not as many cells as the header")
    return read


def several(cell: str) -> tuple[str, ...]:
    """What a cell holds, separated by `|`."""
    return tuple(cell.split("|")) if cell else ()
