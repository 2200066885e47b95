"""Counts of the unanswered cases in each agency's queue, from rows that are derived from facts. No texts.

A case is unanswered if the latest dispatch of its complaint has no answer of its agency. A report that belongs to
another report's case is not counted: the answer to that case answers it too.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, exists, func, select
from sqlmodel import col

from cases.derivations.new_facts import NewFacts
from cases.derivations.position import waiting_complaints
from cases.derivations.shared_facts import SharedFacts, StoredDispatch
from cases.facts.conditions import is_latest_dispatch, is_to_dispatch
from cases.facts.tables import DispatchFact
from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from config.row_insertion import Row, insert_or_replace_rows
from config.time_zones import TimeZone
from sinks.ledger.tables import WaitingCaseRow

# Name of the derivation.
DERIVATION = "queues"
_ROWS_AT_ONCE = 10_000

_IDS: BindParameter[Any] = bindparam("ids")
_WAITING: Select[*tuple[Any, ...]] = select(
    col(DispatchFact.complaint_id),
    col(DispatchFact.agency),
    col(DispatchFact.at).label("dispatched_at"),
    col(DispatchFact.due_at),
).where(col(DispatchFact.own_case), is_latest_dispatch(), ~exists().where(is_to_dispatch()))
_REMOVAL = delete(WaitingCaseRow).where(is_one_of(col(WaitingCaseRow.complaint_id), _IDS))


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Unanswered `cases` of an agency, the oldest since `oldest`; `overdue` of them were due before today."""

    agency: str
    cases: int
    oldest: datetime
    overdue: int


def read_queues(connection: Connection, now: datetime) -> list[QueueCounts]:
    """Return the agencies with unanswered cases, triage included, most cases first."""
    cases = func.count()
    agency, is_overdue = col(WaitingCaseRow.agency), col(WaitingCaseRow.due_at) < _start_of_day(now)
    query = (
        select(agency, cases, func.min(col(WaitingCaseRow.dispatched_at)), func.count().filter(is_overdue))
        .group_by(agency)
        .order_by(cases.desc(), agency)
    )
    return [QueueCounts(*row) for row in connection.execute(query)]


def derive_waiting_cases(connection: Connection, new: NewFacts, facts: SharedFacts) -> None:
    """Derive the unanswered cases among the complaints of new dispatches and answers."""
    complaint_ids = new.complaint_ids("dispatch", "answer")
    if complaint_ids:
        _derive(connection, complaint_ids, facts)


def miscounted_queues(connection: Connection) -> Mapping[str, int]:
    """Return by how many cases the derived rows of agencies differ from the facts; only agencies with a difference.

    A case with facts that the derivation has not read yet is no difference. Needs a `snapshot_transaction`. Reads all
    dispatches.
    """
    waiting = waiting_complaints(connection, DERIVATION)
    stored = select(*(col(getattr(WaitingCaseRow, name)) for name in WaitingCaseRow.model_fields))
    options = {"yield_per": _ROWS_AT_ONCE}
    rows = {tuple(row) for row in connection.execute(_WAITING, execution_options=options)}
    derived = {tuple(row) for row in connection.execute(stored, execution_options=options)}
    return Counter(agency for complaint_id, agency, *_ in rows ^ derived if complaint_id not in waiting)


def recount_queues(connection: Connection) -> int:
    """Derive all unanswered cases again; return their number. The derivation may run meanwhile."""
    lock_until_commit(connection, DatabaseLock.QUEUE_COUNTS)
    connection.execute(delete(WaitingCaseRow))
    rows = [dict(row) for row in connection.execute(_WAITING).mappings()]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        insert_or_replace_rows(connection, WaitingCaseRow, rows[start : start + _ROWS_AT_ONCE])
    return len(rows)


def _derive(connection: Connection, complaint_ids: Collection[UUID], facts: SharedFacts) -> None:
    # A recount changes the same rows.
    lock_until_commit(connection, DatabaseLock.QUEUE_COUNTS)
    histories = facts.dispatches(complaint_ids)
    latest = {id_: dispatches[-1] for id_, dispatches in histories.items()}
    answered_ids = {answer.dispatch_id for answer in facts.answers(latest)}
    waiting = [item for item in latest.values() if item.own_case and item.id not in answered_ids]
    were_cases = {id_ for id_, history in histories.items() if any(item.own_case for item in history)}
    if not_waiting := were_cases - {item.complaint_id for item in waiting}:
        connection.execute(_REMOVAL, {"ids": not_waiting})
    insert_or_replace_rows(connection, WaitingCaseRow, [_waiting_row(item) for item in waiting])


def _waiting_row(dispatch: StoredDispatch) -> Row:
    return {
        "complaint_id": dispatch.complaint_id,
        "agency": dispatch.agency,
        "dispatched_at": dispatch.at,
        "due_at": dispatch.due_at,
    }


def _start_of_day(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(TimeZone.WIB.value).date(), time(), TimeZone.WIB.value)
