"""Each query of the desk uses an index: no list, count, search or case reads the whole table."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from config.database import read_transaction
from desk.read_model.case_view import read_case, read_case_to_answer
from desk.read_model.change_order import read_changes
from desk.read_model.open_suggestions import open_suggestions, read_suggesting_cases
from desk.read_model.queries import (
    TABS,
    CaseFilter,
    Cursor,
    count_matches,
    count_tabs,
    count_topics,
    read_dangers,
    read_page,
)
from desk.read_model.recommendations.case_recommendations import waiting_numbers
from desk.units.tiers import Tier
from tests.conftest import NOW
from tests.support.databases import Databases
from tests.support.generated_cases import generate_cases, generated_number
from tests.support.query_plans import Query, collect_statistics, plans, scanned_tables, scans

# Every test needs the thousands of cases.
pytestmark = pytest.mark.slow
AGENCIES = ("kota-3374", *(f"kota-{number}" for number in range(30)))
CASES = 4_000
TABLES = (
    "desk_case",
    "desk_case_change",
    "desk_complaint",
    "desk_dispatch",
    "desk_answer",
    "desk_correction",
    "desk_holder",
    "desk_contribution",
    "desk_search",
)

MARKS: Sequence[dict[str, Any]] = [{name: True} for name in ("danger", "sender_wrote", "unanswered", "reopened")]
FILTERS = [
    *(CaseFilter(tab) for tab in TABS),
    CaseFilter(topic="topik-7"),
    CaseFilter(region="33.74"),
    CaseFilter(due_within=2),
    CaseFilter(holder="00000000-0000-0000-0000-000000000001"),
    CaseFilter(unit="Dinas Kesehatan"),
    CaseFilter(refused=True),
    CaseFilter(joined=10),
    CaseFilter(suggested=True),
    CaseFilter("overdue", suggested=True),
    CaseFilter(asked=True),
    CaseFilter("overdue", asked=True),
    CaseFilter(words="lampu padam"),
    *(CaseFilter(tab, order=order) for tab in TABS for order in ("newest", "oldest")),
    *(CaseFilter(tab, **mark) for tab in ("working", "overdue") for mark in MARKS),
    CaseFilter(channel="sms"),
    CaseFilter("done", channel="sms"),
    CaseFilter(since=NOW - timedelta(days=3), until=NOW),
]
CURSOR = Cursor(NOW, UUID(int=1))

QUERIES: dict[str, Query] = {
    **{
        f"page {number} of {case_filter}": lambda connection, case_filter=case_filter, after=after: read_page(  # type: ignore[misc]
            connection, Tier(AGENCIES[0]), case_filter, NOW, 50, after
        )
        for case_filter in FILTERS
        for number, after in enumerate((None, CURSOR), start=1)
    },
    "page after a danger": lambda connection: read_page(
        connection, Tier(AGENCIES[0]), CaseFilter(), NOW, 50, CURSOR._replace(has_danger=True)
    ),
    "dangers": lambda connection: read_dangers(connection, Tier(AGENCIES[0]), 5),
    "counts": lambda connection: count_tabs(connection, Tier(AGENCIES[0]), NOW),
    **{
        f"counts of {case_filter}": lambda connection, case_filter=case_filter: count_matches(  # type: ignore[misc]
            connection, Tier(AGENCIES[0]), case_filter, NOW
        )
        for case_filter in FILTERS
        if case_filter.tab == "new"
    },
    **{
        f"topics of {tab}": lambda connection, tab=tab: count_topics(  # type: ignore[misc]
            connection, Tier(AGENCIES[0]), tab
        )
        for tab in TABS
    },
    "owing": lambda connection: waiting_numbers(connection, Tier(AGENCIES[0]), 6),
    "changes": lambda connection: read_changes(connection, Tier(AGENCIES[0]), 100, 50),
    "changes in a state": lambda connection: read_changes(connection, Tier(AGENCIES[1]), 10, 50, ["selesai"]),
    "no change": lambda connection: read_changes(connection, Tier(AGENCIES[0]), 10 * CASES, 50),
    "marks": lambda connection: open_suggestions(
        connection, read_page(connection, Tier(AGENCIES[0]), CaseFilter(suggested=True), NOW, 50).rows
    ),
    "case": lambda connection: read_case(connection, Tier(AGENCIES[0]), generated_number(7)),
    "case to answer": lambda connection: read_case_to_answer(connection, Tier(AGENCIES[0]), generated_number(7)),
}


@pytest.fixture(scope="module")
def many_cases(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with thousands of cases, which the tests of this module only read."""
    with database.engine(tmp_path_factory.mktemp("plans")) as engine:
        generate_cases(engine, AGENCIES, CASES, NOW)
        yield engine


def test_every_query_uses_an_index(many_cases: Engine) -> None:
    """Also the one of the agency with half of all cases, with and without statistics.

    SQLite has no statistics until somebody asks for them.
    """
    assert scans(many_cases, QUERIES, TABLES) == {}
    collect_statistics(many_cases)
    assert scans(many_cases, QUERIES, TABLES) == {}


@pytest.mark.parametrize(
    ("name", "index"),
    [
        (f"page 1 of {CaseFilter('new')}", "ix_desk_case_danger_due"),
        ("page after a danger", "ix_desk_case_danger_due"),
        (f"page 1 of {CaseFilter('overdue')}", "ix_desk_case_danger_open"),
        ("dangers", "ix_desk_case_danger_since"),
    ],
)
def test_dangers_are_found_among_themselves(many_cases: Engine, name: str, index: str) -> None:
    """The index of a list would read all its cases to find the few with a danger, with and without statistics."""
    for _ in range(2):
        assert index in plans(many_cases, QUERIES[name])[0][1]
        collect_statistics(many_cases)


@pytest.mark.only_on("sqlite", "PostgreSQL chooses by the statistics of the values")
def test_counts_of_a_filter_read_its_cases_alone(many_cases: Engine) -> None:
    """Those of a deadline too: the index of open cases has all of the agency."""
    for case_filter, index in (
        (CaseFilter(topic="topik-7"), "ix_desk_case_topic"),
        (CaseFilter(channel="sms"), "ix_desk_case_channel"),
    ):
        shown = [plan for _, plan in plans(many_cases, QUERIES[f"counts of {case_filter}"])]
        assert all(index in plan for plan in shown), shown


def test_cases_that_owe_an_answer_are_found_by_their_recommendations(many_cases: Engine) -> None:
    """An agency without a recommendation reads none of its cases for them."""
    statements = plans(many_cases, QUERIES["owing"])
    assert len(statements) == 1
    assert "desk_case" not in statements[0][1]


def test_a_scan_would_be_seen(many_cases: Engine) -> None:
    """A query without an index is found."""

    def count_all(connection: Connection) -> object:
        return connection.execute(text("SELECT count(*) FROM desk_case WHERE title LIKE '%lampu%'")).all()

    found_plans = [plan for _, plan in plans(many_cases, count_all)]
    assert [scanned_tables(plan, TABLES) for plan in found_plans] == [{"desk_case"}]


def test_generated_cases_are_like_real_ones(many_cases: Engine) -> None:
    """Each tab of the large agency has cases, and one of them can be opened."""
    with read_transaction(many_cases) as connection:
        counts = count_tabs(connection, Tier(AGENCIES[0]), NOW)
        page = read_page(connection, Tier(AGENCIES[0]), CaseFilter("overdue"), NOW, 3)
        view = read_case(connection, Tier(AGENCIES[0]), page.rows[0].tracking)
    assert min(counts.values()) > 0
    assert view is not None
    assert isinstance(view.case.due_at, datetime)


@pytest.mark.only_on("postgresql", "SQLite's plan does not name the row that a search begins at")
def test_a_page_begins_at_its_cursor(many_cases: Engine) -> None:
    """The index leads to the cursor. A filter would read all rows before it."""
    for tab in ("new", "done"):
        *_, (_, plan) = plans(many_cases, QUERIES[f"page 2 of {CaseFilter(tab)}"])
        (condition,) = [line for line in plan.splitlines() if "Index Cond" in line and "agency" in line]
        assert "ROW(" in condition


def test_a_case_is_found_by_its_complaint(many_cases: Engine) -> None:
    """An index of the agency alone would read half of all cases."""
    case_plans = [
        plan
        for statement, plan in plans(many_cases, QUERIES["case"])
        if "FROM desk_case" in statement.replace("\n", "")
    ]
    assert case_plans
    assert all("ix_desk_case_complaint" in plan for plan in case_plans)


def test_cases_that_suggest_a_case_are_found_by_it(many_cases: Engine) -> None:
    """An index of the agency in the order of the list would read half of all cases."""
    with read_transaction(many_cases) as connection:
        (row,) = read_page(connection, Tier(AGENCIES[0]), CaseFilter("new"), NOW, 1).rows
    ((_, plan),) = plans(many_cases, lambda connection: read_suggesting_cases(connection, Tier(AGENCIES[0]), row))
    assert "ix_desk_case_suggested" in plan
