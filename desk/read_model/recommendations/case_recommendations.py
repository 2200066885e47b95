"""Reads the recommendations about a case, and finds the cases of an agency that owe an answer.

A recommendation belongs to a report. Its case is the one that the report is or accompanies now, at the agency that has
it. Recommendations are few: whether one waits is a condition, and no column of the case.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import DispatchFact, RecommendationFact
from cases.words.conditions import is_of_recommendation
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from desk.read_model.tables import DeskAccompanying, DeskCase
from desk.units.tiers import Tier, is_in_tier
from messages.recommendation import RecommendationKind, RecommendationOutcome, counted_answer, first_of_stay

_IS_RECOMMENDED = col(RecommendationFact.act) == "recommended"
_CASE_ID = col(DispatchFact.case_id)


@dataclass(frozen=True, slots=True)
class RecommendationAnswer:
    """The answer that counts. `at` is the bus's time, `agency` the code of who answered."""

    id: UUID
    at: datetime
    outcome: RecommendationOutcome
    text: str
    agency: str
    actor: str


@dataclass(frozen=True, slots=True)
class CaseRecommendation:
    """A recommendation about a case. `held_since`: the agency has had the report since then; the deadline needs it."""

    id: UUID
    complaint_id: UUID
    kind: RecommendationKind
    text: str
    actor: str
    at: datetime
    held_since: datetime
    answer: RecommendationAnswer | None = None


def read_recommendations(connection: Connection, case_id: UUID, agency: str) -> Sequence[CaseRecommendation]:
    """Return the recommendations about a case that the agency has, the oldest first."""
    rows = connection.execute(_recommendations_query(), {"case_id": case_id, "agency": agency}).all()
    stays = read_stays(connection, {row.complaint_id for row in rows})
    answers: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        if row.act != "recommended":
            answers[row.recommendation_id].append(row)
    return [
        CaseRecommendation(
            row.id,
            row.complaint_id,
            row.kind,
            row.text,
            row.actor,
            row.at,
            stays[row.complaint_id].at,
            _answer(counted_answer(answers[row.id])),
        )
        for row in rows
        if row.act == "recommended" and row.complaint_id in stays
    ]


@cache
def _recommendations_query() -> Select[*tuple[Any, ...]]:
    """Return the query of all recommendations and answers about a case, built once: each case asks it."""
    case_id: BindParameter[UUID] = bindparam("case_id")
    accompanying = select(col(DeskAccompanying.complaint_id)).where(
        col(DeskAccompanying.case_id) == case_id,
        col(DeskAccompanying.agency) == bindparam("agency"),
        col(DeskAccompanying.is_latest),
    )
    complaint_id = col(RecommendationFact.complaint_id)
    return (
        select(
            RecommendationFact.__table__,  # type: ignore[attr-defined]
            *(col(CaseWords.text), col(CaseWords.actor)),
        )
        .join(CaseWords, is_of_recommendation())
        .where(or_(complaint_id == case_id, complaint_id.in_(accompanying)))
        .order_by(col(RecommendationFact.at), col(RecommendationFact.id))
    )


def has_waiting_recommendation(agency: str) -> ColumnElement[bool]:
    """Return the SQL condition that a row of `DeskCase` is of the agency now and owes an answer."""
    return col(DeskCase.is_current) & col(DeskCase.complaint_id).in_(_waiting(agency).with_only_columns(_CASE_ID))


def count_waiting(connection: Connection, agency: str, case_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return the number of recommendations that wait for an answer, for those of the agency's cases that have some."""
    rows = connection.execute(_waiting_query(), {"agency": agency, "ids": case_ids}) if case_ids else ()
    return {row[0]: row[1] for row in rows}


def waiting_numbers(connection: Connection, tier: Tier, limit: int) -> Sequence[str]:
    """Return the numbers of the tier's cases that owe an answer, the oldest cases first.

    The few recommendations come first: a database that begins with the cases reads all of the agency.
    """
    case_ids = connection.execute(_waiting_cases_query(), {"agency": tier.agency}).scalars().all()
    if not case_ids:
        return ()
    columns = [col(getattr(DeskCase, name)) for name in ("dispatched_at", "dispatch_id", "tracking")]
    is_own = (is_in_tier(tier), col(DeskCase.is_current))
    rows = connection.execute(select(*columns).where(is_one_of(col(DeskCase.complaint_id), case_ids), *is_own)).all()
    return [row.tracking for row in sorted(rows)[:limit]]


def read_stays(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, Row[Any]]:
    """Return for each report the dispatch with which the agency that has it now got it: `agency` and `at`."""
    columns: Sequence[Any] = [col(getattr(DispatchFact, name)) for name in ("complaint_id", "agency", "at")]
    histories: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    query = select(*columns).where(is_one_of(columns[0], complaint_ids)).order_by(col(DispatchFact.hop))
    for row in connection.execute(query) if complaint_ids else ():
        histories[row.complaint_id].append(row)
    return {complaint_id: first_of_stay(history) for complaint_id, history in histories.items()}


def is_waiting() -> ColumnElement[bool]:
    """Return the SQL condition that a row of `RecommendationFact` is a recommendation without an answer."""
    answer = aliased(RecommendationFact)
    has_answer = exists().where(
        col(answer.recommendation_id) == col(RecommendationFact.id), col(answer.act) != "recommended"
    )
    return _IS_RECOMMENDED & ~has_answer


@cache
def _waiting_cases_query() -> Select[*tuple[Any, ...]]:
    """Return the query of the cases that have some, built once. The parameter: `agency`."""
    return _waiting(bindparam("agency")).with_only_columns(_CASE_ID).distinct()


@cache
def _waiting_query() -> Select[*tuple[Any, ...]]:
    """Return the query that counts them by case, built once: each list asks it. The parameters: `agency`, `ids`."""
    is_of_cases = is_one_of(_CASE_ID, bindparam("ids"))
    query = _waiting(bindparam("agency")).with_only_columns(_CASE_ID, func.count())
    return query.where(is_of_cases).group_by(_CASE_ID)


def _waiting(agency: str | BindParameter[str]) -> Select[*tuple[Any, ...]]:
    """Return the waiting recommendations with the latest dispatch of their report, if it is the agency's."""
    return (
        select(_CASE_ID)
        .select_from(RecommendationFact)
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(RecommendationFact.complaint_id))
        .where(is_waiting(), is_latest_dispatch(), col(DispatchFact.agency) == agency)
    )


def _answer(row: Row[Any] | None) -> RecommendationAnswer | None:
    return RecommendationAnswer(row.id, row.at, row.act, row.text, row.agency, row.actor) if row else None
