"""Answers of agencies that the router processed: one row each, written once and never changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias, cast
from uuid import UUID

from sqlalchemy import Connection, func
from sqlmodel import Field, SQLModel, col, select

from bus.port import Record
from config.database import UtcDateTime, insert_statement
from messages.shapes import AgencyAnswer, Dispatch, Verdict

# `counted`: it changed the case, or its sender was told. `repeated`: the agency gave this verdict before. `late`: the
# case had left the agency. `not-accepted`: this verdict may not follow the earlier ones.
AnswerOutcome: TypeAlias = Literal["counted", "repeated", "late", "not-accepted"]


class AnswerRecord(SQLModel, table=True):
    """One answer. `dispatch_id` is the answered dispatch of the case, also for an answer to an accompanying complaint.

    `position` is that of the record; it is empty for an answer that was in the ledger before this table existed.
    `taken_at` is the bus's time of that record.
    """

    __tablename__ = "router_answer"

    id: UUID = Field(primary_key=True)
    position: str
    dispatch_id: UUID = Field(index=True)
    verdict: str
    outcome: str
    taken_at: datetime = Field(sa_type=UtcDateTime)


class ProcessedAnswer(NamedTuple):
    """Position of the record by which an answer was processed first, and its outcome."""

    position: str
    outcome: AnswerOutcome


def find_processed_answer(connection: Connection, answer_id: UUID) -> ProcessedAnswer | None:
    """Return the position and the outcome of an answer; `None` for an answer that was never processed."""
    query = select(AnswerRecord.position, AnswerRecord.outcome).where(col(AnswerRecord.id) == answer_id)
    row = connection.execute(query).one_or_none()
    return ProcessedAnswer(row.position, row.outcome) if row else None


def processed_positions(connection: Connection, answer_ids: Sequence[UUID]) -> Collection[tuple[UUID, str]]:
    """Return id and position of those of the answers that the router processed."""
    query = select(AnswerRecord.id, AnswerRecord.position).where(col(AnswerRecord.id).in_(answer_ids))
    return {(row.id, row.position) for row in connection.execute(query)}


def counted_verdicts(connection: Connection, dispatch_id: UUID) -> Sequence[Verdict]:
    """Return the verdicts about a dispatch that counted, in no order: the state that they lead to does not need one."""
    is_counted = (col(AnswerRecord.dispatch_id) == dispatch_id, col(AnswerRecord.outcome) == "counted")
    verdicts = connection.execute(select(AnswerRecord.verdict).where(*is_counted)).scalars()
    return [cast("Verdict", verdict) for verdict in verdicts]


def closing_time(connection: Connection, case: Dispatch) -> datetime | None:
    """Return the bus's time of the answer that closed a case; `None` for an open one. `case` is its latest dispatch."""
    is_counted = (col(AnswerRecord.dispatch_id) == case.id, col(AnswerRecord.outcome) == "counted")
    query = select(AnswerRecord.taken_at).where(*is_counted, col(AnswerRecord.verdict) == "closed")
    return connection.execute(query.order_by(col(AnswerRecord.taken_at)).limit(1)).scalar_one_or_none()


def response_time(connection: Connection, case: Dispatch) -> datetime | None:
    """Return the bus's time of the last response to a dispatch; `None` without one."""
    is_counted = (col(AnswerRecord.dispatch_id) == case.id, col(AnswerRecord.outcome) == "counted")
    query = select(func.max(col(AnswerRecord.taken_at))).where(*is_counted, col(AnswerRecord.verdict) == "responded")
    return connection.execute(query).scalar_one_or_none()


def store_answer(
    connection: Connection, record: Record, answer: AgencyAnswer, dispatch: Dispatch, outcome: AnswerOutcome
) -> None:
    """Store the outcome of an answer in a record. `dispatch` is the answered dispatch of the case."""
    row = {
        "id": answer.id,
        "position": record.position,
        "taken_at": record.taken_at,
        "dispatch_id": dispatch.id,
        "verdict": answer.verdict,
        "outcome": outcome,
    }
    connection.execute(insert_statement(connection, AnswerRecord).values(row))
