"""Derives the rows of oversight again from all facts, in place: the service may run, and pages show rows all the time.

Nobody is told anything by it: what was told is known by the ids of the events. A month that was published stays.
"""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.derivations.shared_facts import SharedFacts
from cases.facts.tables import ComplaintFact
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction
from config.reference.programmes import ProgrammeTable
from config.stored_counts import add_counts
from oversight.read_model.derivation import derive_cases
from oversight.read_model.tables import OversightCase, OversightDay, OversightPairDay
from oversight.read_model.tallies import day_tallies, pair_tallies

# Reports of one transaction.
_REPORTS_AT_ONCE = 200
_FIRST_ID = UUID(int=0)
_REPORTS = select(col(ComplaintFact.id)).order_by(col(ComplaintFact.id)).limit(_REPORTS_AT_ONCE)


def rebuild(engine: Engine, deadlines: Deadlines, programmes: ProgrammeTable) -> int:
    """Derive every report again, then count every month again; return the number of reports.

    Raises `DatabaseUnavailable`; run it again then.
    """
    count, last_id = 0, _FIRST_ID
    while report_ids := _next_reports(engine, last_id):
        with write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.OVERSIGHT)
            derive_cases(connection, report_ids, SharedFacts(connection), deadlines, programmes)
        count, last_id = count + len(report_ids), report_ids[-1]
    _recount(engine)
    return count


def _next_reports(engine: Engine, after: UUID) -> list[UUID]:
    with read_transaction(engine) as connection:
        return list(connection.execute(_REPORTS.where(col(ComplaintFact.id) > after)).scalars())


def _recount(engine: Engine) -> None:
    """Count the rows of each month again: the counts of a province, agency or topic are by month."""
    day: Any = col(OversightCase.day)
    with read_transaction(engine) as connection:
        first, last = connection.execute(select(func.min(day), func.max(day))).one()
    while first is not None and first <= last:
        next_month = _next_month(first)
        with write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.OVERSIGHT)
            _recount_days(connection, first.replace(day=1), next_month)
        first = next_month


def _recount_days(connection: Connection, first: date, end: date) -> None:
    days: Counter[Any] = Counter()
    pairs: Counter[Any] = Counter()
    table = OversightCase.__table__  # type: ignore[attr-defined]
    for row in connection.execute(select(table).where(table.c.day >= first, table.c.day < end)).mappings():
        days.update(day_tallies(dict(row)))
        pairs.update(pair_tallies(dict(row)))
    for counts, numbers in ((OversightDay, days), (OversightPairDay, pairs)):
        counted_day = col(counts.day)
        connection.execute(delete(counts).where(counted_day >= first, counted_day < end))
        add_counts(connection, counts, numbers)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
