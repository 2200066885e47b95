"""Changes of cases by recommendations of overseers: who is told of one, and which cases a program reads again."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, bindparam, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import DispatchFact, RecommendationFact
from config.conditions import is_one_of
from desk.changes import CaseChange
from desk.read_model.recommendations.case_recommendations import is_waiting, read_stays
from desk.read_model.tables import DeskCase
from messages import ids


def recommendation_changes(
    connection: Connection, new_ids: Collection[UUID], moved: Collection[UUID]
) -> Sequence[CaseChange]:
    """Return a change for each waiting recommendation that an agency has got.

    It gets one with a new recommendation of these ids, and with a report of `moved`, which was dispatched to it. The id
    follows from recommendation and agency: each agency is told of a recommendation once.
    """
    return [
        *_changes(connection, _BY_ID, new_ids),
        *_changes(connection, _BY_COMPLAINT, moved),
    ]


def recommended_cases(connection: Connection, complaint_ids: Collection[UUID]) -> set[UUID]:
    """Return all cases that these reports are, or have ever accompanied.

    They are those of new recommendations and answers, and those that were dispatched: their recommendations move.
    """
    if not complaint_ids:
        return set()
    query = select(col(DispatchFact.case_id)).where(is_one_of(col(DispatchFact.complaint_id), complaint_ids)).distinct()
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
        col(DeskCase.complaint_id) == col(DispatchFact.case_id),
        col(DeskCase.agency) == col(DispatchFact.agency),
        col(DeskCase.is_current),
    )
    columns: Sequence[Any] = (
        *(col(getattr(RecommendationFact, name)) for name in ("id", "complaint_id", "at")),
        *(col(getattr(DeskCase, name)) for name in ("agency", "tracking", "dispatch_id", "state")),
    )
    return (
        select(*columns)
        .select_from(RecommendationFact)
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(RecommendationFact.complaint_id))
        .join(DeskCase, is_case)
        .where(is_waiting(), is_latest_dispatch(), is_one_of(column, bindparam("values")))
        .order_by(col(RecommendationFact.at), col(RecommendationFact.id))
    )


# Built once: each batch asks them.
_BY_ID = _query(col(RecommendationFact.id))
_BY_COMPLAINT = _query(col(RecommendationFact.complaint_id))
