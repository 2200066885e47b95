"""Answers of agencies that the router processed: one row each, written once and never changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Connection, bindparam, func
from sqlmodel import Field, SQLModel, col, select

from bus.port import Record
from cases.course.verdicts import SYSTEM_ACTOR
from config.conditions import is_one_of
from config.database import UtcDateTime, insertion_of_missing
from config.table_declaration import IDS, declared
from messages.shapes import AgencyAnswer, AnswerOutcomeKind, Dispatch, Verdict


class AnswerRecord(SQLModel, table=True):
    """One answer. `dispatch_id` is the answered dispatch of the case, also for an answer to an accompanying complaint.

    `position` is that of the record, `taken_at` the bus's time of that record, `processed_at` the router's time at
    which it was processed first.
    `by_system`: the service gave the answer for the agency.
    """

    __tablename__ = "router_answer"
    __table_args__ = declared(IDS, retention="exactly-once")

    id: UUID = Field(primary_key=True)
    position: str
    dispatch_id: UUID = Field(index=True)
    verdict: str
    outcome: str
    taken_at: datetime = Field(sa_type=UtcDateTime)
    processed_at: datetime = Field(sa_type=UtcDateTime)
    by_system: bool


class ProcessedAnswer(NamedTuple):
    """Position of the record by which an answer was processed first, the answered dispatch, outcome and times.

    `taken_at` is the bus's time of that record, `processed_at` the router's time.
    """

    position: str
    outcome: AnswerOutcomeKind
    dispatch_id: UUID
    taken_at: datetime
    processed_at: datetime


class Closing(NamedTuple):
    """Closing of a case, by the bus's time.

    `stated_at` is the time of the answer to which its sender may object: of the closing, or of the last response if the
    service closed the case because nobody had objected to that one.
    """

    at: datetime
    stated_at: datetime


_PROCESSED_COLUMNS: Sequence[Any] = [col(getattr(AnswerRecord, name)) for name in ProcessedAnswer._fields]
_PROCESSED = select(*_PROCESSED_COLUMNS).where(col(AnswerRecord.id) == bindparam("answer_id"))
_IS_COUNTED = (col(AnswerRecord.dispatch_id) == bindparam("dispatch_id"), col(AnswerRecord.outcome) == "counted")
_COUNTED_VERDICTS = select(AnswerRecord.verdict).where(*_IS_COUNTED)
_CLOSINGS = (
    select(AnswerRecord.dispatch_id, AnswerRecord.taken_at, AnswerRecord.by_system)
    .where(
        is_one_of(col(AnswerRecord.dispatch_id), bindparam("dispatch_ids")),
        col(AnswerRecord.outcome) == "counted",
        col(AnswerRecord.verdict) == "closed",
    )
    .order_by(col(AnswerRecord.taken_at))
)
_LAST_RESPONSE = select(func.max(col(AnswerRecord.taken_at))).where(
    *_IS_COUNTED, col(AnswerRecord.verdict) == "responded", col(AnswerRecord.taken_at) <= bindparam("closed_at")
)


def find_processed_answer(connection: Connection, answer_id: UUID) -> ProcessedAnswer | None:
    """Return what is stored about an answer; `None` for an answer that was never processed."""
    row = connection.execute(_PROCESSED, {"answer_id": answer_id}).one_or_none()
    return ProcessedAnswer(*row) if row else None


def counted_verdicts(connection: Connection, dispatch_id: UUID) -> Sequence[Verdict]:
    """Return the verdicts about a dispatch that counted, in no order: the state that they lead to does not need one."""
    verdicts = connection.execute(_COUNTED_VERDICTS, {"dispatch_id": dispatch_id}).scalars()
    return [cast("Verdict", verdict) for verdict in verdicts]


def find_closing(connection: Connection, case: Dispatch) -> Closing | None:
    """Return the closing of a case; `None` for an open one. `case` is its latest dispatch."""
    return find_closings(connection, [case.id]).get(case.id)


def find_closings(connection: Connection, dispatch_ids: Collection[UUID]) -> Mapping[UUID, Closing]:
    """Return the first closing of each of these dispatches that was closed."""
    closings: dict[UUID, Closing] = {}
    for row in connection.execute(_CLOSINGS, {"dispatch_ids": dispatch_ids}).all():
        if row.dispatch_id not in closings:
            stated_at = _last_response(connection, row.dispatch_id, row.taken_at) if row.by_system else None
            closings[row.dispatch_id] = Closing(row.taken_at, stated_at or row.taken_at)
    return closings


def _last_response(connection: Connection, dispatch_id: UUID, closed_at: datetime) -> datetime | None:
    times = {"dispatch_id": dispatch_id, "closed_at": closed_at}
    return connection.execute(_LAST_RESPONSE, times).scalar_one_or_none()


def store_answer_once(
    connection: Connection,
    record: Record,
    answer: AgencyAnswer,
    dispatch: Dispatch,
    outcome: AnswerOutcomeKind,
    now: datetime,
) -> bool:
    """Store the outcome of an answer in a record; return False if that of another record of it is stored.

    `dispatch` is the answered dispatch of the case.
    """
    row = {
        "id": answer.id,
        "position": record.position,
        "taken_at": record.taken_at,
        "processed_at": now,
        "by_system": answer.actor == SYSTEM_ACTOR,
        "dispatch_id": dispatch.id,
        "verdict": answer.verdict,
        "outcome": outcome,
    }
    insertion = insertion_of_missing(connection.dialect.name, AnswerRecord, "id")
    return connection.execute(insertion, row).one_or_none() is not None
