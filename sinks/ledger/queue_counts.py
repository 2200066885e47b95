"""Counts of the unanswered cases in each agency's queue. No texts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select
from sqlmodel import col

from sinks.ledger.latest_dispatch import is_latest_dispatch
from sinks.ledger.tables import AnswerRow, DispatchRow


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Unanswered `cases` of an agency, the oldest since `oldest`; `overdue` of them are past their due time."""

    agency: str
    cases: int
    oldest: datetime
    overdue: int


def count_queues(connection: Connection, now: datetime) -> list[QueueCounts]:
    """Return the agencies with unanswered cases, triage included, most cases first.

    A report that belongs to another report's case is not counted: the answer to that case answers it too.
    """
    is_own_answer = and_(
        col(AnswerRow.dispatch_id) == col(DispatchRow.id), col(AnswerRow.agency) == col(DispatchRow.agency)
    )
    cases = func.count()
    query = (
        select(
            col(DispatchRow.agency),
            cases,
            func.min(col(DispatchRow.dispatched_at)),
            func.count().filter(col(DispatchRow.due_at) < now),
        )
        .where(col(DispatchRow.own_case), is_latest_dispatch(), ~exists().where(is_own_answer))
        .group_by(col(DispatchRow.agency))
        .order_by(cases.desc(), col(DispatchRow.agency))
    )
    return [QueueCounts(*row) for row in connection.execute(query)]
