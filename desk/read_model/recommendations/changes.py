"""Changes of cases by recommendations of overseers: who is told of one, and which cases a program reads again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from config.conditions import is_one_of
from desk.changes import CaseChange
from desk.read_model.recommendations.case_recommendations import is_waiting, read_stays
from desk.read_model.tables import DeskCase, DeskDispatch, DeskRecommendation
from messages import ids


def with_recommendations(connection: Connection, complaint_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some reports that have a recommendation. They are few."""
    if not complaint_ids:
        return set()
    return set(connection.execute(_RECOMMENDED, {"values": complaint_ids}).scalars())


def recommendation_changes(
    connection: Connection, recommendations: Sequence[Mapping[str, Any]], moved: Collection[UUID]
) -> Sequence[CaseChange]:
    """Return a change for each waiting recommendation that an agency has got.

    It gets one with a new row of `recommendations`, and with a report of `moved`, which was dispatched to it. The id
    follows from recommendation and agency: each agency is told of a recommendation once.
    """
    new_ids = {row["id"] for row in recommendations if row["act"] == "recommended"}
    return [
        *_changes(connection, _BY_ID, new_ids),
        *_changes(connection, _BY_COMPLAINT, moved),
    ]


def recommended_cases(
    connection: Connection, recommendations: Sequence[Mapping[str, Any]], moved: Collection[UUID]
) -> set[UUID]:
    """Return all cases that the reports of new recommendations and answers are, or have ever accompanied.

    So it is for reports of `moved`, which were dispatched: their recommendations move with them.
    """
    complaint_ids = {*moved, *(row["complaint_id"] for row in recommendations)}
    if not complaint_ids:
        return set()
    case_id = func.coalesce(col(DeskDispatch.of), col(DeskDispatch.complaint_id))
    query = select(case_id).where(is_one_of(col(DeskDispatch.complaint_id), complaint_ids)).distinct()
    return set(connection.execute(query).scalars())


def _changes(connection: Connection, query: Select[Any], values: Collection[UUID]) -> Iterator[CaseChange]:
    rows = connection.execute(query, {"values": values}).all() if values else []
    stays = read_stays(connection, {row.complaint_id for row in rows})
    for row in rows:
        change_id = ids.event_id(row.id, f"recommended:{row.agency}")
        at = max(row.at, stays[row.complaint_id].at)
        yield CaseChange(change_id, "recommended", row.agency, row.tracking, row.dispatch_id, row.state, at)


def _query(column: Mapped[UUID]) -> Select[Any]:
    """Return the query for waiting recommendations by the values of a column, with the case of each now."""
    is_case = and_(
        or_(
            col(DeskCase.complaint_id) == col(DeskDispatch.of),
            and_(col(DeskDispatch.of).is_(None), col(DeskCase.complaint_id) == col(DeskDispatch.complaint_id)),
        ),
        col(DeskCase.agency) == col(DeskDispatch.agency),
        col(DeskCase.is_current),
    )
    columns: Sequence[Any] = (
        *(col(getattr(DeskRecommendation, name)) for name in ("id", "complaint_id", "at")),
        *(col(getattr(DeskCase, name)) for name in ("agency", "tracking", "dispatch_id", "state")),
    )
    return (
        select(*columns)
        .select_from(DeskRecommendation)
        .join(DeskDispatch, col(DeskDispatch.complaint_id) == col(DeskRecommendation.complaint_id))
        .join(DeskCase, is_case)
        .where(is_waiting(), col(DeskDispatch.is_latest), is_one_of(column, bindparam("values")))
        .order_by(col(DeskRecommendation.at), col(DeskRecommendation.id))
    )


# Built once: each batch asks them.
_RECOMMENDED = (
    select(col(DeskRecommendation.complaint_id))
    .where(is_one_of(col(DeskRecommendation.complaint_id), bindparam("values")))
    .distinct()
)
_BY_ID = _query(col(DeskRecommendation.id))
_BY_COMPLAINT = _query(col(DeskRecommendation.complaint_id))
