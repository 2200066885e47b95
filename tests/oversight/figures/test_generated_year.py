"""The figures of a generated year equal a computation by DuckDB over the records of the topics."""

import random
from collections.abc import Sequence
from datetime import date
from itertools import product
from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from sqlalchemy import Engine

from bus.port import Record
from config.database import read_transaction
from messages.topics import TRIAGE
from oversight.figures.computation import compute_figures
from oversight.figures.counts import NATION, Scope, month_period
from oversight.figures.figures_json import figures_json
from oversight.read_model.day_counts import read_counts
from tests.oversight.figures.independent_figures import independent_figures, open_year
from tests.oversight.generated_year import AGENCIES, GeneratedYear
from tests.oversight.harness import stored_rows
from tests.support.case_stages import DerivingCases, oversight_derivation
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES

TODAY = date(2026, 7, 20)
CASES = 2_000


@pytest.fixture(scope="module")
def year() -> Sequence[Record]:
    """All records of the year."""
    generated = GeneratedYear(seed=1)
    generated.generate(CASES)
    return generated.divide_some()


@pytest.fixture(scope="module")
def facts(year: Sequence[Record], tmp_path_factory: pytest.TempPathFactory) -> DuckDBPyConnection:
    """DuckDB with the facts of the year."""
    return open_year(year, tmp_path_factory.mktemp("year"))


def read_year(engine: Engine, records: Sequence[Record], batch_size: int) -> None:
    """Let oversight read the records."""
    institutions = {*AGENCIES, TRIAGE}
    sink = DerivingCases(engine, [oversight_derivation()], institutions=lambda: institutions)
    for start in range(0, len(records), batch_size):
        sink.handle(records[start : start + batch_size])


def figures_of(engine: Engine, month: str, scope: Scope, channel: str = "") -> dict[str, Any]:
    """Return the figures as the command prints them, without the versions; with a channel, of its reports."""
    period = month_period(*map(int, month.split("-"))) if month else None
    with read_transaction(engine) as connection:
        counts = read_counts(connection, scope, period)
    counts = counts.by_channel()[channel] if channel else counts
    figures = figures_json(compute_figures(counts, TODAY, DEADLINES))
    return {name: figures[name] for name in figures if not name.endswith(("_version", "_provisional"))}


def scope_of(agency: str) -> Scope:
    """Return the scope of an agency; "" is the nation."""
    return Scope("agency", agency) if agency else NATION


@pytest.mark.slow
def test_figures_equal_an_independent_computation(
    year: Sequence[Record], facts: DuckDBPyConnection, engine: Engine
) -> None:
    """For the nation, single months, each agency and triage, and for each channel: every number of every figure."""
    read_year(engine, year, 4_000)
    cohorts = [("", ""), ("2025-07", ""), ("2026-03", ""), ("2026-06", ""), ("2025-08", AGENCIES[0])]
    for month, agency in [*cohorts, *(("", code) for code in (*AGENCIES, TRIAGE))]:
        expected = independent_figures(facts, TODAY, month, agency)
        assert figures_of(engine, month, scope_of(agency)) == expected, (month, agency)
    for month, programme in product(("", "2025-08", "2026-03"), PROGRAMMES.names()):
        expected = independent_figures(facts, TODAY, month, "", programme=programme)
        assert figures_of(engine, month, Scope("programme", programme)) == expected, (month, programme)
    for month, agency, channel in product(("", "2026-03"), ("", AGENCIES[0]), ("web", "sms", "twitter", "mobile")):
        expected = independent_figures(facts, TODAY, month, agency, channel)
        # Pairs of agencies are not counted by channel.
        expected["ping_pong"]["worst_pairs"] = []
        assert figures_of(engine, month, scope_of(agency), channel) == expected, (month, agency, channel)


@pytest.mark.slow
def test_a_replay_in_any_order_gives_the_same_rows(engine: Engine, other_engine: Engine) -> None:
    """The records of all topics are mixed: answers come before their dispatches, and those before their reports."""
    records = GeneratedYear(seed=2).generate(200)
    read_year(engine, records, 1_000)
    shuffled = list(records)
    random.Random(2).shuffle(shuffled)  # noqa: S311 - reproducible examples
    read_year(other_engine, shuffled, 150)
    assert stored_rows(other_engine) == stored_rows(engine)


@pytest.mark.slow
def test_the_year_has_every_kind_of_case(facts: DuckDBPyConnection) -> None:
    """Otherwise equal figures would show little."""
    conditions = (
        *("refusals >= 2", "reopenings > 0", "end_kind = 'withdrawn'", "end_kind = 'archived'", "handed_over > 0"),
        *(
            "is_no_report",
            "id IN (SELECT id FROM report WHERE is_part)",
            "rated_at < rating_asked_at",
            "rated_at >= rating_asked_at",
            "rating IS NULL AND closings > 0",
        ),
        *("rating > 0 AND rating_asked_at IS NULL", "rating > 0 AND reopenings > 0"),
        *("forwarded_at IS NULL", "asked_at IS NOT NULL AND wait_end IS NULL", "answer_outcome = 'missed'"),
        *("answer_outcome = 'met'", "answered_at IS NULL", "verify_outcome = 'missed'", "touched_at > touch_due_at"),
        # Extensions: without any reaction; that count, and were not kept; that gave the time in which the answer came.
        "touched_at IS NULL AND id IN (SELECT complaint_id FROM counted WHERE verdict = 'extended')",
        "answer_outcome = 'missed' AND id IN (SELECT complaint_id FROM extension)",
        "answer_outcome = 'met' AND id IN (SELECT complaint_id FROM extension) AND agencies = 1 AND asked_at IS NULL",
        *("first_refused", "open_due_at IS NOT NULL", "three_times_due_at < open_due_at + INTERVAL 90 DAY"),
    )
    for condition in conditions:
        assert len(facts.table("fact").filter(condition).fetchall()) >= 10, condition
    in_both = facts.sql("SELECT id FROM marked GROUP BY id HAVING count(*) > 1").fetchall()
    assert min(len(in_both), *facts.sql("SELECT count(*) FROM marked GROUP BY programme").fetchall()[0]) >= 10
