"""Conditions that join the words to their facts. Each finds one row by the primary key of `CaseWords`."""

from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from cases.facts.tables import AnswerFact, ComplaintFact, CorrectionFact, DispatchFact, RecommendationFact
from cases.words.tables import CaseWords

# Each parameter is the table of the facts, or an alias of it.


def is_of_complaint(complaint: Any = ComplaintFact, words: Any = CaseWords) -> ColumnElement[bool]:
    """Return the condition that words are those of a complaint."""
    return _is_of(words, complaint.id, complaint.id)


def is_of_dispatch(dispatch: Any = DispatchFact, words: Any = CaseWords) -> ColumnElement[bool]:
    """Return the condition that words are those of a dispatch."""
    return _is_of(words, dispatch.id, dispatch.complaint_id)


def is_of_answer(answer: Any = AnswerFact, words: Any = CaseWords) -> ColumnElement[bool]:
    """Return the condition that words are those of an answer."""
    return _is_of(words, answer.id, answer.complaint_id, answer.agency)


def is_of_correction(correction: Any = CorrectionFact, words: Any = CaseWords) -> ColumnElement[bool]:
    """Return the condition that words are those of a correction."""
    return _is_of(words, correction.id, correction.complaint_id)


def is_of_recommendation(recommendation: Any = RecommendationFact, words: Any = CaseWords) -> ColumnElement[bool]:
    """Return the condition that words are those of a recommendation, or of the answer to one."""
    return _is_of(words, recommendation.id, recommendation.complaint_id)


def _is_of(words: Any, fact_id: Any, complaint_id: Any, agency: Any = "") -> ColumnElement[bool]:
    return and_(
        col(words.fact_id) == col(fact_id),
        col(words.agency) == agency,
        col(words.complaint_id) == col(complaint_id),
    )
