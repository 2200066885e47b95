"""The clocks of a case as rows of `clocks.csv`: how long, what begins, ends and stops them, and by which rule.

A clock keeps the row that was valid when it began, so a change of the rules never moves a deadline that runs.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from cases.clocks.holidays import day_of
from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table
from config.time_zones import TimeZone
from pages.translation.message import Message, counted

CLOCKS = "clocks.csv"
_KEPT_ROWS = 4_096
_COLUMNS = (
    *("clock", "kinds", "topics", "days", "unit", "starts", "ends", "pauses", "transfer", "reopening", "duty"),
    *("extension_days", "source", "valid_from", "valid_until"),
)

# `verify`: until a report is forwarded. `first_answer`: until the agency that has the case answers. `objection`: the
# time in which the sender may object to an answer. `resolve`: until the case is closed. `recommendation`: until the
# institution answers a recommendation of an overseer; it is no clock of the case (`recommendation_clock.py`).
ClockName: TypeAlias = Literal["verify", "first_answer", "objection", "resolve", "recommendation"]
CASE_CLOCKS: frozenset[ClockName] = frozenset({"verify", "first_answer", "objection", "resolve"})
# Clocks that an agency may extend, and the most working days by which a row may allow it.
EXTENDABLE_CLOCKS: frozenset[ClockName] = frozenset({"first_answer"})
MAX_EXTENSION_DAYS = 366
Unit: TypeAlias = Literal["working", "calendar"]
# `received`: a report arrives. `dispatched`: an agency gets the case. `forwarded`: the first of these. `reopened`: the
# sender objected in time, and the case begins again. `recommended` and `answered`: a recommendation and its answer. The
# others are verdicts of the agency.
Signal: TypeAlias = Literal[
    "received", "dispatched", "forwarded", "asked", "responded", "closed", "reopened", "recommended", "answered"
]
# What becomes of a clock at a transfer or a reopening: nothing, or it begins anew.
Effect: TypeAlias = Literal["continue", "anew"]
# Who must act before the deadline.
Duty: TypeAlias = Literal["triage", "agency", "sender"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One rule. Empty `kinds` or `topics`: all of them. It applies to clocks that begin on its days, in Jakarta.

    `extension_days` is the most working days by which an agency may extend the period once; 0 if it may not.
    """

    clock: ClockName
    kinds: frozenset[str]
    topics: frozenset[str]
    days: int
    unit: Unit
    starts: frozenset[Signal]
    ends: frozenset[Signal]
    pauses: frozenset[Signal]
    transfer: Effect
    reopening: Effect
    duty: Duty
    extension_days: int
    source: str
    valid_from: date
    valid_until: date | None

    @property
    def is_for_every_case(self) -> bool:
        """True if it is for all kinds and topics from its first day on."""
        return not self.kinds and not self.topics and self.valid_until is None

    @property
    def period(self) -> Message:
        """The length of the clock as a person reads it: `5 hari kerja`, or `14 hari` of the calendar."""
        if self.unit == "working":
            return counted("{count} hari kerja", self.days)
        return counted("{count} hari", self.days)

    def applies(self, kind: str, topic: str, day: date) -> bool:
        """Return whether the rule is that of a case of this kind and topic for a clock that begins on `day`."""
        fits = (not self.kinds or kind in self.kinds) and (not self.topics or topic in self.topics)
        return fits and self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class ClockTable:
    """The rows in their order. Of several rows that apply, the first one counts. `version` names the table."""

    def __init__(self, rows: Iterable[ClockRow], version: str = "") -> None:
        self.rows = tuple(rows)
        self.version = version
        self.names: tuple[ClockName, ...] = tuple(dict.fromkeys(row.clock for row in self.rows))
        self._by_clock = {name: [row for row in self.rows if row.clock == name] for name in self.names}
        # What a run of each clock may begin with, by any of its rows.
        self.starts = {
            name: frozenset[Signal]().union(*(row.starts for row in rows)) for name, rows in self._by_clock.items()
        }
        # Most cases of a batch began within a few days.
        self._row_of_day = lru_cache(_KEPT_ROWS)(self._find_row)

    def row(self, clock: ClockName, at: datetime, kind: str = "", topic: str = "") -> ClockRow | None:
        """Return the row of a clock that begins at a moment; `None` if no rule applies to such a case."""
        return self._row_of_day(clock, at.astimezone(TimeZone.WIB.value).date(), kind, topic)

    def _find_row(self, clock: ClockName, day: date, kind: str, topic: str) -> ClockRow | None:
        return next((row for row in self._by_clock.get(clock, ()) if row.applies(kind, topic, day)), None)


def load_clock_rows(path: Path = SHIPPED_FOLDER / CLOCKS) -> tuple[ClockRow, ...]:
    """Return the rows of a table. Raises `TableError`."""
    table = read_table(path, _COLUMNS, exact_columns=True)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row)))
    rows = tuple(map(_clock_row, table))
    raise_faults(path, _missing_rows(rows))
    return rows


def _clock_row(row: TableRow) -> ClockRow:
    cells = {column: cell.strip() for column, cell in row.cells.items()}

    def signals(column: str) -> frozenset[Signal]:
        return frozenset(cast("Sequence[Signal]", row.parts(column)))

    return ClockRow(
        clock=cast("ClockName", cells["clock"]),
        kinds=frozenset(row.parts("kinds")),
        topics=frozenset(row.parts("topics")),
        days=int(cells["days"]),
        unit=cast("Unit", cells["unit"]),
        starts=signals("starts"),
        ends=signals("ends"),
        pauses=signals("pauses"),
        transfer=cast("Effect", cells["transfer"]),
        reopening=cast("Effect", cells["reopening"]),
        duty=cast("Duty", cells["duty"]),
        extension_days=int(cells["extension_days"]),
        source=cells["source"],
        valid_from=date.fromisoformat(cells["valid_from"]),
        valid_until=date.fromisoformat(cells["valid_until"]) if cells["valid_until"] else None,
    )


def _row_faults(row: TableRow) -> Iterator[str]:
    choices: dict[str, Collection[str]] = {
        "clock": get_args(ClockName),
        "unit": get_args(Unit),
        "transfer": get_args(Effect),
        "reopening": get_args(Effect),
        "duty": get_args(Duty),
    }
    for column, values in choices.items():
        if row.cells[column].strip() not in values:
            yield f"{column} is {row.cells[column]!r}; write one of {', '.join(values)}"
    for column in ("starts", "ends", "pauses"):
        for signal in row.parts(column):
            if signal not in get_args(Signal):
                yield f"{column} names {signal!r}; write some of {', '.join(get_args(Signal))}"
    for column in ("starts", "ends", "source"):
        if not row.cells[column].strip():
            yield f"{column} is empty; fill it"
    yield from _number_faults(row)


def _number_faults(row: TableRow) -> Iterator[str]:
    days, valid_until = row.cells["days"].strip(), row.cells["valid_until"].strip()
    if not days.isdecimal() or int(days) < 1:
        yield f"days is {days!r}; write a whole number from 1 on"
    yield from _extension_faults(row)
    if day_of(row.cells["valid_from"].strip()) is None:
        yield "write valid_from like 2026-08-17"
    if valid_until and day_of(valid_until) is None:
        yield "write valid_until like 2026-08-17, or leave it empty"


def _extension_faults(row: TableRow) -> Iterator[str]:
    extension_days, clock = row.cells["extension_days"].strip(), row.cells["clock"].strip()
    if not extension_days.isdecimal() or int(extension_days) > MAX_EXTENSION_DAYS:
        yield f"extension_days is {extension_days!r}; write a whole number up to {MAX_EXTENSION_DAYS}, 0 for none"
    elif int(extension_days) and clock not in EXTENDABLE_CLOCKS:
        yield f"extension_days is {extension_days!r}; {clock} cannot be extended, write 0"
    elif int(extension_days) and row.cells["unit"].strip() != "working":
        yield "extension_days are working days; write working as unit, or 0 as extension_days"


def _missing_rows(rows: Collection[ClockRow]) -> Iterator[str]:
    """Yield the clocks without which the service cannot work: each needs a row for every case from now on."""
    for clock in ("first_answer", "objection", "recommendation"):
        if not any(row.is_for_every_case for row in rows if row.clock == clock):
            yield f"{clock} has no row for all kinds and topics with an empty valid_until; add one"
