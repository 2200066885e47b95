"""SQL conditions on the dispatches of a complaint that several queries share."""

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.orm import aliased
from sqlmodel import col

from sinks.ledger.tables import DispatchRow


def is_latest_dispatch() -> ColumnElement[bool]:
    """Return the condition that a dispatch is the latest of its complaint: no dispatch has a higher hop."""
    later = aliased(DispatchRow)
    has_later = and_(col(later.complaint_id) == col(DispatchRow.complaint_id), col(later.hop) > col(DispatchRow.hop))
    return ~exists().where(has_later)
