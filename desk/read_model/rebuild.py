"""Derives the desk's rows again from all facts, in place: the service may run, and pages show rows all the time.

Nobody is told anything, and numbers of changes that agencies' programs hold stay valid: a row that differs gets the
next number.
"""

from uuid import UUID

from sqlalchemy import Engine, select
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.derivations.shared_facts import SharedFacts
from cases.facts.tables import DispatchFact
from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction
from desk.read_model.sender_messages import mark_messages, store_accompanying
from desk.read_model.stored_cases import rebuild_cases
from desk.read_model.tables import DeskCase
from desk.units.unit_cases import write_unit_cases

# Complaints of one transaction: each dispatch has a report of up to 10,000 characters.
_COMPLAINTS_AT_ONCE = 200
_FIRST_ID = UUID(int=0)
_COMPLAINTS = (
    select(col(DispatchFact.complaint_id))
    .distinct()
    .order_by(col(DispatchFact.complaint_id))
    .limit(_COMPLAINTS_AT_ONCE)
)


def rebuild(engine: Engine, deadlines: Deadlines) -> int:
    """Derive the cases of every complaint again; return their number. Raises `DatabaseUnavailable`: run it again."""
    count, last_id = 0, _FIRST_ID
    while complaint_ids := _next_complaints(engine, last_id):
        with write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.DESK)
            facts = SharedFacts(connection)
            store_accompanying(connection, complaint_ids, facts)
            marked = mark_messages(connection, complaint_ids, complaint_ids, facts)
            case_ids = {*complaint_ids, *(row.case_id for row in marked)}
            count += rebuild_cases(connection, case_ids, facts, deadlines)
            rows = select(col(DeskCase.dispatch_id)).where(is_one_of(col(DeskCase.complaint_id), case_ids))
            write_unit_cases(connection, connection.execute(rows).scalars().all())
        last_id = complaint_ids[-1]
    return count


def _next_complaints(engine: Engine, after: UUID) -> list[UUID]:
    with read_transaction(engine) as connection:
        return list(connection.execute(_COMPLAINTS.where(col(DispatchFact.complaint_id) > after)).scalars())
