"""Reads the parts into which a report was divided, and the report of a part."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, exists
from sqlmodel import col, select

from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import ComplaintFact, DispatchFact


class CasePart(NamedTuple):
    """A part of a report, and the agency that has it: an officer of the report may know no more of it."""

    number: str
    agency: str


def is_divided(report_id: BindParameter[UUID]) -> ColumnElement[bool]:
    """Return the condition that a report has parts."""
    # The second condition lets SQLite use the partial index.
    return exists().where(col(ComplaintFact.part_of) == report_id, col(ComplaintFact.part_of).is_not(None))


def read_parts(connection: Connection, report_id: UUID) -> Sequence[CasePart]:
    """Return the parts of a report that were dispatched, in their order."""
    columns: Sequence[Any] = [col(ComplaintFact.tracking), col(DispatchFact.agency)]
    query = (
        select(*columns)
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
        .where(col(ComplaintFact.part_of) == report_id, col(ComplaintFact.part_of).is_not(None), is_latest_dispatch())
        .order_by(col(ComplaintFact.part_number))
    )
    return [CasePart(*row) for row in connection.execute(query)]
