"""Cases of a tier whose deadline has passed, and who has them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select
from sqlmodel import col

from config.conditions import starts_with
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier, is_in_tier

_UNIT = func.coalesce(col(DeskHolder.unit_code), "")
_NAME = func.coalesce(col(DeskHolder.name), "")


class OverdueCase(NamedTuple):
    """A case whose deadline has passed. `unit_code` and `holder` are empty while nobody of the institution has it."""

    tracking: str
    topic: str
    region: str
    due_at: datetime
    unit_code: str
    holder: str


class OverdueShare(NamedTuple):
    """The number of overdue cases that a unit and a person have; both may be empty."""

    unit_code: str
    holder: str
    cases: int


def read_overdue(
    connection: Connection,
    tier: Tier,
    now: datetime,
    limit: int,
    topic: str = "",
    region: str = "",
    complaint_ids: Select[tuple[UUID]] | None = None,
) -> Sequence[OverdueCase]:
    """Return the cases whose deadline passed first; of a topic, within a region, and with `complaint_ids` of these."""
    columns = (col(getattr(DeskCase, name)) for name in ("tracking", "topic", "region", "due_at"))
    query = _overdue(select(*columns, _UNIT, _NAME), tier, now, topic, region, complaint_ids)
    query = query.order_by(col(DeskCase.due_at), col(DeskCase.dispatch_id)).limit(limit)
    return [OverdueCase(*row) for row in connection.execute(query)]


def count_overdue_by_holder(
    connection: Connection,
    tier: Tier,
    now: datetime,
    topic: str = "",
    region: str = "",
    complaint_ids: Select[tuple[UUID]] | None = None,
) -> Sequence[OverdueShare]:
    """Return how many overdue cases each unit and person has, the most first."""
    number = func.count()
    query = _overdue(select(_UNIT, _NAME, number), tier, now, topic, region, complaint_ids).group_by(_UNIT, _NAME)
    shares = [OverdueShare(*row) for row in connection.execute(query)]
    return sorted(shares, key=lambda share: (-share.cases, share.unit_code, share.holder))


def count_untouched(connection: Connection, tier: Tier, before: datetime) -> int:
    """Return the number of cases that came before a moment, and that nobody has taken, passed on or answered."""
    query = (
        select(func.count())
        .select_from(DeskCase)
        .outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
        .where(is_in_tier(tier), col(DeskCase.tab) == "new", col(DeskCase.dispatched_at) < before, _NAME == "")
    )
    if tier.is_whole:
        query = query.where(_UNIT == "")
    return int(connection.execute(query).scalar_one())


def _overdue(
    query: Select[*tuple[Any, ...]],
    tier: Tier,
    now: datetime,
    topic: str,
    region: str,
    complaint_ids: Select[tuple[UUID]] | None,
) -> Select[*tuple[Any, ...]]:
    narrowed = _narrowed(topic, region, complaint_ids)
    return (
        query.select_from(DeskCase)
        .outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
        .where(is_in_tier(tier), col(DeskCase.is_open), col(DeskCase.due_at) < now, *narrowed)
    )


def _narrowed(topic: str, region: str, complaint_ids: Select[tuple[UUID]] | None) -> Iterator[ColumnElement[bool]]:
    if topic:
        yield col(DeskCase.topic) == topic
    if region:
        yield or_(col(DeskCase.region) == region, starts_with(col(DeskCase.region), f"{region}."))
    if complaint_ids is not None:
        yield col(DeskCase.complaint_id).in_(complaint_ids)
