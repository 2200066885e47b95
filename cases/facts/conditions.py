"""Conditions on facts that several queries share. `dispatch` is the table of dispatches, or an alias of it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.tables import AnswerFact, AnswerOutcomeFact, DispatchFact, EventFact
from config.conditions import is_one_of

# A message that the normalizer set aside as no report, and whose sender was given a number.
IS_SET_ASIDE: ColumnElement[bool] = col(EventFact.event) == "not-a-complaint"


def is_to_dispatch(dispatch: Any = DispatchFact) -> ColumnElement[bool]:
    """Return the condition that an answer is to a dispatch: it names it, its agency and its complaint.

    An answer without its dispatch, or of an agency that does not have the dispatch, is none.
    """
    return and_(
        col(dispatch.id) == col(AnswerFact.dispatch_id),
        col(dispatch.agency) == col(AnswerFact.agency),
        col(dispatch.complaint_id) == col(AnswerFact.complaint_id),
    )


def is_outcome_of_answer() -> ColumnElement[bool]:
    """Return the condition that an outcome is that of an answer."""
    return and_(
        col(AnswerOutcomeFact.answer_id) == col(AnswerFact.id),
        col(AnswerOutcomeFact.complaint_id) == col(AnswerFact.complaint_id),
        col(AnswerOutcomeFact.agency) == col(AnswerFact.agency),
    )


def accompanies_one_of(case_ids: Any) -> ColumnElement[bool]:
    """Return the condition that the complaint of a dispatch accompanies one of these cases, and is none of its own."""
    return and_(is_one_of(col(DispatchFact.case_id), case_ids), ~col(DispatchFact.own_case))


def is_latest_dispatch(dispatch: Any = DispatchFact) -> ColumnElement[bool]:
    """Return the condition that a dispatch is the latest of its complaint: no dispatch has a higher hop."""
    later = aliased(DispatchFact)
    has_later = and_(col(later.complaint_id) == col(dispatch.complaint_id), col(later.hop) > col(dispatch.hop))
    return ~exists().where(has_later)
