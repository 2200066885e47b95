"""Cases with their whole reports, for programs; and those of an agency by the time at which they came to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlmodel import col

from desk.read_model.tables import DeskCase, DeskComplaint, DeskDispatch

_CASE_COLUMNS = tuple(col(getattr(DeskCase, name)) for name in DeskCase.model_fields)


def select_whole_cases() -> Select[*tuple[Any, ...]]:
    """Return a query for the columns of `DeskCase`, `dispatch`, `shape_version` and `received_at` of cases."""
    details = (col(DeskDispatch.dispatch), col(DeskDispatch.shape_version), col(DeskComplaint.received_at))
    return (
        select(*_CASE_COLUMNS, *details)
        .join(DeskDispatch, col(DeskDispatch.id) == col(DeskCase.dispatch_id))
        .outerjoin(DeskComplaint, col(DeskComplaint.id) == col(DeskCase.complaint_id))
    )


def read_dispatched(
    connection: Connection, agency: str, since: datetime, until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Return the newest cases that came to the agency between two times, the newest first."""
    dispatched_at = col(DeskCase.dispatched_at)
    is_in_time = (col(DeskCase.agency) == agency, dispatched_at >= since, dispatched_at <= until)
    query = select_whole_cases().where(*is_in_time).order_by(dispatched_at.desc(), col(DeskCase.dispatch_id).desc())
    return connection.execute(query.limit(limit)).all()
