"""Lists and counts of an agency's cases. Each query has an index, and reads one page however many cases there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, tuple_
from sqlmodel import col

from cases.facts.tables import DispatchFact
from config.conditions import is_one_of, starts_with
from desk.acts.tables import DeskHolder
from desk.read_model.open_suggestions import has_open_suggestion
from desk.read_model.recommendations.case_recommendations import has_waiting_recommendation
from desk.read_model.search import has_words
from desk.read_model.tables import DeskCase

# Groups of the list. `soon` are new and working cases whose deadline passes within `_SOON`, `overdue` those whose
# deadline has passed.
ListTab: TypeAlias = Literal["new", "working", "soon", "overdue", "waiting", "done"]
TABS: tuple[ListTab, ...] = ("new", "working", "soon", "overdue", "waiting", "done")
_SOON = timedelta(hours=24)
# Characters of a report's text in a list.
_EXCERPT_CHARACTERS = 200
# Higher counts are shown as "more than": an exact one would read every row.
MAX_COUNT = 10_000
_COLUMNS = tuple(col(getattr(DeskCase, name)) for name in DeskCase.model_fields if name not in {"text", "tab"})


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Conditions of a list. An empty value is no condition.

    `region` is the beginning of a region's code. `due_within` counts days from now. `holder` is an account's id.
    `words` are searched in title, text and place. `suggested`: another open case is perhaps the same. `recommended`: a
    recommendation of an overseer waits for an answer.
    """

    tab: ListTab = "new"
    topic: str = ""
    region: str = ""
    due_within: int | None = None
    holder: str = ""
    unit: str = ""
    refused: bool = False
    joined: int = 0
    suggested: bool = False
    recommended: bool = False
    words: str = ""


class Cursor(NamedTuple):
    """Position in a list: the time by which it is sorted, and the case, of the last row of a page.

    `has_danger`: the case tells of danger to life and has no answer yet. Such cases stand before all others.
    """

    at: datetime
    dispatch_id: UUID
    has_danger: bool = False


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of a list. A row has the columns of `DeskCase` without its text, and `excerpt`, `holder` and `unit`.

    `holder` is the name of the officer who has the case; `None` if nobody has it. `next` is `None` at the end.
    """

    rows: Sequence[Row[Any]]
    next: Cursor | None


def read_page(
    connection: Connection,
    agency: str,
    case_filter: CaseFilter,
    now: datetime,
    limit: int,
    after: Cursor | None = None,
    text_characters: int = _EXCERPT_CHARACTERS,
) -> CasePage:
    """Return a page of an agency's cases: open ones by their deadline, finished ones by their last change.

    `text_characters` is the length of `excerpt`.

    Cases with a danger to life that has no answer yet come first. There are few, so they are a question of their own:
    the index of each list then serves the others in their order.
    """
    query = _rows(text_characters).where(*_conditions(connection, agency, case_filter, now))
    rows: list[Row[Any]] = []
    if case_filter.tab != "done" and (after is None or after.has_danger):
        dangers = query.where(col(DeskCase.danger_since).is_not(None))
        rows += connection.execute(_sorted(dangers, case_filter.tab, after).limit(limit + 1))
        after = None
    if len(rows) <= limit:
        others = query.where(col(DeskCase.danger_since).is_(None))
        rows += connection.execute(_sorted(others, case_filter.tab, after).limit(limit + 1 - len(rows)))
    page = rows[:limit]
    return CasePage(page, row_cursor(page[-1], case_filter.tab) if len(rows) > limit else None)


def read_numbered(connection: Connection, agency: str, numbers: Collection[str]) -> Sequence[Row[Any]]:
    """Return the last cases of an agency with these numbers, in their order; a number that it never had is left out."""
    # The facts have an index of the numbers.
    query = (
        _rows(_EXCERPT_CHARACTERS)
        .join(DispatchFact, col(DispatchFact.id) == col(DeskCase.dispatch_id))
        .where(col(DeskCase.agency) == agency, is_one_of(col(DispatchFact.tracking), sorted(set(numbers))))
    )
    by_number = {row.tracking: row for row in connection.execute(query.order_by(col(DeskCase.hop)))}
    return [by_number[number] for number in dict.fromkeys(numbers) if number in by_number]


def _rows(text_characters: int) -> Select[Any]:
    """Return the query of the rows of a list."""
    return select(
        *_COLUMNS,
        func.substr(col(DeskCase.text), 1, text_characters).label("excerpt"),
        col(DeskHolder.name).label("holder"),
        col(DeskHolder.unit).label("unit"),
    ).outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))


def row_cursor(row: Row[Any], tab: ListTab) -> Cursor:
    """Return the position of a case in a list; `row` has the columns of `DeskCase`."""
    return Cursor(row.changed_at if tab == "done" else row.due_at, row.dispatch_id, row.danger_since is not None)


def read_dangers(connection: Connection, agency: str, limit: int) -> Sequence[Row[Any]]:
    """Return number and danger of the agency's cases with a danger to life without an answer, oldest first."""
    danger_since = col(DeskCase.danger_since)
    query = select(*(col(getattr(DeskCase, name)) for name in ("tracking", "danger"))).where(
        col(DeskCase.agency) == agency, danger_since.is_not(None)
    )
    return connection.execute(query.order_by(danger_since, col(DeskCase.dispatch_id)).limit(limit)).all()


def count_tabs(connection: Connection, agency: str, now: datetime) -> Mapping[ListTab, int]:
    """Return the number of cases of each tab, up to `MAX_COUNT`."""
    return {tab: _count(connection, _conditions(connection, agency, CaseFilter(tab), now)) for tab in TABS}


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    limited = select(col(DeskCase.dispatch_id)).where(*conditions).limit(MAX_COUNT).subquery()
    return connection.execute(select(func.count()).select_from(limited)).scalar_one()


def _conditions(
    connection: Connection, agency: str, case_filter: CaseFilter, now: datetime
) -> list[ColumnElement[bool]]:
    conditions = [col(DeskCase.agency) == agency, _is_in_tab(case_filter.tab, now)]
    if case_filter.topic:
        conditions.append(col(DeskCase.topic) == case_filter.topic)
    if case_filter.region:
        conditions.append(_is_in_region(case_filter.region))
    if case_filter.due_within is not None:
        conditions.append(col(DeskCase.due_at) < now + timedelta(days=case_filter.due_within))
    if case_filter.refused:
        conditions.append(col(DeskCase.refusals) > 0)
    if case_filter.joined:
        conditions.append(col(DeskCase.joined) >= case_filter.joined)
    if case_filter.suggested:
        conditions.append(has_open_suggestion())
    if case_filter.recommended:
        conditions.append(has_waiting_recommendation(agency))
    if case_filter.holder:
        conditions.append(_is_held(agency, col(DeskHolder.account_id) == case_filter.holder))
    if case_filter.unit:
        conditions.append(_is_held(agency, col(DeskHolder.unit) == case_filter.unit))
    has_query_words = has_words(connection, agency, case_filter.words)
    return conditions if has_query_words is None else [*conditions, has_query_words]


def _is_in_tab(tab: ListTab, now: datetime) -> ColumnElement[bool]:
    is_open, due_at = col(DeskCase.is_open).is_(True), col(DeskCase.due_at)
    if tab == "overdue":
        return and_(is_open, due_at < now)
    if tab == "soon":
        return and_(is_open, due_at >= now, due_at < now + _SOON)
    return col(DeskCase.tab) == tab


def _is_in_region(region: str) -> ColumnElement[bool]:
    code = col(DeskCase.region)
    return or_(code == region, starts_with(code, f"{region}."))


def _is_held(agency: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    held = select(col(DeskHolder.dispatch_id)).where(col(DeskHolder.agency) == agency, condition)
    return col(DeskCase.dispatch_id).in_(held)


def waiting_dangers(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the danger of those of these complaints whose case has one without an answer, at any agency."""
    is_waiting = (is_one_of(col(DeskCase.complaint_id), complaint_ids), col(DeskCase.danger_since).is_not(None))
    rows = connection.execute(select(col(DeskCase.complaint_id), col(DeskCase.danger)).where(*is_waiting))
    return {row.complaint_id: row.danger for row in rows}


def _sorted(query: Select[*tuple[Any, ...]], tab: ListTab, after: Cursor | None) -> Select[*tuple[Any, ...]]:
    dispatch_id = col(DeskCase.dispatch_id)
    if tab == "done":
        changed_at = col(DeskCase.changed_at)
        if after:
            query = query.where(tuple_(changed_at, dispatch_id) < (after.at, after.dispatch_id))
        return query.order_by(changed_at.desc(), dispatch_id.desc())
    due_at = col(DeskCase.due_at)
    if after:
        query = query.where(tuple_(due_at, dispatch_id) > (after.at, after.dispatch_id))
    return query.order_by(due_at, dispatch_id)
