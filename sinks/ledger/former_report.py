"""Reads the closed case that a report is like."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from cases.facts.tables import ComplaintFact


@dataclass(frozen=True, slots=True)
class FormerReport:
    """A report whose case was closed. `is_own`: it is of the same proven sender; only then may the sender read it."""

    tracking: str
    closed_at: datetime | None
    is_own: bool


def read_former_report(connection: Connection, tracking: str) -> FormerReport | None:
    """Return the closed report that the report with this number is like; `None` without one in the ledger."""
    former = aliased(ComplaintFact)
    query = (
        select(col(former.tracking), col(ComplaintFact.closed_at), col(ComplaintFact.is_own_closed))
        .join(former, col(former.id) == col(ComplaintFact.closed_id))
        .where(col(ComplaintFact.tracking) == tracking)
        .order_by(col(ComplaintFact.received_at))
    )
    row = connection.execute(query.limit(1)).first()
    return FormerReport(*row) if row else None
