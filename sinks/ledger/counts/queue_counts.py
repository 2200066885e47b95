"""Counts of the unanswered cases in each agency's queue, kept by day and changed with the rows of the ledger. No texts.

A case is unanswered if the latest dispatch of its complaint has no answer of its agency. A report that belongs to
another report's case is not counted: the answer to that case answers it too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select
from sqlmodel import col

from config.database import DatabaseLock, lock_until_commit
from config.time_zones import TimeZone
from sinks.ledger.latest_dispatch import is_latest_dispatch
from sinks.ledger.tables import AnswerRow, DispatchRow, QueueDayRow

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Unanswered `cases` of an agency, the oldest since `oldest`; `overdue` of them were due before today."""

    agency: str
    cases: int
    oldest: datetime
    overdue: int


class QueueDay(NamedTuple):
    """Unanswered cases that are counted together. Both days are the moments at which they begin in Jakarta."""

    agency: str
    dispatched_day: datetime
    due_day: datetime


def queue_day(agency: str, dispatched_at: datetime, due_at: datetime) -> QueueDay:
    """Return the key under which an unanswered case is counted."""
    return QueueDay(agency, _start_of_day(dispatched_at), _start_of_day(due_at))


def read_queues(connection: Connection, now: datetime) -> list[QueueCounts]:
    """Return the agencies with unanswered cases, triage included, most cases first.

    Reads the counts, and of each agency the dispatches from the day of its oldest unanswered case up to that case.
    """
    number = col(QueueDayRow.number)
    queues = (
        select(
            col(QueueDayRow.agency),
            func.sum(number).label("cases"),
            func.min(col(QueueDayRow.dispatched_day)).label("oldest_day"),
            func.coalesce(func.sum(number).filter(col(QueueDayRow.due_day) < _start_of_day(now)), 0).label("overdue"),
        )
        .group_by(col(QueueDayRow.agency))
        .having(func.sum(number) > 0)
        .subquery()
    )
    oldest = (
        select(col(DispatchRow.dispatched_at))
        .where(
            col(DispatchRow.agency) == queues.c.agency, col(DispatchRow.dispatched_at) >= queues.c.oldest_day, _waits()
        )
        .order_by(col(DispatchRow.dispatched_at))
        .limit(1)
        .scalar_subquery()
    )
    query = select(queues.c.agency, queues.c.cases, func.coalesce(oldest, queues.c.oldest_day), queues.c.overdue)
    rows = connection.execute(query.order_by(queues.c.cases.desc(), queues.c.agency))
    return [QueueCounts(agency, int(cases), oldest_at, int(overdue)) for agency, cases, oldest_at, overdue in rows]


def stored_queue_days(connection: Connection) -> Counter[QueueDay]:
    """Return the counts as they are kept."""
    columns = (QueueDayRow.agency, QueueDayRow.dispatched_day, QueueDayRow.due_day, QueueDayRow.number)
    rows = connection.execute(select(*map(col, columns)))
    return Counter({queue_day(row.agency, row.dispatched_day, row.due_day): row.number for row in rows})


def count_queue_days(connection: Connection) -> Counter[QueueDay]:
    """Return the counts as the rows of the ledger give them. Reads all dispatches."""
    columns = (DispatchRow.agency, DispatchRow.dispatched_at, DispatchRow.due_at)
    query = select(*map(col, columns)).where(_waits())
    rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    return Counter(queue_day(row.agency, row.dispatched_at, row.due_at) for row in rows)


def miscounted_queues(connection: Connection) -> Mapping[str, int]:
    """Return by how many cases the kept counts of agencies differ from the rows; only agencies with a difference.

    Needs a `snapshot_transaction`. Reads all dispatches.
    """
    difference = count_queue_days(connection)
    difference.subtract(stored_queue_days(connection))
    cases: Counter[str] = Counter()
    for day, number in difference.items():
        cases[day.agency] += abs(number)
    return +cases


def recount_queues(connection: Connection) -> int:
    """Replace the counts by those that the rows give; return the number of unanswered cases.

    Sinks may run: each adds to the counts what it wrote and this transaction has not seen.
    """
    lock_until_commit(connection, DatabaseLock.QUEUE_COUNTS)
    connection.execute(delete(QueueDayRow))
    counts = count_queue_days(connection)
    if counts:
        connection.execute(insert(QueueDayRow), [{**day._asdict(), "number": counts[day]} for day in sorted(counts)])
    return counts.total()


def _waits() -> ColumnElement[bool]:
    """Return the condition that a dispatch is that of an unanswered case."""
    is_own_answer = and_(
        col(AnswerRow.dispatch_id) == col(DispatchRow.id), col(AnswerRow.agency) == col(DispatchRow.agency)
    )
    return and_(col(DispatchRow.own_case), is_latest_dispatch(), ~exists().where(is_own_answer))


def _start_of_day(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(TimeZone.WIB.value).date(), time(), TimeZone.WIB.value)
