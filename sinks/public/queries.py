"""Queries of the public view: a page of a list, one report, and the report that a sender refers to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Date, Engine, Row, bindparam, exists, or_, text, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from cases.clocks.public_day import public_day
from config.conditions import is_one_of, starts_with
from config.database import read_transaction
from sinks.public.public_id import is_public_id
from sinks.public.tables import PublicReport

# States in which nothing joins a report any more.
CLOSED_STATES = frozenset({"selesai", "bukan-laporan", "ditarik"})
# Values of the filter by state.
OPEN, CLOSED = "berjalan", "selesai"


# Parts of the code of a region: 33 is a province, 33.74 a city of it, 33.74.01 a district of that city.
PROVINCE_PARTS, CITY_PARTS = 1, 2
# The codes of the agencies, each by a look-up in the index: to read all reports for them takes long.
_AGENCIES = text("""
WITH RECURSIVE code(agency) AS (
    SELECT (
        SELECT agency FROM public_report
        WHERE agency >= '' AND shown_from <= :today AND (shown_until IS NULL OR shown_until > :today)
        ORDER BY agency LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT report.agency FROM public_report AS report
        WHERE report.agency > code.agency
            AND report.shown_from <= :today AND (report.shown_until IS NULL OR report.shown_until > :today)
        ORDER BY report.agency LIMIT 1
    ) FROM code WHERE code.agency IS NOT NULL
)
SELECT agency FROM code WHERE agency IS NOT NULL
""").bindparams(bindparam("today", type_=Date()))


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """Filter of a list; an empty field does not filter. `region` is the code of a province, a city or a district.

    `state` is `berjalan` or `selesai`. `topics` and the times serve Open311. The times count as whole days: by narrower
    ones a reader would find the time at which a citizen wrote.
    """

    agency: str = ""
    topics: Sequence[str] = ()
    region: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report of the public view. Its words are masked. Its times are days of western Indonesia.

    Who has the number of an anonymous report knows more of its times, and must not find the report by them.
    """

    public_id: str
    title: str
    text: str
    agency: str
    topic: str
    region: str
    state: str
    joined: int
    pictures: str
    published_on: date
    changed_on: date

    @property
    def picture_ids(self) -> Sequence[str]:
        """Ids of the pictures of the work."""
        return [id_ for id_ in self.pictures.split("|") if id_]

    @property
    def is_open(self) -> bool:
        """True if another report may join this one."""
        return self.state not in CLOSED_STATES


def region_part(region: str, parts: int) -> str:
    """Return the first parts of the code of a region; empty for a code with fewer."""
    codes = region.split(".")
    return ".".join(codes[:parts]) if len(codes) >= parts else ""


_COLUMNS = tuple(col(getattr(PublicReport, name)) for name in ShownReport.__dataclass_fields__)


class PublicReports:
    """Reads the public view. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def newest(self, chosen: PublicFilter, limit: int, before: str = "") -> Sequence[ShownReport]:
        """Return the reports that the filter lets through, the newest first, at most `limit`.

        `before` is the public id of a report, after which they begin. One that is not shown (any more) counts as none.
        """
        if _has_nul(chosen):
            return []
        published_on, public_id = col(PublicReport.published_on), col(PublicReport.public_id)
        is_shown = _is_shown(PublicReport, self._today())
        query = select(*_COLUMNS).where(*is_shown, *_conditions(chosen))
        with read_transaction(self._engine) as connection:
            if position := _position(connection, before, is_shown):
                query = query.where(tuple_(published_on, public_id) < position)
            query = query.order_by(published_on.desc(), public_id.desc()).limit(limit)
            return [_shown(row) for row in connection.execute(query)]

    def find(self, public_id: str) -> ShownReport | None:
        """Return the report with this public id."""
        row = self._find(select(*_COLUMNS).where(*_is_shown(PublicReport, self._today())), public_id)
        return _shown(row) if row else None

    def find_all(self, public_ids: Sequence[str]) -> Sequence[ShownReport]:
        """Return the reports with these public ids, each once and in the order of the ids."""
        valid_ids = [public_id for public_id in dict.fromkeys(public_ids) if is_public_id(public_id)]
        if not valid_ids:
            return []
        query = select(*_COLUMNS).where(
            *_is_shown(PublicReport, self._today()), is_one_of(col(PublicReport.public_id), valid_ids)
        )
        with read_transaction(self._engine) as connection:
            reports = {row.public_id: _shown(row) for row in connection.execute(query)}
        return [reports[public_id] for public_id in valid_ids if public_id in reports]

    def open_complaint(self, public_id: str) -> UUID | None:
        """Return the complaint of a report that is public and open, so that another citizen's report may join it.

        One that was closed today is shown as open until tomorrow, and is joined by none.
        """
        shown = aliased(PublicReport)
        is_shown = exists().where(
            col(shown.complaint_id) == col(PublicReport.complaint_id), *_is_shown(shown, self._today())
        )
        query = select(col(PublicReport.complaint_id)).where(col(PublicReport.shown_until).is_(None), is_shown)
        row = self._find(query.where(~col(PublicReport.is_closed)), public_id)
        complaint_id: UUID | None = row[0] if row else None
        return complaint_id

    def agencies(self) -> Sequence[str]:
        """Return the codes of the agencies that have public reports."""
        with read_transaction(self._engine) as connection:
            return sorted(connection.execute(_AGENCIES, {"today": self._today()}).scalars())

    def _today(self) -> date:
        return public_day(self._now())

    def _find(self, query: Any, public_id: str) -> Any:
        if not is_public_id(public_id):
            return None
        with read_transaction(self._engine) as connection:
            query = query.where(col(PublicReport.public_id) == public_id).order_by(col(PublicReport.shown_from).desc())
            return connection.execute(query).first()


def _is_shown(report: type[PublicReport], today: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the rows that are read on a day."""
    until = col(report.shown_until)
    return col(report.shown_from) <= today, or_(until.is_(None), until > today)


def _conditions(chosen: PublicFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.agency:
        conditions.append(col(PublicReport.agency) == chosen.agency)
    if chosen.topics:
        topic = col(PublicReport.topic)
        # The index has the reports of one topic in the order of the list.
        is_chosen = topic == chosen.topics[0] if len(chosen.topics) == 1 else is_one_of(topic, chosen.topics)
        conditions.append(is_chosen)
    if chosen.region:
        conditions += _in_region(chosen.region)
    if chosen.state:
        conditions.append(col(PublicReport.is_closed) == (chosen.state == CLOSED))
    if chosen.since:
        conditions.append(col(PublicReport.published_on) >= _day(chosen.since))
    if chosen.until:
        conditions.append(col(PublicReport.published_on) <= _day(chosen.until))
    return conditions


def _in_region(code: str) -> list[ColumnElement[bool]]:
    if city := region_part(code, CITY_PARTS):
        region = col(PublicReport.region)
        is_part = or_(region == code, starts_with(region, f"{code}."))
        return [col(PublicReport.city) == city, *([is_part] if city != code else [])]
    return [col(PublicReport.province) == code]


def _has_nul(chosen: PublicFilter) -> bool:
    """Return True for a filter with a character that PostgreSQL refuses: no report has it."""
    return any("\0" in value for value in (chosen.agency, chosen.region, *chosen.topics))


def _position(
    connection: Connection, public_id: str, is_shown: Sequence[ColumnElement[bool]]
) -> tuple[date, str] | None:
    if not is_public_id(public_id):
        return None
    query = select(col(PublicReport.published_on)).where(col(PublicReport.public_id) == public_id, *is_shown)
    published_on = connection.execute(query).scalar_one_or_none()
    return (published_on, public_id) if published_on else None


def _shown(row: Row[Any]) -> ShownReport:
    return ShownReport(**row._asdict())


def _day(at: datetime) -> date:
    """Return the day of a moment; its day in UTC where that of western Indonesia is outside the calendar."""
    try:
        return public_day(at)
    except OverflowError:
        return at.date()
