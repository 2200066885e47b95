"""The retention table `retention.csv`: which data the service stores, by which law, how long, and what ends it.

A row is a class of data. Its `items` name every table, topic, file, archive and back-up with such data; a part of one
follows a slash (`table:ingest_attachment/unsent`). The tables among them are written from their declarations
(`config.table_declaration`). No other list says how long data stay.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

RETENTION = "retention.csv"
_COLUMNS = ("class", "items", "data", "data_en", "form", "starts", "days", "action", "basis")
_KINDS = ("table", "topic", "file", "archive", "backup")

# `clear`: words that anybody reads who has the data; contacts in them are sealed. `sealed`: encrypted. `digest`: keyed
# hashes of persons. `staff`: names of staff, no citizen. `none`: ids, codes and times.
Form: TypeAlias = Literal["clear", "sealed", "digest", "staff", "none"]
# `case-end`: the last step of a case that has ended. `row-time`: the time in the row, record or file. `unused`: the
# last report of the device or person.
Start: TypeAlias = Literal["case-end", "row-time", "unused"]
# `empty`, `delete`, `destroy-key`: the purge does it. `writer`: the part that writes the data deletes it. `bus`: the
# bus does. `operator`: whoever runs the service. `contents`: what is in the file has rows of its own. `keep`: nobody.
Action: TypeAlias = Literal["empty", "delete", "destroy-key", "writer", "bus", "operator", "contents", "keep"]

_UNLIMITED_ACTIONS = frozenset({"contents", "keep"})
# Data of citizens in these forms must have an end.
_FORMS_OF_CITIZENS = frozenset({"clear", "sealed", "digest"})


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One class of data. `data` describes it in Indonesian, `data_en` in English. `days` is `None` without a limit."""

    name: str
    items: tuple[str, ...]
    data: str
    data_en: str
    form: Form
    starts: Start
    days: int | None
    action: Action
    basis: str

    @property
    def age(self) -> timedelta:
        """Time for which the data stay. Raises `ValueError` for a class without a limit."""
        if self.days is None:
            raise ValueError(f"{self.name} has no limit")
        return timedelta(days=self.days)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables, without those of which this class has a part only."""
        tables = (item.removeprefix("table:") for item in self.items if item.startswith("table:"))
        return tuple(name for name in tables if "/" not in name)


class RetentionTable:
    """The rows in their order."""

    def __init__(self, rows: Iterable[RetentionRow]) -> None:
        self.rows = tuple(rows)
        self._by_name: Mapping[str, RetentionRow] = {row.name: row for row in self.rows}

    def row(self, name: str) -> RetentionRow:
        """Return the row of a class. Raises `KeyError`."""
        return self._by_name[name]

    def rows_of_citizens(self) -> Sequence[RetentionRow]:
        """Return the classes with data of citizens."""
        return [row for row in self.rows if row.form in _FORMS_OF_CITIZENS]

    def case_tables(self) -> frozenset[str]:
        """Return the tables whose data stay until a time after the end of their case."""
        return frozenset(name for row in self.rows if row.starts == "case-end" for name in row.tables())


def load_retention(path: Path = SHIPPED_FOLDER / RETENTION) -> RetentionTable:
    """Return the table. Raises `TableError`."""
    table = read_table(path, _COLUMNS, exact_columns=True)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row)))
    rows = tuple(map(_retention_row, table))
    raise_faults(path, _table_faults(rows))
    if path.parent != SHIPPED_FOLDER:
        raise_faults(path, _differences(rows, load_retention().rows))
    return RetentionTable(rows)


def _retention_row(row: TableRow) -> RetentionRow:
    cells = {column: cell.strip() for column, cell in row.cells.items()}
    return RetentionRow(
        name=cells["class"],
        items=row.parts("items"),
        data=cells["data"],
        data_en=cells["data_en"],
        form=cast("Form", cells["form"]),
        starts=cast("Start", cells["starts"]),
        days=int(cells["days"]) if cells["days"] else None,
        action=cast("Action", cells["action"]),
        basis=cells["basis"],
    )


def _row_faults(row: TableRow) -> Iterator[str]:
    cells = {column: cell.strip() for column, cell in row.cells.items()}
    choices: dict[str, Collection[str]] = {
        "form": get_args(Form),
        "starts": get_args(Start),
        "action": get_args(Action),
    }
    for column, values in choices.items():
        if cells[column] not in values:
            yield f"{column} is {cells[column]!r}; write one of {', '.join(values)}"
    for column in ("class", "items", "data", "data_en", "basis"):
        if not cells[column]:
            yield f"{column} is empty; fill it"
    for item in row.parts("items"):
        if item.partition(":")[0] not in _KINDS:
            yield f"{item!r} is no item; begin it with one of {', '.join(_KINDS)} and a colon"
    yield from _limit_faults(cells)


def _limit_faults(cells: Mapping[str, str]) -> Iterator[str]:
    days, action = cells["days"], cells["action"]
    if not days:
        if action not in _UNLIMITED_ACTIONS:
            yield f"days is empty; with the action {action} write a whole number from 1 on"
        elif action == "keep" and cells["form"] in _FORMS_OF_CITIZENS:
            yield "data of citizens must not stay for ever; write days and another action"
    elif not days.isdecimal() or int(days) < 1:
        yield f"days is {days!r}; write a whole number from 1 on"


def _table_faults(rows: Collection[RetentionRow]) -> Iterator[str]:
    names = [row.name for row in rows]
    items = [item for row in rows for item in row.items]
    for repeated in sorted({name for name in (*names, *items) if (*names, *items).count(name) > 1}):
        yield f"{repeated} stands twice; keep one"
    if len({row.days for row in rows if row.starts == "case-end"}) > 1:
        yield "the classes that start at case-end have different days; a case ends at once, so write the same number"


def _differences(rows: Collection[RetentionRow], shipped: Collection[RetentionRow]) -> Iterator[str]:
    """Yield what an operator's table lacks or adds: it may change numbers of days and the legal basis."""
    fixed = {row.name: (row.items, row.form, row.starts, row.action) for row in rows}
    for row in shipped:
        if fixed.pop(row.name, None) != (row.items, row.form, row.starts, row.action):
            yield f"the row {row.name} must have the items, form, start and action of the shipped table; copy it"
    for name in fixed:
        yield f"no class of data is called {name}; remove the row"
