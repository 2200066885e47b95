"""Each query of oversight uses an index, and reads counts of days, never cases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, text

from config.database import read_transaction
from oversight.figures.computation import bucket_limits, compute_figures
from oversight.figures.counts import NATION, Scope, ScopeKind, jakarta_day, month_period
from oversight.pages.shown_figures import DEFAULT_FIGURE
from oversight.read_model.case_row import tables_version
from oversight.read_model.day_counts import (
    count_overdue,
    needs_rebuild,
    read_counts,
    read_counts_by_scope,
    read_longest_overdue,
)
from tests.conftest import NOW
from tests.oversight.generated_rows import generate_rows
from tests.support.databases import Databases
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES
from tests.support.query_plans import Query, collect_statistics, plans, scanned_tables, scans

AGENCIES = tuple(f"kota-{number}" for number in range(30))
CASES = 1_500
MONTH = month_period(2026, 3)
TABLES = (
    *("oversight_case", "oversight_day", "oversight_pair_day", "oversight_dispatch", "oversight_answer"),
    *("oversight_report", "oversight_correction", "oversight_hand_over"),
)
SCOPES = (NATION, Scope("province", "33"), Scope("agency", AGENCIES[0]), Scope("topic", "topik-7"))
PROGRAMME = Scope("programme", "sehat")
VERSION = tables_version(DEADLINES, PROGRAMMES)
KINDS: tuple[ScopeKind, ...] = ("province", "agency", "topic")

# As pages read them: the measures of one figure, without days that no figure compares.
RANKING_QUERIES: dict[ScopeKind, Query] = {
    kind: partial(
        read_counts_by_scope,
        kind=kind,
        period=MONTH,
        measures=sorted({*DEFAULT_FIGURE.measures, "case"}),
        limits=bucket_limits(jakarta_day(NOW)),
    )
    for kind in KINDS
}
QUERIES: dict[str, Query] = {
    **{f"{scope} of a month": partial(read_counts, scope=scope, period=MONTH) for scope in SCOPES},
    **{f"{scope} together": partial(read_counts, scope=scope, period=MONTH, by_channel=False) for scope in SCOPES},
    **{f"every {kind}": partial(read_counts_by_scope, kind=kind, period=MONTH) for kind in KINDS},
    **{f"figure of every {kind}": query for kind, query in RANKING_QUERIES.items()},
    **{f"longest overdue of {scope}": partial(read_longest_overdue, scope=scope, now=NOW) for scope in SCOPES},
    **{f"all of {scope}": partial(read_counts, scope=scope) for scope in SCOPES[1:]},
    **{f"overdue of {scope}": partial(count_overdue, scope=scope, today=jakarta_day(NOW)) for scope in SCOPES},
    "programme of a month": partial(read_counts, scope=PROGRAMME, period=MONTH),
    "longest overdue of a programme": partial(read_longest_overdue, scope=PROGRAMME, now=NOW),
    "every programme": partial(read_counts_by_scope, kind="programme", period=MONTH),
    "versions": partial(needs_rebuild, tables_version=VERSION),
}


@pytest.fixture(scope="module")
def many_cases(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with cases of two years, which the tests of this module only read."""
    with database.engine(tmp_path_factory.mktemp("plans")) as engine:
        generate_rows(engine, AGENCIES, CASES, 700, NOW, DEADLINES)
        yield engine


@pytest.mark.slow
def test_every_query_uses_an_index(many_cases: Engine) -> None:
    """With and without statistics."""
    assert scans(many_cases, QUERIES, TABLES) == {}
    collect_statistics(many_cases)
    assert scans(many_cases, QUERIES, TABLES) == {}


def test_a_ranking_reads_the_rows_of_its_figure_only(many_cases: Engine) -> None:
    """By the index that begins with scopes and measure, and has all columns."""
    collect_statistics(many_cases)
    for query in RANKING_QUERIES.values():
        ((_, plan),) = plans(many_cases, query)
        assert "ix_oversight_day_measure" in plan


def test_the_pairs_of_a_programme_are_read_from_the_few_cases_with_pairs(many_cases: Engine) -> None:
    """By an index that contains no other case, also without a period."""
    collect_statistics(many_cases)
    read_plans = [
        plan for _, plan in plans(many_cases, partial(read_counts, scope=PROGRAMME)) if "oversight_case" in plan
    ]
    assert read_plans
    assert all("ix_oversight_case_programme_pairs" in plan for plan in read_plans)


def test_figures_read_no_case(many_cases: Engine) -> None:
    """However many cases there are, figures are read from the counts of days."""
    queries = [partial(read_counts, scope=scope, period=MONTH) for scope in SCOPES]
    statements = [statement for query in queries for statement, _ in plans(many_cases, query)]
    assert statements
    assert not any("oversight_case" in statement for statement in statements)


def test_a_scan_would_be_seen(many_cases: Engine) -> None:
    """A query without an index is found."""

    def count_all(connection: Connection) -> object:
        return connection.execute(text("SELECT count(*) FROM oversight_case WHERE kind = 'x'")).all()

    assert [scanned_tables(plan, TABLES) for _, plan in plans(many_cases, count_all)] == [{"oversight_case"}]


def test_the_parts_add_up(many_cases: Engine) -> None:
    """Each case counts once in the nation, in one channel, province and topic, and once for each agency column."""
    today = jakarta_day(NOW)
    whole = month_period(2024, 1)._replace(last=date(2027, 1, 1))
    with read_transaction(many_cases) as connection:
        nation = read_counts(connection, NATION)
        together = read_counts(connection, NATION, by_channel=False)
        parts = {kind: read_counts_by_scope(connection, kind, whole) for kind in KINDS}
    figures = compute_figures(nation, today, DEADLINES)
    assert figures.cases == CASES
    assert compute_figures(together, today, DEADLINES) == replace(figures, received={"": CASES})
    by_channel = [compute_figures(counts, today, DEADLINES) for counts in nation.by_channel().values()]
    assert len(by_channel) > 1
    assert sum(part.cases for part in by_channel) == CASES
    assert figures.open_cases.overdue > 0
    for kind, counts_by_scope in parts.items():
        by_part = [compute_figures(counts, today, DEADLINES) for counts in counts_by_scope.values()]
        assert sum(part.cases for part in by_part) == CASES, kind
        assert sum(part.open_cases.overdue for part in by_part) == figures.open_cases.overdue, kind
        assert sum(part.answered_in_time.numerator for part in by_part) == figures.answered_in_time.numerator, kind
