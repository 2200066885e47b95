"""Conditions that join the words to their facts. Each finds one row by the primary key of `CaseWords`."""

from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from cases.facts.tables import AnswerFact, ComplaintFact, CorrectionFact, DispatchFact, RecommendationFact
from cases.words.tables import CaseWords


def is_of_complaint() -> ColumnElement[bool]:
    """Return the condition that words are those of a complaint."""
    return _is_of(CaseWords, ComplaintFact.id, ComplaintFact.id)


def is_of_dispatch(words: Any = CaseWords) -> ColumnElement[bool]:
    """Return the condition that words are those of a dispatch. `words` is the table of words, or an alias of it."""
    return _is_of(words, DispatchFact.id, DispatchFact.complaint_id)


def is_of_answer() -> ColumnElement[bool]:
    """Return the condition that words are those of an answer."""
    return _is_of(CaseWords, AnswerFact.id, AnswerFact.complaint_id, AnswerFact.agency)


def is_of_correction() -> ColumnElement[bool]:
    """Return the condition that words are those of a correction."""
    return _is_of(CaseWords, CorrectionFact.id, CorrectionFact.complaint_id)


def is_of_recommendation() -> ColumnElement[bool]:
    """Return the condition that words are those of a recommendation, or of the answer to one."""
    return _is_of(CaseWords, RecommendationFact.id, RecommendationFact.complaint_id)


def _is_of(words: Any, fact_id: Any, complaint_id: Any, agency: Any = "") -> ColumnElement[bool]:
    return and_(
        col(words.fact_id) == col(fact_id),
        col(words.agency) == agency,
        col(words.complaint_id) == col(complaint_id),
    )
