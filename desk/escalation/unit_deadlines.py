"""Tells of the deadlines of units that are near or have passed: each moment of each deadline once.

They are the desk's own state (decision 0033), so the desk itself looks for them, and no topic has them.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from sqlalchemy import Engine, Row, or_, select, update
from sqlmodel import col

from bus.errors import cause_of
from cases.clocks.working_calendar import WorkingCalendar
from config.database import (
    DatabaseLock,
    DatabaseUnavailable,
    changed_rows,
    lock_until_commit,
    read_transaction,
    write_transaction,
)
from config.reference.escalation import Moment
from config.time_zones import agency_time_zone
from desk.acts.tables import DeskHolder
from desk.changes import CaseChange, ChangeKind, OnChanges, ReachedMoment
from desk.read_model.tables import DeskCase

# The last working day before a deadline begins at most so long before it, with the longest holidays.
_LONGEST_LAST_DAY = timedelta(days=21)
# While the sender must write, nobody waits for the unit; nor after it has answered.
_WAITING_TABS = ("new", "working")
_KINDS: dict[Moment, ChangeKind] = {"near": "unit-due", "passed": "unit-overdue"}

_log = structlog.get_logger()


class UnitDeadlines:
    """A thread's function. `pause_seconds` is the time between two searches, `calendar` has the working days."""

    def __init__(
        self,
        engine: Engine,
        on_changes: OnChanges,
        calendar: WorkingCalendar,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause_seconds: float,
    ) -> None:
        self._engine = engine
        self._on_changes = on_changes
        self._calendar = calendar
        self._now = now
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Tell until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            try:
                self.tell_due()
            except DatabaseUnavailable as error:
                _log.warning("unit_deadlines.waiting", cause=cause_of(error))
            except Exception as error:  # noqa: BLE001 - the next search tries the same cases again
                _log.error("unit_deadlines.failed_unexpectedly", exc_info=error)

    def tell_due(self) -> int:
        """Tell of every deadline that has reached a moment; return their number. Raises `DatabaseUnavailable`."""
        now, told = self._now(), 0
        for case, moment in self._reached(now):
            if self._stopping.is_set():
                break
            told += self._tell(case, moment, now)
        return told

    def _reached(self, now: datetime) -> Sequence[tuple[Row[Any], Moment]]:
        """Return the cases whose unit was not told yet of the moment that its deadline has reached."""
        names = ("dispatch_id", "agency", "unit_code", "unit_due_at", "unit_told")
        query = (
            select(*(col(getattr(DeskHolder, name)) for name in names), col(DeskCase.tracking), col(DeskCase.state))
            .join(DeskCase, col(DeskCase.dispatch_id) == col(DeskHolder.dispatch_id))
            .where(
                col(DeskHolder.unit_due_at) <= now + _LONGEST_LAST_DAY,
                or_(col(DeskHolder.unit_told).is_(None), col(DeskHolder.unit_told) == "near"),
                col(DeskHolder.unit_code) != "",
                col(DeskCase.is_current),
                or_(*(col(DeskCase.tab) == tab for tab in _WAITING_TABS)),
            )
            .order_by(col(DeskHolder.unit_due_at), col(DeskHolder.dispatch_id))
        )
        with read_transaction(self._engine) as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return list(self._untold(rows, now))

    def _untold(self, rows: Sequence[Row[Any]], now: datetime) -> Iterator[tuple[Row[Any], Moment]]:
        for row in rows:
            last_day_ends = self._calendar.add_working_days(now, 1, agency_time_zone(row.agency))
            if row.unit_due_at <= now:
                yield row, "passed"
            elif row.unit_due_at <= last_day_ends and not row.unit_told:
                yield row, "near"

    def _tell(self, case: Row[Any], moment: Moment, now: datetime) -> bool:
        """Store the news, and that it is told. Return False if a person has passed the case on meanwhile."""
        is_unchanged = (
            col(DeskHolder.dispatch_id) == case.dispatch_id,
            col(DeskHolder.unit_code) == case.unit_code,
            col(DeskHolder.unit_due_at) == case.unit_due_at,
            col(DeskHolder.unit_told).is_not_distinct_from(case.unit_told),
        )
        change = CaseChange(
            deadline_change_id(case.dispatch_id, case.unit_code, case.unit_due_at, moment),
            _KINDS[moment],
            case.agency,
            case.tracking,
            case.dispatch_id,
            case.state,
            case.unit_due_at if moment == "passed" else now,
            ReachedMoment("unit", moment),
        )
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            statement = update(DeskHolder).where(*is_unchanged).values(unit_told=moment)
            if not changed_rows(connection.execute(statement)):
                return False
            self._on_changes(connection, [change])
        _log.info("unit_deadline.told", moment=moment, dispatch_id=str(case.dispatch_id))
        return True


def deadline_change_id(dispatch_id: UUID, unit: str, due_at: datetime, moment: Moment) -> UUID:
    """Return the id of a change. It follows from the deadline, so that each moment is told once."""
    return uuid5(dispatch_id, f"unit:{unit}:{due_at.isoformat()}:{moment}")
