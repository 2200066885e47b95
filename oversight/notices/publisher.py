"""Tells `oversight` of deadlines that are near or have passed: each event once, by its derived id."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, Row, select, update
from sqlmodel import col

from bus.port import Outgoing
from cases.facts.tables import ComplaintFact
from config.conditions import is_one_of
from config.row_insertion import insert_missing_rows
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT
from oversight.notices.deadline_events import DeadlineEvent, deadline_event_id, events_to_tell
from oversight.notices.notice_transaction import notice_transaction
from oversight.notices.recommendation_clocks import kind_of_clock
from oversight.notices.running_clocks import next_moment
from oversight.notices.tables import OversightClock, OversightNotice
from oversight.notices.told_events import ToldEvents, told_events

_SOURCE = "/satu-pintu/oversight"
# Clocks of one transaction. The bus is written to within it.
_CLOCKS_AT_ONCE = 200

_log = structlog.get_logger()

# Publishes messages, and returns when the bus has them. Raises the errors of the bus.
Publish = Callable[[Sequence[Outgoing]], None]


class DeadlinePublisher:
    """Publishes what is due, until `stopping` is set. `NoticeThread` calls it.

    Two processes search one after the other. A process that ends between bus and database publishes the same events
    again, with the same ids.
    """

    def __init__(
        self,
        engine: Engine,
        publish: Publish,
        stopping: threading.Event,
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._stopping = stopping

    def publish_due(self, until: datetime) -> int:
        """Publish every event whose moment is not after `until`; return their number.

        Raises `DatabaseUnavailable` and `Retry`.
        """
        published = 0
        while not self._stopping.is_set():
            clocks, events = self._publish_some(until)
            published += events
            if clocks < _CLOCKS_AT_ONCE:
                break
        return published

    def _publish_some(self, until: datetime) -> tuple[int, int]:
        """Publish the events of some clocks; return the numbers of clocks and of events."""
        with notice_transaction(self._engine) as connection:
            clocks = _clocks_to_tell(connection, until)
            reports = _reports(connection, clocks)
            told = told_events(connection, {clock.complaint_id for clock in clocks})
            events = [
                (clock, event)
                for clock in clocks
                for event in events_to_tell(clock, told.get(clock.complaint_id, ()), until)
            ]
            if events:
                self._publish([_message(clock, event, reports[clock.complaint_id]) for clock, event in events])
            _store(connection, clocks, events, told)
        for clock, event in events:
            name = kind_of_clock(clock.clock)
            _log.info("deadline.told", event_kind=event.kind, clock=name, complaint_id=str(clock.complaint_id))
        return len(clocks), len(events)


def _clocks_to_tell(connection: Connection, until: datetime) -> Sequence[OversightClock]:
    columns = OversightClock.__table__.columns  # type: ignore[attr-defined]
    query = (
        select(*columns)
        .where(col(OversightClock.next_at) <= until)
        .order_by(col(OversightClock.next_at), col(OversightClock.complaint_id), col(OversightClock.clock))
        .limit(_CLOCKS_AT_ONCE)
    )
    return [OversightClock(**row) for row in connection.execute(query).mappings()]


def _reports(connection: Connection, clocks: Sequence[OversightClock]) -> Mapping[UUID, Row[Any]]:
    columns: Sequence[Any] = (col(ComplaintFact.id), col(ComplaintFact.message_id), col(ComplaintFact.tracking))
    query = select(*columns).where(is_one_of(col(ComplaintFact.id), {clock.complaint_id for clock in clocks}))
    return {row.id: row for row in connection.execute(query)}


def _message(clock: OversightClock, event: DeadlineEvent, report: Row[Any]) -> Outgoing:
    hop = clock.agency_hop
    shape = OversightEvent(
        id=deadline_event_id(clock, event.kind),
        message_id=report.message_id,
        at=event.at,
        event=event.kind,
        subject=clock.complaint_id,
        reason=kind_of_clock(clock.clock),
        tracking=report.tracking,
        agency=clock.agency,
        dispatch_id=None if hop is None else ids.dispatch_id(clock.complaint_id, hop),
        due_at=clock.due_at,
    )
    return Outgoing(OVERSIGHT, *codec.encode(shape, str(clock.complaint_id), _SOURCE))


def _store(
    connection: Connection,
    clocks: Sequence[OversightClock],
    events: Sequence[tuple[OversightClock, DeadlineEvent]],
    told: ToldEvents,
) -> None:
    """Store the events that are told now, and the next moment of each clock."""
    notices = [
        {"id": deadline_event_id(clock, event.kind), "complaint_id": clock.complaint_id} for clock, event in events
    ]
    insert_missing_rows(connection, OversightNotice, notices)
    told_now = {notice["id"] for notice in notices}
    for clock in clocks:
        is_clock = (
            col(OversightClock.complaint_id) == clock.complaint_id,
            col(OversightClock.clock) == clock.clock,
            col(OversightClock.hop) == clock.hop,
        )
        next_at = next_moment(clock, {*told.get(clock.complaint_id, ()), *told_now})
        connection.execute(update(OversightClock).where(*is_clock).values(next_at=next_at))
