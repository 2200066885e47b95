"""Reads the units in a CSV file. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from desk.units.tree import MAX_UNITS, Unit, UnitFault, check_unit, read_code

MAX_FILE_BYTES = 1_000_000
COLUMNS = ("code", "name", "parent")
# Spreadsheets with Indonesian settings separate by semicolons.
_DELIMITERS = (",", ";", "\t")
_INDONESIAN_COLUMNS = {"kode": "code", "nama": "name", "induk": "parent"}


class UnitFile(NamedTuple):
    """Units of a file, and the line of each."""

    units: Sequence[Unit]
    lines: Mapping[str, int]


def read_unit_file(content: bytes) -> UnitFile:
    """Return the units of a file in UTF-8, with or without a byte order mark. Raises `UnitFault`.

    The first line names the columns `code`, `name` and `parent`, or `kode`, `nama` and `induk`, in any order.
    """
    if len(content) > MAX_FILE_BYTES:
        raise UnitFault("file-too-large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnitFault("file-encoding") from None
    if "\0" in text:
        raise UnitFault("file-encoding")
    first_line = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(next(reader, []))
        return _units(((reader.line_num, row) for row in reader), columns)
    except csv.Error:
        raise UnitFault("file-unreadable", line=reader.line_num) from None


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    names = [" ".join(cell.split()).casefold() for cell in header]
    named = [name for name in names if name]
    columns = {_INDONESIAN_COLUMNS.get(name, name): position for position, name in enumerate(names) if name}
    if not any(names):
        raise UnitFault("file-empty")
    # Of two columns with one name, nobody can tell which one counts.
    if set(columns) != set(COLUMNS) or len(columns) != len(named):
        raise UnitFault("file-columns", line=1)
    return columns


def _units(rows: Iterable[tuple[int, Sequence[str]]], columns: Mapping[str, int]) -> UnitFile:
    units: list[Unit] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        cells = {name: " ".join(row[at].split()) if at < len(row) else "" for name, at in columns.items()}
        if not any(cells.values()):
            continue
        code = read_code(cells["code"])
        if not code:
            raise UnitFault("code-invalid", cells["code"], line)
        if code in lines:
            raise UnitFault("code-taken", code, line)
        parent = read_code(cells["parent"])
        if cells["parent"] and not parent:
            raise UnitFault("parent-unknown", cells["parent"], line)
        unit = Unit(code, cells["name"], parent)
        check_unit(unit, line)
        lines[code] = line
        units.append(unit)
        if len(units) > MAX_UNITS:
            raise UnitFault("too-many")
    if not units:
        raise UnitFault("file-empty")
    return UnitFile(units, lines)
