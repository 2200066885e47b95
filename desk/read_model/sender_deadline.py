"""Reads the deadline that a sender reads on the own page: it tells nothing about other citizens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Engine, bindparam, case, exists, func, null, or_, select
from sqlmodel import col

from cases.facts.conditions import is_outcome_of_answer
from cases.facts.tables import AnswerFact, AnswerOutcomeFact, DispatchFact
from config.database import read_transaction
from desk.read_model.tables import DeskAccompanying, DeskCase

_ID: BindParameter[Any] = bindparam("id")
_CASE_OF_SENDER = (
    select(col(DeskAccompanying.case_id))
    .where(
        col(DeskAccompanying.complaint_id) == _ID,
        col(DeskAccompanying.is_latest),
        col(DeskAccompanying.is_from_sender),
    )
    .order_by(col(DeskAccompanying.hop).desc())
    .limit(1)
    .scalar_subquery()
)
_OFFICER_DATE = (
    select(col(DeskCase.due_at))
    .where(
        col(DeskCase.complaint_id) == func.coalesce(_CASE_OF_SENDER, _ID),
        col(DeskCase.is_current),
        col(DeskCase.joined) == 0,
    )
    .scalar_subquery()
)
# By the agency of the dispatch: the next one has a deadline of its own.
_IS_EXTENDED = exists().where(
    or_(
        col(AnswerFact.complaint_id) == col(DispatchFact.case_id),
        col(AnswerFact.complaint_id) == col(DispatchFact.complaint_id),
    ),
    col(AnswerFact.agency) == col(DispatchFact.agency),
    col(AnswerFact.verdict) == "extended",
    is_outcome_of_answer(),
    col(AnswerOutcomeFact.outcome) == "counted",
)
_ROUTER_DATE = (
    select(case((_IS_EXTENDED, null()), else_=col(DispatchFact.due_at)))
    .where(col(DispatchFact.complaint_id) == _ID)
    .order_by(col(DispatchFact.hop).desc())
    .limit(1)
    .scalar_subquery()
)
_DEADLINE = select(func.coalesce(_OFFICER_DATE, _ROUTER_DATE))


def sender_deadline(engine: Engine, complaint_id: UUID) -> datetime | None:
    """Return until when the agency must answer; `None` before the first dispatch, or if no date can be told.

    It is the officer's date while all reports of the case come from this sender. With reports of other citizens that
    date could tell when another one wrote: the sender reads the date that the router gave to the own report. After an
    extension by that agency this date is not true any more, and the sender reads none.
    """
    with read_transaction(engine) as connection:
        return connection.execute(_DEADLINE, {"id": complaint_id}).scalar_one()
