"""What lies at each agency's door and is not answered yet. Counts, never words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from sinks.ledger.tables import AnswerRow, DispatchRow


@dataclass(frozen=True, slots=True)
class Queue:
    """`many` cases, the oldest since `oldest`; `overdue` of them are past their due time."""

    agency: str
    many: int
    oldest: datetime
    overdue: int


def queues(connection: Connection, now: datetime) -> list[Queue]:
    """The agencies at which anything waits, triage among them; the fullest first.

    What goes along with another's case is not counted: that one is answered for all.
    """
    later = aliased(DispatchRow)
    moved = and_(col(later.complaint_id) == col(DispatchRow.complaint_id), col(later.hop) > col(DispatchRow.hop))
    said = and_(col(AnswerRow.dispatch_id) == col(DispatchRow.id), col(AnswerRow.agency) == col(DispatchRow.agency))
    many = func.count()
    query = (
        select(
            col(DispatchRow.agency),
            many,
            func.min(col(DispatchRow.dispatched_at)),
            func.count().filter(col(DispatchRow.due_at) < now),
        )
        .where(col(DispatchRow.own_case), ~exists().where(moved), ~exists().where(said))
        .group_by(col(DispatchRow.agency))
        .order_by(many.desc(), col(DispatchRow.agency))
    )
    return [Queue(*row) for row in connection.execute(query)]
