"""Cases that wait at triage for a decision, and the decision about a dispatch to triage."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.conditions import accompanies_one_of, is_latest_dispatch, is_to_dispatch
from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact
from cases.words.conditions import is_of_answer, is_of_complaint, is_of_dispatch
from cases.words.tables import CaseWords
from config.conditions import is_one_of, starts_with
from messages.codec import decode_stored
from messages.shapes import Dispatch, SecondMatter
from messages.topics import TRIAGE
from sinks.ledger.danger import case_danger

_WORDS_OF_DISPATCH = aliased(CaseWords)


@dataclass(frozen=True, slots=True)
class TriageCase:
    """Case at triage without a decision.

    `at_triage_since` is the time of its dispatch to triage. `followers` counts the reports that belong to the case and
    go wherever it goes. `is_asked`: triage asked the sender about this dispatch. `danger` is that of the case or of a
    follower; `reopened` is how often the sender had the case opened again. Title and text are as they were written.
    """

    case_id: UUID
    tracking: str
    received_at: datetime
    at_triage_since: datetime
    due_at: datetime
    topic: str
    region: str
    alternatives: tuple[str, ...]
    followers: int
    title: str
    text: str
    is_asked: bool
    danger: str
    reopened: int
    second_matter: SecondMatter | None


@dataclass(frozen=True, slots=True)
class TriagePage:
    """Part of the list: at most `limit` cases after the one at this place."""

    limit: int
    after: "TriagePlace | None" = None


class TriagePlace(NamedTuple):
    """Place of a case in the list: those with danger to life come first, then the oldest."""

    is_without_danger: bool
    at_triage_since: datetime
    tracking: str


def read_place(connection: Connection, dispatch_id: UUID) -> TriagePlace | None:
    """Return the place of the case that this dispatch brought to triage; `None` for an unknown one."""
    query = (
        select(case_danger() == "", col(DispatchFact.at), col(ComplaintFact.tracking))
        .join(ComplaintFact, col(ComplaintFact.id) == col(DispatchFact.complaint_id))
        .where(col(DispatchFact.id) == dispatch_id)
    )
    row = connection.execute(query).one_or_none()
    return TriagePlace(bool(row[0]), row[1], row[2]) if row else None


class TriageTotals(NamedTuple):
    """Number of undecided cases, and the time since when the oldest is at triage; `None` without cases."""

    cases: int
    oldest: datetime | None


def undecided_triage_cases(
    connection: Connection, agencies: Collection[str], topic: str = "", region: str = "", page: TriagePage | None = None
) -> Sequence[TriageCase]:
    """Return the undecided cases at triage: those with danger to life first, then the oldest.

    Only those of a topic, or in a region and its parts, if given.

    `agencies` are the codes to which triage may give a case. Without a `page` all cases are returned.
    """
    query = _undecided_query(agencies, topic, region)
    if page and page.after:
        query = query.where(tuple_(*_order()) > page.after)
    if page:
        query = query.limit(page.limit)
    rows = connection.execute(query).all()
    followers = _count_followers(connection, [row.complaint_id for row in rows])
    dispatches = [decode_stored(Dispatch, row.shape_version, row.document) for row in rows]
    return [
        TriageCase(
            case_id=row.complaint_id,
            tracking=row.tracking,
            received_at=row.received_at,
            at_triage_since=row.at,
            due_at=row.due_at,
            topic=row.topic,
            region=row.region,
            alternatives=dispatch.alternatives,
            followers=followers.get(row.complaint_id, 0),
            title=row.title,
            text=row.text,
            is_asked=row.is_asked,
            danger=row.danger,
            reopened=row.reopened,
            second_matter=dispatch.second_matter,
        )
        for row, dispatch in zip(rows, dispatches, strict=True)
    ]


def count_undecided(
    connection: Connection, agencies: Collection[str], topic: str = "", region: str = ""
) -> TriageTotals:
    """Return the totals of the cases that `undecided_triage_cases` returns."""
    cases = _undecided_query(agencies, topic, region).order_by(None).subquery()
    row = connection.execute(select(func.count(), func.min(cases.c.at)).select_from(cases)).one()
    return TriageTotals(row[0], row[1])


class UndecidedSubject(NamedTuple):
    """Topic and region of undecided cases, and their number. Both are codes, and may be empty."""

    topic: str
    region: str
    cases: int


def count_undecided_subjects(connection: Connection, agencies: Collection[str]) -> Sequence[UndecidedSubject]:
    """Return the topics and regions of the undecided cases, each pair once."""
    cases = _undecided_query(agencies, "", "").order_by(None).subquery()
    query = select(cases.c.topic, cases.c.region, func.count()).group_by(cases.c.topic, cases.c.region)
    return [UndecidedSubject(*row) for row in connection.execute(query)]


class DecidedAgency(NamedTuple):
    """Agency to which triage gave a case, and the person who decided. The agency is triage itself if it closed it."""

    agency: str
    actor: str


def triage_decision(connection: Connection, dispatch_id: UUID, agencies: Collection[str]) -> DecidedAgency | None:
    """Return the decision about a dispatch to triage, while the router has not processed it; `None` without one."""
    query = (
        select(col(AnswerFact.suggested_agency), col(CaseWords.actor))
        .join(DispatchFact, is_to_dispatch())
        .join(CaseWords, is_of_answer())
        .where(col(DispatchFact.id) == dispatch_id, _is_decision(agencies))
    )
    decision = connection.execute(query.order_by(col(AnswerFact.at))).first()
    return DecidedAgency(decision.suggested_agency or TRIAGE, decision.actor) if decision else None


def _undecided_query(agencies: Collection[str], topic: str, region: str) -> Select[Any]:
    dispatch_columns = ("complaint_id", "at", "due_at", "topic", "region", "reopened")
    has_decision = exists().where(is_to_dispatch(), _is_decision(agencies))
    is_question = and_(col(AnswerFact.agency) == TRIAGE, col(AnswerFact.verdict) == "asked")
    query: Select[Any] = (
        select(
            *(col(getattr(ComplaintFact, name)) for name in ("tracking", "received_at")),
            *(col(CaseWords.title), col(CaseWords.text)),
            *(col(_WORDS_OF_DISPATCH.shape_version), col(_WORDS_OF_DISPATCH.document)),
            *(col(getattr(DispatchFact, name)) for name in dispatch_columns),
            exists().where(is_to_dispatch(), is_question).label("is_asked"),
            case_danger().label("danger"),
        )
        .join(ComplaintFact, col(ComplaintFact.id) == col(DispatchFact.complaint_id))
        .join(CaseWords, is_of_complaint())
        .join(_WORDS_OF_DISPATCH, is_of_dispatch(words=_WORDS_OF_DISPATCH))
        .where(col(DispatchFact.agency) == TRIAGE, col(DispatchFact.own_case), is_latest_dispatch(), ~has_decision)
        .order_by(*_order())
    )
    if topic:
        query = query.where(col(DispatchFact.topic) == topic)
    if region:
        is_part = starts_with(col(DispatchFact.region), f"{region}.")
        query = query.where(or_(col(DispatchFact.region) == region, is_part))
    return query


def _order() -> Sequence[Any]:
    """Return the expressions of `TriagePlace`."""
    return (case_danger() == "", col(DispatchFact.at), col(ComplaintFact.tracking))


def _is_decision(agencies: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that an answer decides a triage case: it names an agency of `agencies`, or closes."""
    names_agency = and_(col(AnswerFact.verdict) == "refused", is_one_of(col(AnswerFact.suggested_agency), agencies))
    return and_(col(AnswerFact.agency) == TRIAGE, or_(names_agency, col(AnswerFact.verdict) == "closed"))


def _count_followers(connection: Connection, case_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    query = (
        select(col(DispatchFact.case_id), func.count().label("followers"))
        .where(accompanies_one_of(case_ids), is_latest_dispatch())
        .group_by(col(DispatchFact.case_id))
    )
    return {row.case_id: row.followers for row in connection.execute(query)}
