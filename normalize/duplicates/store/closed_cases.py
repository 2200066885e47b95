"""Closed cases, as the agencies' answers name them. No later complaint repeats or joins one of them.

A complaint that is closed stays closed here, also if a person splits it from its case later. The order of answers and
corrections is unknown, and one case too many is better than a complaint that no agency sees.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, Exists, literal, true
from sqlmodel import col, select

from config.database import insert_statement, statement_chunks
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow


def is_closed(complaint_id: object) -> Exists:
    """Return the SQL condition that the complaint in this column belongs to a closed case."""
    return select(literal(1)).where(col(ClosedComplaint.complaint_id) == complaint_id).exists()


def close_cases(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Store that the cases of these complaints are closed: their roots, and all complaints that belong to them."""
    roots = set(complaint_ids)
    for chunk in statement_chunks(sorted(complaint_ids)):
        is_member = col(ComparableRow.complaint_id).in_(chunk)
        roots.update(connection.execute(select(ComparableRow.root).where(is_member)).scalars())
    closed = sorted(roots - {None})
    if closed:
        statement = insert_statement(connection, ClosedComplaint).on_conflict_do_nothing()
        connection.execute(statement, [{"complaint_id": complaint_id} for complaint_id in closed])
    for chunk in statement_chunks(closed):
        members = select(ComparableRow.complaint_id).where(col(ComparableRow.root).in_(chunk))
        statement = insert_statement(connection, ClosedComplaint).from_select(["complaint_id"], members)
        connection.execute(statement.on_conflict_do_nothing())


def close_merged(connection: Connection, root_id: UUID) -> None:
    """Close what a person has merged into a closed case."""
    if connection.execute(select(true()).where(is_closed(root_id))).scalar_one_or_none():
        close_cases(connection, {root_id})
