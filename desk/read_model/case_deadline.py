"""Reads the deadline that an agency has for the answer to a case: the same one for its officer and for the sender."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Engine, bindparam, func, select
from sqlmodel import col

from config.database import read_transaction
from desk.read_model.tables import DeskAccompanying, DeskCase

_ID: BindParameter[Any] = bindparam("id")
_CASE = (
    select(col(DeskAccompanying.case_id))
    .where(col(DeskAccompanying.complaint_id) == _ID, col(DeskAccompanying.is_latest))
    .order_by(col(DeskAccompanying.hop).desc())
    .limit(1)
    .scalar_subquery()
)
_DEADLINE = select(col(DeskCase.due_at)).where(
    col(DeskCase.complaint_id) == func.coalesce(_CASE, _ID), col(DeskCase.is_current)
)


def case_deadline(engine: Engine, complaint_id: UUID) -> datetime | None:
    """Return the deadline of the case that a complaint is or accompanies; `None` before the desk has the case."""
    with read_transaction(engine) as connection:
        return connection.execute(_DEADLINE, {"id": complaint_id}).scalar_one_or_none()
