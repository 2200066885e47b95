"""Lists recommendations with their states: ids, codes and times. The words are on the page of the case."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, and_, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.tables import ComplaintFact, DispatchFact, RecommendationFact
from config.conditions import is_one_of
from config.database import read_transaction
from messages.recommendation import RecommendationKind, counted_answer
from oversight.notices.recommendation_clocks import recommendation_clock_name
from oversight.notices.tables import OversightClock

# `answered` has `followed` and `not-followed`; `waiting` has those that are overdue, too.
StateFilter: TypeAlias = Literal["", "waiting", "overdue", "answered"]
RecommendationState: TypeAlias = Literal["waiting", "overdue", "followed", "not-followed"]
# Recommendations of one list. Those that wait are few: an overdue one is looked for among so many.
MAX_ROWS = 10_000

_IS_RECOMMENDED = col(RecommendationFact.act) == "recommended"


class Position(NamedTuple):
    """Position in a list: time and id of the last recommendation of a page."""

    at: datetime
    id: UUID


class RecommendationFilter(NamedTuple):
    """Conditions of a list. `account_id`: only recommendations of this overseer."""

    state: StateFilter = ""
    account_id: UUID | None = None


class ListedRecommendation(NamedTuple):
    """A recommendation. `agency` is the code of who has the report now, `due_at` is `None` after the answer."""

    id: UUID
    number: str
    agency: str
    kind: RecommendationKind
    account_id: UUID | None
    at: datetime
    state: RecommendationState
    due_at: datetime | None
    answered_at: datetime | None


class RecommendationList:
    """Reads from the read model of oversight. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(
        self, chosen: RecommendationFilter, now: datetime, limit: int, after: Position | None = None
    ) -> Sequence[ListedRecommendation]:
        """Return the chosen recommendations, the newest first, at most `limit`; only older ones than a position."""
        with read_transaction(self._engine) as connection:
            rows = _rows(connection, chosen, MAX_ROWS if chosen.state == "overdue" else limit, after)
            listed = _listed(connection, rows, now)
        if chosen.state == "overdue":
            listed = [item for item in listed if item.state == "overdue"]
        return listed[:limit]


def _rows(connection: Connection, chosen: RecommendationFilter, limit: int, after: Position | None) -> Sequence[Any]:
    answer = aliased(RecommendationFact)
    has_answer = exists().where(
        col(answer.recommendation_id) == col(RecommendationFact.id), col(answer.act) != "recommended"
    )
    at, id_ = col(RecommendationFact.at), col(RecommendationFact.id)
    columns: Sequence[Any] = RecommendationFact.__table__.columns  # type: ignore[attr-defined]
    query = select(*columns).where(_IS_RECOMMENDED)
    if chosen.account_id:
        query = query.where(col(RecommendationFact.account_id) == chosen.account_id)
    if chosen.state:
        query = query.where(has_answer if chosen.state == "answered" else ~has_answer)
    if after:
        query = query.where(or_(at < after.at, and_(at == after.at, id_ < after.id)))
    return connection.execute(query.order_by(at.desc(), id_.desc()).limit(limit)).all()


def _listed(connection: Connection, rows: Sequence[Any], now: datetime) -> list[ListedRecommendation]:
    complaint_ids = {row.complaint_id for row in rows}
    numbers, agencies = _numbers(connection, complaint_ids), _agencies(connection, complaint_ids)
    answers, deadlines = _answers(connection, [row.id for row in rows]), _deadlines(connection, complaint_ids)
    listed = []
    for row in rows:
        answer = counted_answer(answers[row.id])
        due_at = None if answer else deadlines.get(recommendation_clock_name(row.id))
        is_late = due_at is not None and due_at < now
        listed.append(
            ListedRecommendation(
                row.id,
                numbers.get(row.complaint_id, ""),
                agencies.get(row.complaint_id, row.agency),
                row.kind,
                row.account_id,
                row.at,
                answer.act if answer else "overdue" if is_late else "waiting",
                due_at,
                answer.at if answer else None,
            )
        )
    return listed


def _numbers(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, str]:
    columns = (col(ComplaintFact.id), col(ComplaintFact.tracking))
    return {row[0]: row[1] for row in connection.execute(select(*columns).where(is_one_of(columns[0], complaint_ids)))}


def _agencies(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the agency of the last dispatch of each report."""
    columns = (col(DispatchFact.complaint_id), col(DispatchFact.agency))
    return {
        row[0]: row[1]
        for row in connection.execute(
            select(*columns).where(is_one_of(columns[0], complaint_ids)).order_by(col(DispatchFact.hop))
        )
    }


def _answers(connection: Connection, recommendation_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Any]]:
    columns: Sequence[Any] = RecommendationFact.__table__.columns  # type: ignore[attr-defined]
    query = select(*columns).where(~_IS_RECOMMENDED)
    answers: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in connection.execute(
        query.where(is_one_of(col(RecommendationFact.recommendation_id), recommendation_ids))
    ):
        answers[row.recommendation_id].append(row)
    return answers


def _deadlines(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[str, datetime]:
    """Return the deadlines of clocks that run, by the name of the clock."""
    columns = (col(OversightClock.clock), col(OversightClock.due_at))
    return {
        row[0]: row[1]
        for row in connection.execute(
            select(*columns).where(is_one_of(col(OversightClock.complaint_id), complaint_ids))
        )
    }
