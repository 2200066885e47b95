"""Queries of the public view: a page of a list, one report, and the report that a sender refers to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, or_, tuple_
from sqlmodel import col, select

from config.database import read_transaction
from sinks.public.public_id import is_public_id
from sinks.public.tables import PublicReport

# States in which nothing joins a report any more.
CLOSED_STATES = frozenset({"selesai", "bukan-laporan", "ditarik"})
# Values of the filter by state.
OPEN, CLOSED = "berjalan", "selesai"


@dataclass(frozen=True, slots=True)
class Position:
    """Position of a report in the lists, which begin with the newest."""

    published_at: datetime
    public_id: str


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """Filter of a list; an empty field does not filter. `region` is the code of a province, a city or a district.

    `state` is `berjalan` or `selesai`. `topics` and the times serve Open311.
    """

    agency: str = ""
    topics: Sequence[str] = ()
    region: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report of the public view. Its words are masked."""

    public_id: str
    title: str
    text: str
    agency: str
    topic: str
    region: str
    state: str
    joined: int
    received_at: datetime
    published_at: datetime
    changed_at: datetime

    @property
    def is_open(self) -> bool:
        """True if another report may join this one."""
        return self.state not in CLOSED_STATES

    @property
    def position(self) -> Position:
        """Position in the lists."""
        return Position(self.published_at, self.public_id)


_COLUMNS = tuple(col(getattr(PublicReport, name)) for name in ShownReport.__dataclass_fields__)


class PublicReports:
    """Reads the public view. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self, chosen: PublicFilter, limit: int, before: Position | None = None) -> Sequence[ShownReport]:
        """Return the reports that the filter lets through, the newest first, at most `limit`, after `before`."""
        published_at, public_id = col(PublicReport.published_at), col(PublicReport.public_id)
        query = select(*_COLUMNS).where(*_conditions(chosen))
        if before:
            query = query.where(tuple_(published_at, public_id) < (before.published_at, before.public_id))
        query = query.order_by(published_at.desc(), public_id.desc()).limit(limit)
        with read_transaction(self._engine) as connection:
            return [ShownReport(*row) for row in connection.execute(query)]

    def find(self, public_id: str) -> ShownReport | None:
        """Return the report with this public id."""
        row = self._find(select(*_COLUMNS), public_id)
        return ShownReport(*row) if row else None

    def open_complaint(self, public_id: str) -> UUID | None:
        """Return the complaint of a report that is public and open, so that another citizen's report may join it."""
        is_open = col(PublicReport.state).not_in(CLOSED_STATES)
        row = self._find(select(col(PublicReport.complaint_id)).where(is_open), public_id)
        complaint_id: UUID | None = row[0] if row else None
        return complaint_id

    def agencies(self) -> Sequence[str]:
        """Return the codes of the agencies that have public reports."""
        query = select(col(PublicReport.agency)).distinct()
        with read_transaction(self._engine) as connection:
            return sorted(connection.execute(query).scalars())

    def _find(self, query: Any, public_id: str) -> Any:
        if not is_public_id(public_id):
            return None
        with read_transaction(self._engine) as connection:
            return connection.execute(query.where(col(PublicReport.public_id) == public_id)).first()


FindOpenComplaint = Callable[[str], UUID | None]


def _conditions(chosen: PublicFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.agency:
        conditions.append(col(PublicReport.agency) == chosen.agency)
    if chosen.topics:
        conditions.append(col(PublicReport.topic).in_(chosen.topics))
    if chosen.region:
        conditions.append(col(PublicReport.province) == chosen.region.partition(".")[0])
        region = col(PublicReport.region)
        if "." in chosen.region:
            conditions.append(or_(region == chosen.region, region.startswith(f"{chosen.region}.", autoescape=True)))
    if chosen.state:
        is_closed = col(PublicReport.state).in_(CLOSED_STATES)
        conditions.append(is_closed if chosen.state == CLOSED else ~is_closed)
    if chosen.since:
        conditions.append(col(PublicReport.published_at) >= chosen.since)
    if chosen.until:
        conditions.append(col(PublicReport.published_at) <= chosen.until)
    return conditions
