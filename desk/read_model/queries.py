"""Lists and counts of an agency's cases. Each query has an index, and reads one page however many cases there are."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlmodel import col

from cases.facts.tables import DispatchFact
from config.conditions import is_one_of, starts_with
from desk.acts.tables import DeskHolder
from desk.read_model.open_suggestions import has_open_suggestion
from desk.read_model.recommendations.case_recommendations import has_waiting_recommendation
from desk.read_model.search import WordMatches, find_words
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier, asked_cases, is_in_tier

# Groups of the list. `soon` are new and working cases whose deadline passes within `_SOON`, `overdue` those whose
# deadline has passed.
ListTab: TypeAlias = Literal["new", "working", "soon", "overdue", "waiting", "done"]
# Stored tabs of the cases that have a deadline.
_OPEN_TABS = ("new", "working")
TABS: tuple[ListTab, ...] = ("new", "working", "soon", "overdue", "waiting", "done")
# Order of a list. `due`: the nearest deadline first, in `done` the last change. The others are by the time at which the
# case came to the agency.
ListOrder: TypeAlias = Literal["due", "newest", "oldest"]
_SOON = timedelta(hours=24)
# Characters of a report's text in a list.
_EXCERPT_CHARACTERS = 200
# Higher counts are shown as "more than": an exact one would read every row.
MAX_COUNT = 10_000
# A filter may read many rows for each that it counts, so that its counts end sooner.
MAX_FILTERED_COUNT = 1_000
# Of one topic.
MAX_TOPIC_COUNT = 100
_COLUMNS = tuple(col(getattr(DeskCase, name)) for name in DeskCase.model_fields if name not in {"text", "tab"})


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Conditions of a list. An empty value is no condition.

    `region` is the beginning of a region's code. `due_within` counts days from now. `holder` is an account's id.
    `words` are searched in title, text and place. `suggested`: another open case is perhaps the same. `recommended`: a
    recommendation of an overseer waits for an answer. `danger`: one without an answer. `sender_wrote` and `unanswered`:
    see `DeskCase`. `asked`: the case waits for a contribution, of a unit of the tier or of another one. The case
    came to the agency at `since` or later, and before `until`.
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
    danger: bool = False
    sender_wrote: bool = False
    unanswered: bool = False
    reopened: bool = False
    asked: bool = False
    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None
    order: ListOrder = "due"


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
    tier: Tier,
    case_filter: CaseFilter,
    now: datetime,
    limit: int,
    after: Cursor | None = None,
    text_characters: int = _EXCERPT_CHARACTERS,
    found: WordMatches | None = None,
) -> CasePage:
    """Return a page of the cases of a tier in the order of the filter.

    `text_characters` is the length of `excerpt`. `found` are the cases that have the words of the filter; without them
    they are searched.

    Cases with a danger to life that has no answer yet come first. There are few, so they are a question of their own:
    the index of each list then serves the others in their order.
    """
    query = _rows(text_characters).where(*_conditions(tier, case_filter, now), _is_in_tab(case_filter.tab, now))
    if words := found or find_words(connection, tier.agency, case_filter.words):
        query = query.where(words.condition)
    rows: list[Row[Any]] = []
    if case_filter.tab != "done" and (after is None or after.has_danger):
        dangers = query.where(col(DeskCase.danger_since).is_not(None))
        rows += connection.execute(_sorted(dangers, case_filter, after).limit(limit + 1))
        after = None
    if len(rows) <= limit and not case_filter.danger:
        others = query.where(col(DeskCase.danger_since).is_(None))
        rows += connection.execute(_sorted(others, case_filter, after).limit(limit + 1 - len(rows)))
    page = rows[:limit]
    return CasePage(page, row_cursor(page[-1], case_filter) if len(rows) > limit else None)


def read_numbered(connection: Connection, tier: Tier, numbers: Collection[str]) -> Sequence[Row[Any]]:
    """Return the last cases of a tier with these numbers, in their order; a number that it never had is left out."""
    # The facts have an index of the numbers.
    query = (
        _rows(_EXCERPT_CHARACTERS)
        .join(DispatchFact, col(DispatchFact.id) == col(DeskCase.dispatch_id))
        .where(is_in_tier(tier), is_one_of(col(DispatchFact.tracking), sorted(set(numbers))))
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
        func.coalesce(col(DeskHolder.unit_code), "").label("unit_code"),
    ).outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))


def row_cursor(row: Row[Any], case_filter: CaseFilter) -> Cursor:
    """Return the position of a case in a list; `row` has the columns of `DeskCase`."""
    return Cursor(getattr(row, _sort_column(case_filter)), row.dispatch_id, row.danger_since is not None)


def read_dangers(connection: Connection, tier: Tier, limit: int) -> Sequence[Row[Any]]:
    """Return number and danger of the tier's cases with a danger to life without an answer, oldest first."""
    danger_since = col(DeskCase.danger_since)
    query = select(*(col(getattr(DeskCase, name)) for name in ("tracking", "danger"))).where(
        is_in_tier(tier), danger_since.is_not(None)
    )
    return connection.execute(query.order_by(danger_since, col(DeskCase.dispatch_id)).limit(limit)).all()


def count_tabs(connection: Connection, tier: Tier, now: datetime) -> Mapping[ListTab, int]:
    """Return the number of cases of each tab, up to `MAX_COUNT`."""
    is_own = is_in_tier(tier)
    if not tier.is_whole:
        return _count_among(connection, [is_own], now, MAX_COUNT)
    return {tab: _count(connection, [is_own, _is_in_tab(tab, now)], MAX_COUNT) for tab in TABS}


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Number of the cases of each tab that a filter leaves, up to `MAX_FILTERED_COUNT`.

    `is_part`: very many cases have the words, and each tab may have more of them.
    """

    counts: Mapping[ListTab, int]
    is_part: bool


def count_matches(
    connection: Connection, tier: Tier, case_filter: CaseFilter, now: datetime, found: WordMatches | None = None
) -> MatchCounts:
    """Count what a filter leaves of each tab. `found` as in `read_page`."""
    matches = found or find_words(connection, tier.agency, case_filter.words)
    conditions = _conditions(tier, case_filter, now)
    if matches is not None:
        counted = [*conditions, matches.counted]
        return MatchCounts(_count_among(connection, counted, now, MAX_FILTERED_COUNT), matches.is_part)
    counts = {tab: _count(connection, [*conditions, _is_counted_in_tab(tab, now)], MAX_FILTERED_COUNT) for tab in TABS}
    return MatchCounts(counts, is_part=False)


def count_topics(connection: Connection, tier: Tier, tab: ListTab) -> Mapping[str, int]:
    """Return the topics that a tier has in a tab, with the number of cases of each, up to `MAX_TOPIC_COUNT`.

    For a tab of deadlines it is that of all cases on which the agency has to act. The index leads from one topic to
    the next, however many cases each has.
    """
    counts: Counter[str] = Counter()
    stored_tabs = _OPEN_TABS if tab in {"soon", "overdue"} else (tab,)
    if not tier.is_whole:
        is_counted = (is_in_tier(tier), is_one_of(col(DeskCase.tab), stored_tabs))
        query = select(col(DeskCase.topic), func.count()).where(*is_counted).group_by(col(DeskCase.topic))
        return {topic: min(count, MAX_TOPIC_COUNT) for topic, count in connection.execute(query)}
    for stored_tab in stored_tabs:
        for row in connection.execute(_TOPIC_COUNTS, {"agency": tier.agency, "tab": stored_tab}):
            counts[row.topic] += row.cases
    return counts


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int) -> int:
    limited = select(col(DeskCase.dispatch_id)).where(*conditions).limit(limit).subquery()
    return connection.execute(select(func.count()).select_from(limited)).scalar_one()


def _count_among(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], now: datetime, limit: int
) -> Mapping[ListTab, int]:
    """Count the few cases that words have found, or that units have, all tabs in one reading."""
    counts = [func.count().filter(_is_in_tab(tab, now)).label(tab) for tab in TABS]
    row = connection.execute(select(*counts).where(*conditions)).one()
    return {tab: min(getattr(row, tab), limit) for tab in TABS}


def _conditions(tier: Tier, case_filter: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter except its tab and its words."""
    conditions = [is_in_tier(tier)]
    conditions += _matters(case_filter)
    conditions += _days(case_filter, now)
    if case_filter.refused:
        conditions.append(col(DeskCase.refusals) > 0)
    if case_filter.joined:
        conditions.append(col(DeskCase.joined) >= case_filter.joined)
    if case_filter.suggested:
        conditions.append(has_open_suggestion())
    if case_filter.recommended:
        conditions.append(has_waiting_recommendation(tier.agency))
    if case_filter.holder:
        conditions.append(_is_held(tier.agency, col(DeskHolder.account_id) == case_filter.holder))
    if case_filter.unit:
        conditions.append(_is_held(tier.agency, col(DeskHolder.unit) == case_filter.unit))
    if case_filter.asked:
        waiting = asked_cases(Tier(tier.agency)).subquery()
        conditions.append(col(DeskCase.dispatch_id).in_(select(waiting.c.dispatch_id)))
    conditions += _marks(case_filter)
    return conditions


def _matters(case_filter: CaseFilter) -> Iterator[ColumnElement[bool]]:
    if case_filter.topic:
        yield col(DeskCase.topic) == case_filter.topic
    if case_filter.region:
        yield _is_in_region(case_filter.region)
    if case_filter.channel:
        yield col(DeskCase.channel) == case_filter.channel


def _days(case_filter: CaseFilter, now: datetime) -> Iterator[ColumnElement[bool]]:
    if case_filter.due_within is not None:
        yield col(DeskCase.due_at) < now + timedelta(days=case_filter.due_within)
    if case_filter.since is not None:
        yield col(DeskCase.dispatched_at) >= case_filter.since
    if case_filter.until is not None:
        yield col(DeskCase.dispatched_at) < case_filter.until


def _marks(case_filter: CaseFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of which partial indexes have the few rows. SQLite compares their text with the index."""
    if case_filter.danger:
        yield col(DeskCase.danger_since).is_not(None)
    if case_filter.sender_wrote:
        yield col(DeskCase.sender_wrote_at).is_not(None)
    if case_filter.unanswered:
        yield col(DeskCase.unanswered_since).is_not(None)
    if case_filter.reopened:
        yield col(DeskCase.reopened) > literal_column("0")


def _is_in_tab(tab: ListTab, now: datetime) -> ColumnElement[bool]:
    if tab not in {"soon", "overdue"}:
        return col(DeskCase.tab) == tab
    return and_(col(DeskCase.is_open).is_(True), _has_deadline_in(tab, now))


def _is_counted_in_tab(tab: ListTab, now: datetime) -> ColumnElement[bool]:
    """Return the same condition without an order, and without `is_open`.

    The indexes of each filter begin with agency and tab. SQLite would read all open cases of the agency instead.
    """
    if tab not in {"soon", "overdue"}:
        return _is_in_tab(tab, now)
    return and_(or_(*(col(DeskCase.tab) == stored_tab for stored_tab in _OPEN_TABS)), _has_deadline_in(tab, now))


def _has_deadline_in(tab: ListTab, now: datetime) -> ColumnElement[bool]:
    due_at = col(DeskCase.due_at)
    return due_at < now if tab == "overdue" else and_(due_at >= now, due_at < now + _SOON)


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


def _sort_column(case_filter: CaseFilter) -> str:
    if case_filter.order != "due":
        return "dispatched_at"
    return "changed_at" if case_filter.tab == "done" else "due_at"


def _sorted(query: Select[*tuple[Any, ...]], case_filter: CaseFilter, after: Cursor | None) -> Select[*tuple[Any, ...]]:
    dispatch_id, name = col(DeskCase.dispatch_id), _sort_column(case_filter)
    sort = col(getattr(DeskCase, name))
    if case_filter.order == "newest" or name == "changed_at":
        if after:
            query = query.where(tuple_(sort, dispatch_id) < (after.at, after.dispatch_id))
        return query.order_by(sort.desc(), dispatch_id.desc())
    if after:
        query = query.where(tuple_(sort, dispatch_id) > (after.at, after.dispatch_id))
    return query.order_by(sort, dispatch_id)


def _topic_counts() -> Select[*tuple[Any, ...]]:
    """Return the query of topics, built once. Its parameters are `agency` and `tab`."""
    is_in_tab = (
        col(DeskCase.agency) == bindparam("agency", type_=String()),
        col(DeskCase.tab) == bindparam("tab", type_=String()),
    )
    first = select(func.min(col(DeskCase.topic)).label("topic")).where(*is_in_tab)
    topics = first.cte("topics", recursive=True)
    following = select(func.min(col(DeskCase.topic))).where(*is_in_tab, col(DeskCase.topic) > topics.c.topic)
    topics = topics.union_all(select(following.correlate(topics).scalar_subquery()).where(topics.c.topic.is_not(None)))
    cases = select(col(DeskCase.dispatch_id)).where(*is_in_tab, col(DeskCase.topic) == topics.c.topic)
    # The order of the index.
    in_order = cases.order_by(col(DeskCase.due_at), col(DeskCase.dispatch_id))
    limited = in_order.correlate(topics).limit(MAX_TOPIC_COUNT).subquery()
    count = select(func.count()).select_from(limited).scalar_subquery()
    return select(topics.c.topic, count.label("cases")).where(topics.c.topic.is_not(None))


_TOPIC_COUNTS = _topic_counts()
