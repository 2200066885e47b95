"""Answers of agencies that the router processed: one row each, written once and never changed."""

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, TypeAlias, cast
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Field, SQLModel, col, select

from config.database import insert_statement
from messages.shapes import AgencyAnswer, Dispatch, Verdict

# `counted`: it changed the case, or its sender was told. `repeated`: the agency gave this verdict before. `late`: the
# case had left the agency. `not-accepted`: this verdict may not follow the earlier ones.
AnswerOutcome: TypeAlias = Literal["counted", "repeated", "late", "not-accepted"]


class AnswerRecord(SQLModel, table=True):
    """One answer. `dispatch_id` is the answered dispatch of the case, also for an answer to an accompanying complaint.

    `position` is that of the record; it is empty for an answer that was in the ledger before this table existed.
    """

    __tablename__ = "router_answer"

    id: UUID = Field(primary_key=True)
    position: str
    dispatch_id: UUID = Field(index=True)
    verdict: str
    outcome: str


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


def is_closed(connection: Connection, case: Dispatch) -> bool:
    """Return True if the agency that has the case closed it. `case` is its latest dispatch."""
    return "closed" in counted_verdicts(connection, case.id)


def store_answer(
    connection: Connection, position: str, answer: AgencyAnswer, dispatch: Dispatch, outcome: AnswerOutcome
) -> None:
    """Store the outcome of an answer. `dispatch` is the answered dispatch of the case."""
    row = {
        "id": answer.id,
        "position": position,
        "dispatch_id": dispatch.id,
        "verdict": answer.verdict,
        "outcome": outcome,
    }
    connection.execute(insert_statement(connection, AnswerRecord).values(row))
