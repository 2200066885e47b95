"""Deadlines of a case: the table of clocks applied with the calendar of working days. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from cases.clocks.clock_table import CLOCKS, ClockName, ClockRow, ClockTable, load_clock_rows
from cases.clocks.holidays import HOLIDAYS, load_holidays
from cases.clocks.working_calendar import WorkingCalendar
from config.reference.folder import SHIPPED, ReferenceFolder, version_of
from config.time_zones import TimeZone, agency_time_zone
from pages.translation.message import Message

# Returns whether an objection at the second time is within the period after an answer of the first.
MayObject: TypeAlias = Callable[[datetime, datetime], bool]


class Pause(NamedTuple):
    """A period in which a clock stands still."""

    start: datetime
    end: datetime


class Deadlines:
    """Deadlines by the rows of `clocks` on the days of `calendar`. `agency` is a code: it has the zone."""

    def __init__(self, calendar: WorkingCalendar, clocks: ClockTable) -> None:
        self.calendar = calendar
        self.clocks = clocks

    @property
    def version(self) -> str:
        """Version of both tables."""
        return f"{self.clocks.version}.{self.calendar.version}"

    def deadline(
        self, row: ClockRow, start: datetime, zone: TimeZone, pauses: Iterable[Pause] = (), days: int | None = None
    ) -> datetime:
        """Return the end of the period of a row after `start`, with the time added in which the clock stood.

        `days` replaces the number of days of the row.
        """
        days = row.days if days is None else days
        if row.unit == "calendar":
            return _after_calendar_pauses(start + timedelta(days=days), pauses)
        return self.after_pauses(self.calendar.add_working_days(start, days, zone), pauses, zone)

    def after_pauses(self, due_at: datetime, pauses: Iterable[Pause], zone: TimeZone) -> datetime:
        """Return a deadline of working days with the working time added in which the clock stood.

        A pause that begins after the deadline adds nothing. Pauses that overlap count once.
        """
        for pause in _disjoint(pauses):
            if pause.start < due_at:
                stood = self.calendar.working_time_between(pause.start, pause.end, zone)
                due_at = self.calendar.add_working_time(due_at, stood, zone)
        return due_at

    def answer_deadline(self, at: datetime, agency: str, kind: str = "", topic: str = "") -> datetime:
        """Return the time until which an agency must answer a case that it gets at `at`."""
        row = self._row("first_answer", at, kind, topic)
        return self.deadline(row, at, agency_time_zone(agency))

    def longest_extension(self, at: datetime, kind: str, topic: str) -> int:
        """Return by how many working days an agency may extend the answer to a case that it got at `at`; 0 for none."""
        return self._row("first_answer", at, kind, topic).extension_days

    def usual_period(self, clock: ClockName, at: datetime) -> Message | None:
        """Return the length of a clock that begins at `at`, as a person reads it: by the row of all kinds and topics.

        `None` if there is no such row.
        """
        row = self.clocks.row(clock, at)
        return row.period if row else None

    def objection_days(self, at: datetime) -> int:
        """Return the number of days in which a sender may object to an answer of this time, in the unit of the row."""
        return self._row("objection", at).days

    def objection_period(self, at: datetime) -> Message:
        """Return the time in which a sender may object to an answer of this time, as a person reads it."""
        return self._row("objection", at).period

    def objection_deadline(self, answered_at: datetime) -> datetime:
        """Return the last moment at which a sender may object to an answer.

        The days are those of Jakarta for all senders. Normalizer, router, ledger and desk must decide alike, and not
        each of them knows the agency.
        """
        return self.deadline(self._row("objection", answered_at), answered_at, TimeZone.WIB)

    def may_object(self, answered_at: datetime, at: datetime) -> bool:
        """Return whether an objection of a sender at a time is within the period after the answer."""
        return at <= self.objection_deadline(answered_at)

    def recommendation_row(self, at: datetime) -> ClockRow:
        """Return the row of a recommendation whose clock begins at a time. See `recommendation_clock`."""
        return self._row("recommendation", at)

    def is_provisional(self, due_at: datetime, agency: str = "") -> bool:
        """Return whether the decree on joint leave may still move a deadline of an agency."""
        return self.calendar.is_provisional(due_at, agency_time_zone(agency))

    def _row(self, clock: ClockName, at: datetime, kind: str = "", topic: str = "") -> ClockRow:
        """Return the row of a clock that every case has. A case from before the first row gets the row in force last.

        `load_clock_rows` makes sure that there is one.
        """
        row = self.clocks.row(clock, at, kind, topic)
        return row or next(row for row in self.clocks.rows if row.clock == clock and row.is_for_every_case)


def load_deadlines(folder: ReferenceFolder = SHIPPED) -> Deadlines:
    """Return the deadlines of an operator's tables; a missing table is the shipped one. Raises `TableError`."""
    digests = folder.digests((HOLIDAYS, CLOCKS))
    holidays, clocks = load_holidays(folder.table(HOLIDAYS)), load_clock_rows(folder.table(CLOCKS))
    return Deadlines(
        WorkingCalendar(holidays, version_of([digests[HOLIDAYS]])),
        ClockTable(clocks, version_of([digests[CLOCKS]])),
    )


def _after_calendar_pauses(due_at: datetime, pauses: Iterable[Pause]) -> datetime:
    for pause in _disjoint(pauses):
        if pause.start < due_at:
            due_at += max(pause.end - pause.start, timedelta())
    return due_at


def _disjoint(pauses: Iterable[Pause]) -> Iterable[Pause]:
    """Yield the pauses in order, each without what an earlier one covers."""
    covered_until = None
    for pause in sorted(pauses):
        start = pause.start if covered_until is None else max(pause.start, covered_until)
        if start < pause.end:
            yield Pause(start, pause.end)
            covered_until = pause.end
