"""Days on which no office works besides weekends, from `holidays.csv`: national holidays and joint leave."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

HOLIDAYS = "holidays.csv"
COLUMNS = ("day", "name", "kind", "source")

# `joint_leave` is *cuti bersama*, which the government decrees for each year.
HolidayKind: TypeAlias = Literal["national", "joint_leave"]


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day without work. `source` names where the row comes from."""

    day: date
    name: str
    kind: HolidayKind
    source: str


def load_holidays(path: Path = SHIPPED_FOLDER / HOLIDAYS) -> tuple[Holiday, ...]:
    """Return the rows of a table, ordered by day. Raises `TableError`."""
    rows = read_table(path, COLUMNS, exact_columns=True)
    raise_faults(path, _faults(rows))
    return tuple(sorted(map(_holiday, rows), key=lambda holiday: (holiday.day, holiday.kind)))


def day_of(cell: str) -> date | None:
    """Return the day of a cell like `2026-08-17`; `None` if it is no day."""
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None


def _holiday(row: TableRow) -> Holiday:
    day, name, kind, source = (row.cells[column].strip() for column in COLUMNS)
    return Holiday(date.fromisoformat(day), name, cast("HolidayKind", kind), source)


def _faults(rows: Collection[TableRow]) -> Iterator[str]:
    known_days = set()
    for row in rows:
        day, kind = row.cells["day"].strip(), row.cells["kind"].strip()
        if day_of(day) is None:
            yield f"line {row.line}: write the day like 2026-08-17, not {day!r}"
        if kind not in get_args(HolidayKind):
            yield f"line {row.line}: {kind!r} is not one of {', '.join(get_args(HolidayKind))}"
        if not row.cells["name"].strip():
            yield f"line {row.line}: {day} has no name; add it"
        if (day, kind) in known_days:
            yield f"line {row.line}: {day} has two rows of {kind}; keep one"
        known_days.add((day, kind))
