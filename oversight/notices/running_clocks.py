"""Derives the running clocks of cases and the moments of their next events, and stores them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from config.conditions import is_one_of
from config.row_insertion import insert_rows
from messages.topics import TRIAGE
from oversight.notices.deadline_events import ClockMoments, untold_events
from oversight.notices.tables import OversightClock
from oversight.notices.told_events import ToldEvents
from oversight.read_model.report_facts import CaseClocks, ReportFacts

# Built once: each batch executes them.
_IDS: BindParameter[Any] = bindparam("ids")
_REMOVAL = delete(OversightClock).where(is_one_of(col(OversightClock.complaint_id), _IDS))


class RunningClock(NamedTuple):
    """The columns of `OversightClock` without `next_at`."""

    complaint_id: UUID
    clock: str
    hop: int
    agency: str
    agency_hop: int | None
    last_day_at: datetime
    due_at: datetime
    twice_at: datetime
    three_times_at: datetime


def running_clocks(facts: ReportFacts, clocks: CaseClocks, deadlines: Deadlines) -> Iterator[RunningClock]:
    """Yield the clocks of a case that run. Pure: the present time has no part in it."""
    last = facts.dispatches[-1] if facts.dispatches else None
    for state in clocks.states:
        if state.run.is_open and state.state != "paused" and state.duty != "sender":
            yield RunningClock(
                complaint_id=facts.id,
                clock=state.clock,
                hop=state.run.hop,
                agency=last.agency if last else TRIAGE,
                agency_hop=last.hop if last else None,
                last_day_at=state.last_day_at(deadlines),
                due_at=state.due_at,
                twice_at=state.twice_due_at(deadlines),
                three_times_at=state.three_times_due_at(deadlines),
            )


def store_running_clocks(
    connection: Connection, report_ids: Sequence[UUID], clocks: Sequence[RunningClock], told: ToldEvents
) -> None:
    """Store the running clocks of reports in place of those before. The caller holds the lock.

    `told` are the events of their cases that are on the topic.
    """
    if report_ids:
        connection.execute(_REMOVAL, {"ids": report_ids})
    rows = [{**clock._asdict(), "next_at": next_moment(clock, told.get(clock.complaint_id, ()))} for clock in clocks]
    insert_rows(connection, OversightClock, rows)


def next_moment(clock: ClockMoments, told: Collection[UUID]) -> datetime | None:
    """Return the moment of the next event of a clock; `None` if all of them are told. `told` are those of its case."""
    return min((event.at for event in untold_events(clock, told)), default=None)
