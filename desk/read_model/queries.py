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
from desk.units.tables import DeskUnitCase
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
# Table whose indexes have the order of a list: of an agency, or of a unit.
Source: TypeAlias = type[DeskCase] | type[DeskUnitCase]
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

    `region` is the beginning of a region's code. `due_within` counts days from now. `holders` are ids of accounts.
    `released`: the officer who had the case works there no more, and nobody has decided about it since.
    `words` are searched in title, text and place. `suggested`: another open case is perhaps the same. `recommended`: a
    recommendation of an overseer waits for an answer. `danger`: one without an answer. `sender_wrote` and `unanswered`:
    see `DeskCase`. `asked`: the case waits for a contribution, of a unit of the tier or of another one. The case
    came to the agency at `since` or later, and before `until`.
    """

    tab: ListTab = "new"
    topic: str = ""
    region: str = ""
    due_within: int | None = None
    holders: tuple[str, ...] = ()
    unit: str = ""
    refused: bool = False
    joined: int = 0
    suggested: bool = False
    recommended: bool = False
    released: bool = False
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
    """A page of a list.

    A row has the columns of `DeskCase` without its text, and `excerpt`, `holder`, `holder_id` and `unit`. `holder` is
    the name of the officer who has the case, `holder_id` the account; `None` if nobody has it. `next` is `None` at the
    end.
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
    source = _source(tier)
    query = _rows(text_characters, source).where(
        *_conditions(tier, case_filter, now), _is_in_tab(source, case_filter.tab, now)
    )
    if words := found or find_words(connection, tier.agency, case_filter.words):
        query = query.where(words.condition)
    rows: list[Row[Any]] = []
    if case_filter.tab != "done" and (after is None or after.has_danger):
        dangers = query.where(col(source.danger_since).is_not(None))
        rows += connection.execute(_sorted(dangers, source, case_filter, after).limit(limit + 1))
        after = None
    if len(rows) <= limit and not case_filter.danger:
        others = query.where(col(source.danger_since).is_(None))
        rows += connection.execute(_sorted(others, source, case_filter, after).limit(limit + 1 - len(rows)))
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


def _source(tier: Tier) -> Source:
    """Return the table by which a list of the tier is sorted and counted."""
    return DeskCase if tier.is_whole else DeskUnitCase


def _is_listed(tier: Tier) -> ColumnElement[bool]:
    """Return the condition that a row of the tier's source is in its lists."""
    if tier.is_whole:
        return col(DeskCase.agency) == tier.agency
    is_listed = (col(DeskUnitCase.agency) == tier.agency) & (col(DeskUnitCase.unit) == tier.unit)
    return is_listed if tier.has_asked else is_listed & col(DeskUnitCase.is_asked).is_(False)


def _rows(text_characters: int, source: Source = DeskCase) -> Select[Any]:
    """Return the query of the rows of a list."""
    query = select(
        *_COLUMNS,
        func.substr(col(DeskCase.text), 1, text_characters).label("excerpt"),
        col(DeskHolder.name).label("holder"),
        col(DeskHolder.account_id).label("holder_id"),
        col(DeskHolder.unit).label("unit"),
        func.coalesce(col(DeskHolder.unit_code), "").label("unit_code"),
    )
    if source is not DeskCase:
        query = query.select_from(source).join(DeskCase, col(DeskCase.dispatch_id) == col(source.dispatch_id))
    return query.outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))


def row_cursor(row: Row[Any], case_filter: CaseFilter) -> Cursor:
    """Return the position of a case in a list; `row` has the columns of `DeskCase`."""
    return Cursor(getattr(row, _sort_column(case_filter)), row.dispatch_id, row.danger_since is not None)


def read_dangers(connection: Connection, tier: Tier, limit: int) -> Sequence[Row[Any]]:
    """Return number and danger of the tier's cases with a danger to life without an answer, oldest first."""
    source = _source(tier)
    danger_since = col(source.danger_since)
    query = select(*(col(getattr(DeskCase, name)) for name in ("tracking", "danger"))).where(
        _is_listed(tier), danger_since.is_not(None)
    )
    if source is not DeskCase:
        query = query.where(col(DeskCase.dispatch_id) == col(source.dispatch_id))
    return connection.execute(query.order_by(danger_since, col(source.dispatch_id)).limit(limit)).all()


def count_released(connection: Connection, tier: Tier) -> int:
    """Return the number of the tier's unfinished cases whose officer works there no more.

    The few released ones come first: a database that begins with the cases reads all of the agency.
    """
    released = select(col(DeskHolder.dispatch_id)).where(
        col(DeskHolder.agency) == tier.agency, col(DeskHolder.released_at).is_not(None)
    )
    ordered = released.order_by(col(DeskHolder.dispatch_id)).limit(MAX_FILTERED_COUNT)
    ids = connection.execute(ordered).scalars().all()
    if not ids:
        return 0
    is_waiting = (is_in_tier(tier), col(DeskCase.is_current), col(DeskCase.tab) != "done")
    query = select(func.count()).select_from(DeskCase).where(is_one_of(col(DeskCase.dispatch_id), ids), *is_waiting)
    return connection.execute(query).scalar_one()


def count_tabs(connection: Connection, tier: Tier, now: datetime) -> Mapping[ListTab, int]:
    """Return the number of cases of each tab, up to `MAX_COUNT`."""
    source, is_own = _source(tier), _is_listed(tier)
    return {tab: _count(connection, source, [is_own, _is_in_tab(source, tab, now)], MAX_COUNT) for tab in TABS}


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
    source, conditions = _source(tier), _conditions(tier, case_filter, now)
    if source is not DeskCase:
        conditions.append(col(DeskCase.dispatch_id) == col(source.dispatch_id))
    if matches is not None:
        counted = [*conditions, matches.counted]
        return MatchCounts(_count_among(connection, source, counted, now, MAX_FILTERED_COUNT), matches.is_part)
    counts = {
        tab: _count(connection, source, [*conditions, _is_counted_in_tab(source, tab, now)], MAX_FILTERED_COUNT)
        for tab in TABS
    }
    return MatchCounts(counts, is_part=False)


def count_topics(connection: Connection, tier: Tier, tab: ListTab) -> Mapping[str, int]:
    """Return the topics that a tier has in a tab, with the number of cases of each, up to `MAX_TOPIC_COUNT`.

    For a tab of deadlines it is that of all cases on which the agency has to act. The index leads from one topic to
    the next, however many cases each has.
    """
    counts: Counter[str] = Counter()
    stored_tabs = _OPEN_TABS if tab in {"soon", "overdue"} else (tab,)
    query = _TOPIC_COUNTS if tier.is_whole else _UNIT_TOPIC_COUNTS[tier.has_asked]
    scope = {"agency": tier.agency} if tier.is_whole else {"agency": tier.agency, "unit": tier.unit}
    for stored_tab in stored_tabs:
        for row in connection.execute(query, {**scope, "tab": stored_tab}):
            counts[row.topic] += row.cases
    return counts


def _count(connection: Connection, source: Source, conditions: Sequence[ColumnElement[bool]], limit: int) -> int:
    limited = select(col(source.dispatch_id)).where(*conditions).limit(limit).subquery()
    return connection.execute(select(func.count()).select_from(limited)).scalar_one()


def _count_among(
    connection: Connection, source: Source, conditions: Sequence[ColumnElement[bool]], now: datetime, limit: int
) -> Mapping[ListTab, int]:
    """Count the few cases that words have found, all tabs in one reading."""
    counts = [func.count().filter(_is_in_tab(source, tab, now)).label(tab) for tab in TABS]
    row = connection.execute(select(*counts).where(*conditions)).one()
    return {tab: min(getattr(row, tab), limit) for tab in TABS}


def _conditions(tier: Tier, case_filter: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter except its tab and its words."""
    source = _source(tier)
    conditions = [_is_listed(tier)]
    conditions += _matters(source, case_filter)
    conditions += _days(source, case_filter, now)
    if case_filter.refused:
        conditions.append(col(DeskCase.refusals) > 0)
    if case_filter.joined:
        conditions.append(col(DeskCase.joined) >= case_filter.joined)
    if case_filter.suggested:
        conditions.append(has_open_suggestion())
    if case_filter.recommended:
        conditions.append(has_waiting_recommendation(tier.agency))
    if case_filter.holders:
        conditions.append(_is_held(tier.agency, is_one_of(col(DeskHolder.account_id), case_filter.holders)))
    if case_filter.released:
        conditions.append(_is_held(tier.agency, col(DeskHolder.released_at).is_not(None)))
    if case_filter.unit:
        conditions.append(_is_held(tier.agency, col(DeskHolder.unit) == case_filter.unit))
    if case_filter.asked:
        waiting = asked_cases(Tier(tier.agency)).subquery()
        conditions.append(col(DeskCase.dispatch_id).in_(select(waiting.c.dispatch_id)))
    conditions += _marks(source, case_filter)
    return conditions


def _matters(source: Source, case_filter: CaseFilter) -> Iterator[ColumnElement[bool]]:
    if case_filter.topic:
        yield col(source.topic) == case_filter.topic
    if case_filter.region:
        yield _is_in_region(case_filter.region)
    if case_filter.channel:
        yield col(DeskCase.channel) == case_filter.channel


def _days(source: Source, case_filter: CaseFilter, now: datetime) -> Iterator[ColumnElement[bool]]:
    if case_filter.due_within is not None:
        yield col(source.due_at) < now + timedelta(days=case_filter.due_within)
    if case_filter.since is not None:
        yield col(source.dispatched_at) >= case_filter.since
    if case_filter.until is not None:
        yield col(source.dispatched_at) < case_filter.until


def _marks(source: Source, case_filter: CaseFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of which partial indexes have the few rows. SQLite compares their text with the index."""
    if case_filter.danger:
        yield col(source.danger_since).is_not(None)
    if case_filter.sender_wrote:
        yield col(DeskCase.sender_wrote_at).is_not(None)
    if case_filter.unanswered:
        yield col(DeskCase.unanswered_since).is_not(None)
    if case_filter.reopened:
        yield col(DeskCase.reopened) > literal_column("0")


def _is_in_tab(source: Source, tab: ListTab, now: datetime) -> ColumnElement[bool]:
    if tab not in {"soon", "overdue"}:
        return col(source.tab) == tab
    return and_(col(source.is_open).is_(True), _has_deadline_in(source, tab, now))


def _is_counted_in_tab(source: Source, tab: ListTab, now: datetime) -> ColumnElement[bool]:
    """Return the same condition without an order, and without `is_open`.

    The indexes of each filter begin with agency and tab. SQLite would read all open cases of the agency instead.
    """
    if tab not in {"soon", "overdue"}:
        return _is_in_tab(source, tab, now)
    is_open = or_(*(col(source.tab) == stored_tab for stored_tab in _OPEN_TABS))
    return and_(is_open, _has_deadline_in(source, tab, now))


def _has_deadline_in(source: Source, tab: ListTab, now: datetime) -> ColumnElement[bool]:
    due_at = col(source.due_at)
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


def _sorted(
    query: Select[*tuple[Any, ...]], source: Source, case_filter: CaseFilter, after: Cursor | None
) -> Select[*tuple[Any, ...]]:
    dispatch_id, name = col(source.dispatch_id), _sort_column(case_filter)
    sort = col(getattr(source, name))
    if case_filter.order == "newest" or name == "changed_at":
        if after:
            query = query.where(tuple_(sort, dispatch_id) < (after.at, after.dispatch_id))
        return query.order_by(sort.desc(), dispatch_id.desc())
    if after:
        query = query.where(tuple_(sort, dispatch_id) > (after.at, after.dispatch_id))
    return query.order_by(sort, dispatch_id)


def _topic_counts(source: Source, *scope: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the query of topics, built once. Its parameters are those of `scope` and `tab`."""
    topic, is_in_tab = col(source.topic), (*scope, col(source.tab) == bindparam("tab", type_=String()))
    first = select(func.min(topic).label("topic")).where(*is_in_tab)
    topics = first.cte("topics", recursive=True)
    following = select(func.min(topic)).where(*is_in_tab, topic > topics.c.topic)
    topics = topics.union_all(select(following.correlate(topics).scalar_subquery()).where(topics.c.topic.is_not(None)))
    cases = select(col(source.dispatch_id)).where(*is_in_tab, topic == topics.c.topic)
    # The order of the index.
    in_order = cases.order_by(col(source.due_at), col(source.dispatch_id))
    limited = in_order.correlate(topics).limit(MAX_TOPIC_COUNT).subquery()
    count = select(func.count()).select_from(limited).scalar_subquery()
    return select(topics.c.topic, count.label("cases")).where(topics.c.topic.is_not(None))


_TOPIC_COUNTS = _topic_counts(DeskCase, col(DeskCase.agency) == bindparam("agency", type_=String()))
_OF_UNIT = (
    col(DeskUnitCase.agency) == bindparam("agency", type_=String()),
    col(DeskUnitCase.unit) == bindparam("unit", type_=String()),
)
# By `Tier.has_asked`.
_UNIT_TOPIC_COUNTS = {
    True: _topic_counts(DeskUnitCase, *_OF_UNIT),
    False: _topic_counts(DeskUnitCase, *_OF_UNIT, col(DeskUnitCase.is_asked).is_(False)),
}
