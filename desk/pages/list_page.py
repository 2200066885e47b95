"""The list of an agency's cases: tabs, filter, search and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Row
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, may
from config.database import read_transaction
from config.reference.regions import Region, Regions
from config.time_zones import time_zone
from desk.acts.saved_filters import MAX_NAME_LENGTH, SavedFilters
from desk.pages import wording
from desk.pages.case.done_acts import done_act
from desk.pages.list_query import (
    FILTERS_PART,
    LIST_ADDRESS,
    ORDERS_BY_NAME,
    PAGE_SIZES,
    TABS_BY_NAME,
    ListQuery,
    cursor_text,
    read_cursor,
    stored_list_query,
)
from desk.pages.parts import DeskPageParts, list_query
from desk.pages.wording import Deadline
from desk.read_model.case_view import find_number
from desk.read_model.open_suggestions import open_suggestions
from desk.read_model.queries import (
    MAX_COUNT,
    MAX_FILTERED_COUNT,
    MAX_TOPIC_COUNT,
    ListOrder,
    ListTab,
    MatchCounts,
    count_matches,
    count_tabs,
    count_topics,
    read_dangers,
    read_page,
)
from desk.read_model.recommendations.case_recommendations import count_waiting, waiting_numbers
from desk.read_model.search import find_words
from desk.units.contributions import waiting_contributions
from desk.units.tiers import Tier, read_tree
from messages.topics import TRIAGE
from messages.tracking import read_tracking_number
from pages.addresses import CONTRIBUTIONS, TRIAGE_LIST
from pages.forms import PostedForm
from pages.responses import see_other
from pages.translation.message import Message
from pages.wording.cases import CASE_STATES, report_heading, topic_label
from pages.wording.dangers import DANGERS

# Cases with danger, and cases that owe an answer to an overseer, named above the list.
_NAMED_CASES = 5
# Choices of the filter for deadlines, in days from now.
DUE_CHOICES = (1, 3, 7)


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab of the page. `has_matches`: the filter leaves a case of it."""

    name: Message
    address: str
    count: str
    is_current: bool
    has_matches: bool


@dataclass(frozen=True, slots=True)
class MarkChoice:
    """A mark by which the list is filtered: its name in addresses, and the address that switches it."""

    name: str
    label: Message
    address: str
    is_on: bool


class SavedFilter(NamedTuple):
    """A filter that the person has saved."""

    name: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ListRow:
    """A case in the list. `deadline` is `None` for a finished case; `state` is shown instead.

    `alarm` is its danger to life, until the agency has answered.
    """

    number: str
    address: str
    heading: str
    place: str
    channel: str
    state: Message
    deadline: Deadline | None
    due_at: datetime
    changed_at: datetime
    remarks: Sequence[Message]
    holder: str
    unit: str
    is_closed: bool
    alarm: Message | None
    is_asked: bool = False


class ListPage:
    """Endpoint of the list."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts
        self._filters = SavedFilters(parts.engine)

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(LIST_ADDRESS, self.show, methods=["GET"], response_class=HTMLResponse)
        filters_address = f"{LIST_ADDRESS}/{FILTERS_PART}"
        router.add_api_route(filters_address, self.change_filters, methods=["POST"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, setelah: str = "", pilih: str = "", hasil: str = "") -> Response:
        """Return the list that the address names. A tracking number in the search leads to its case.

        Triage is led to its own list, except for what has ended and for a search.

        `setelah` is the position after which the page begins, `pilih=semua` checks all boxes, `hasil` is the id of an
        act that was just done.
        """
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE)
        query = list_query(request)
        if actor.agency == TRIAGE and query.tab != "done" and not query.words:
            # Triage decides on its own pages. This list shows it what has ended, and what it searches.
            return see_other(TRIAGE_LIST)
        if query.words:
            parts.require(request, Act.SEARCH)
        number = read_tracking_number(query.words)
        if number and self._has_case(parts.tier(actor).with_asked(), number):
            return see_other(query.case_address(number, cari=""))
        return parts.render("case_list.html", request, actor, self._values(actor, query, setelah, pilih, hasil))

    def change_filters(self, request: Request, form: PostedForm) -> Response:
        """Save the filter of the list under a name, without searched words, or remove a saved one."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE)
        query = list_query(request)
        if form.line("langkah") == "hapus":
            self._filters.remove(actor, form.line("nama"))
            return see_other(query.list_address())
        name, saved = form.line("nama")[:MAX_NAME_LENGTH].strip(), query.without_words
        if not saved.has_conditions:
            return see_other(query.list_address())
        fault = self._filters.save(actor, name, saved.parameters())
        if fault is None:
            return see_other(saved.list_address())
        if query.words:
            parts.require(request, Act.SEARCH)
        values = {**self._values(actor, query, "", "", ""), "filter_fault": wording.FILTER_FAULTS[fault]}
        return parts.render("case_list.html", request, actor, values, HTTPStatus.UNPROCESSABLE_ENTITY)

    def _has_case(self, tier: Tier, number: str) -> bool:
        with read_transaction(self._parts.engine) as connection:
            return find_number(connection, tier, number)

    def _values(self, actor: Actor, query: ListQuery, position: str, selection: str, act_id: str) -> Mapping[str, Any]:
        parts = self._parts
        now, region = parts.now(), parts.institutions.region(actor.agency)
        own_tier = parts.tier(actor)
        tier = own_tier.with_asked()
        with read_transaction(parts.engine) as connection:
            case_filter = query.case_filter(actor.account_id, time_zone(region).value)
            found = find_words(connection, actor.agency, case_filter.words)
            after = read_cursor(position)
            page = read_page(connection, tier, case_filter, now, query.page_size, after, found=found)
            counts = (
                count_matches(connection, tier, case_filter, now, found)
                if query.has_conditions
                else MatchCounts(count_tabs(connection, tier, now), is_part=False)
            )
            topics = count_topics(connection, tier, query.tab)
            suggested = open_suggestions(connection, page.rows)
            recommended = count_waiting(connection, actor.agency, {row.complaint_id for row in page.rows})
            owing = waiting_numbers(connection, own_tier, _NAMED_CASES + 1)
            dangers = read_dangers(connection, own_tier, _NAMED_CASES + 1)
            waiting = waiting_contributions(connection, actor.agency, [row.dispatch_id for row in page.rows])
            has_units = bool(read_tree(connection, actor.agency).units)
        pending = parts.answers.with_pending_acts([row.dispatch_id for row in page.rows])
        return {
            "tabs": shown_tabs(query, counts),
            "rows": [
                list_row(
                    row,
                    query,
                    now,
                    region,
                    parts.channels.label_of(row.channel),
                    has_pending_act=row.dispatch_id in pending,
                    has_suggestion=row.dispatch_id in suggested,
                    has_recommendation=row.is_current and row.complaint_id in recommended,
                    is_asked=not tier.has_unit(row.unit_code),
                    waits_for_contribution=row.dispatch_id in waiting,
                )
                for row in page.rows
            ],
            "dangers": [
                (row.tracking, query.case_address(row.tracking), DANGERS[row.danger]) for row in dangers[:_NAMED_CASES]
            ],
            "has_more_dangers": len(dangers) > _NAMED_CASES,
            "owing": [(number, query.case_address(number)) for number in owing[:_NAMED_CASES]],
            "has_more_owing": len(owing) > _NAMED_CASES,
            "is_first_page": read_cursor(position) is None,
            "next_address": query.list_address(setelah=cursor_text(page.next)) if page.next else "",
            "select_all": selection == "semua",
            "tab_name": query.tab_name,
            "may_answer_many": actor.agency != TRIAGE and may(actor, Act.ANSWER_MANY, actor.agency),
            "page_sizes": PAGE_SIZES,
            "bulk_address": query.bulk_address(),
            "first_address": query.list_address(),
            "current_address": query.list_address(setelah=position),
            "select_all_address": query.list_address(setelah=position, pilih="semua"),
            "no_filter_address": query.without_conditions.list_address(),
            "empty_text": wording.EMPTY_TABS[query.tab],
            "unknown_number": query.words if read_tracking_number(query.words) else "",
            "topics": topic_choices(topics, query.topic, parts.topics()),
            "channels": [(channel.name, channel.label) for channel in parts.channels],
            "orders": order_choices(query),
            "marks": mark_choices(query, has_units=has_units),
            "contributions_address": CONTRIBUTIONS if has_units else "",
            "has_folded_conditions": query.without_marks.has_conditions,
            "region_choices": region_choices(parts.regions(), query.region, region),
            "due_choices": DUE_CHOICES,
            "units": parts.work.units(tier),
            "done_act": done_act(parts.answers, tier, act_id),
            "saved_filters": saved_filters(self._filters.of(actor), query),
            "may_save_filter": query.without_words.has_conditions,
            "filter_fault": None,
        }


def shown_tabs(query: ListQuery, counts: MatchCounts) -> Sequence[ShownTab]:
    """Return the tabs with the counts of their cases, with a filter of those that it leaves. A tab keeps the filter."""
    limit = MAX_FILTERED_COUNT if query.has_conditions else MAX_COUNT
    return [
        ShownTab(
            wording.TAB_NAMES[tab],
            query.list_address(tab=name),
            wording.count_in_words(counts.counts[tab], limit, is_part=counts.is_part),
            is_current=tab == query.tab,
            has_matches=counts.counts[tab] > 0,
        )
        for name, tab in TABS_BY_NAME.items()
    ]


def topic_choices(counts: Mapping[str, int], chosen: str, names: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
    """Return id, name and count of the topics that the agency has in the tab, by name; also of the chosen one."""
    choices = [
        (topic, topic_label(names, topic), wording.count_in_words(counts.get(topic, 0), MAX_TOPIC_COUNT))
        for topic in filter(None, {*counts, chosen})
    ]
    return sorted(choices, key=lambda choice: choice[1].casefold())


def mark_choices(query: ListQuery, *, has_units: bool) -> Sequence[MarkChoice]:
    """Return the marks. The link of each switches it on or off and keeps the rest of the filter.

    `has_units`: the agency has units, which may be asked for contributions.
    """
    return [
        MarkChoice(name, label, query.list_address(**{name: "" if is_on else "1"}), is_on)
        for name, label in wording.MARK_NAMES.items()
        for is_on in (query.has_mark(name),)
        if has_units or is_on or name != wording.CONTRIBUTION_MARK
    ]


def saved_filters(filters: Sequence[Row[Any]], query: ListQuery) -> Sequence[SavedFilter]:
    """Return the person's filters as links. The current one is that of the list, apart from searched words."""
    lists = [(row.name, stored_list_query(row.parameters)) for row in filters]
    return [SavedFilter(name, saved.list_address(), saved == query.without_words) for name, saved in lists]


def order_choices(query: ListQuery) -> Sequence[tuple[str, Message, bool]]:
    """Return name, words and choice of each order."""
    return [(name, _order_name(order, query.tab), order == query.order) for name, order in ORDERS_BY_NAME.items()]


def _order_name(order: ListOrder, tab: ListTab) -> Message:
    return wording.LAST_CHANGE if order == "due" and tab == "done" else wording.ORDER_NAMES[order]


def list_row(
    row: Row[Any],
    query: ListQuery,
    now: datetime,
    region: str,
    channel: str,
    *,
    has_pending_act: bool,
    has_suggestion: bool = False,
    has_recommendation: bool = False,
    is_asked: bool = False,
    waits_for_contribution: bool = False,
) -> ListRow:
    """Return a row of `read_page` as the page shows it.

    `region` is the code of the agency's region. `has_pending_act`: an act is stored that the row does not show yet.
    `has_suggestion`: another open case is perhaps the same. `has_recommendation`: it owes an answer to an overseer.
    `is_asked`: another unit has the case, and one of the person is asked. `waits_for_contribution`: a unit is asked.
    """
    remarks = (
        wording.ASKED if is_asked else None,
        wording.WAITS_FOR_CONTRIBUTION if waits_for_contribution and not is_asked else None,
        wording.BEING_SENT if has_pending_act else None,
        None if row.danger_since else DANGERS.get(row.danger),
        wording.SENDER_WROTE if row.sender_wrote_at else None,
        wording.REOPENED if row.reopened else None,
        # In the list of new cases none has an answer.
        wording.UNANSWERED if row.unanswered_since and row.state != "terdisposisi" else None,
        wording.RECOMMENDED if has_recommendation else None,
        wording.PERHAPS_SAME if has_suggestion else None,
        wording.SECOND_MATTER if row.has_second_matter else None,
        wording.joined_in_words(row.joined),
        wording.transfers_in_words(row.transfers),
        wording.pictures_in_words(row.pictures),
        wording.CONFIDENTIAL if row.rahasia else None,
    )
    is_closed = query.tab == "done"
    deadline = wording.deadline_in_words(row.due_at, now, region, clock_stopped=row.clock_stopped)
    return ListRow(
        number=row.tracking,
        address=query.case_address(row.tracking),
        heading=report_heading(row.title, row.excerpt) or row.excerpt,
        place=row.place,
        channel=channel,
        state=CASE_STATES[row.state],
        deadline=None if is_closed else deadline,
        due_at=row.due_at,
        changed_at=row.changed_at,
        remarks=[remark for remark in remarks if remark],
        holder=row.holder or "",
        unit=row.unit or "",
        is_closed=is_closed,
        alarm=DANGERS.get(row.danger) if row.danger_since else None,
        is_asked=is_asked,
    )


def region_choices(regions: Regions, chosen: str, agency_region: str) -> Sequence[Region]:
    """Return the regions to choose from: the chosen one with those around it, and those directly within it.

    `agency_region` is the code of the agency's region. Without one the choice begins at the provinces.
    """
    lineage = regions.lineage(chosen)
    innermost = lineage[-1].code if lineage else agency_region
    return [*lineage, *(region for region in regions.children(innermost) if region not in lineage)]
