"""The figures of a tier equal those of oversight and a computation by DuckDB over the records of the topics."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from duckdb import DuckDBPyConnection
from sqlalchemy import Engine, delete, select
from sqlmodel import col

from app.operations.own_figures.reading import OwnFigures, district_of, read_own_figures
from app.operations.own_figures.view import OwnView
from bus.port import Record
from config.conditions import is_one_of
from config.database import read_transaction, write_transaction
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier
from messages.topics import TRIAGE
from oversight.figures.computation import Figures
from oversight.figures.figures_json import figures_json
from oversight.pages.months import Month, read_month
from tests.oversight.figures.independent_figures import independent_figures, open_year
from tests.oversight.generated_year import AGENCIES, GeneratedYear
from tests.support.case_stages import DerivingCases, desk_derivation, oversight_derivation, store
from tests.support.deadlines import DEADLINES

TODAY = date(2026, 7, 20)
CITY = "kota-3374"
UNITS = ("", "DINKES", "DPU")
CASES = 800


def unit_of(complaint_id: UUID) -> str:
    """Return the unit that each agency gives a case to; empty for one that it keeps."""
    return UNITS[complaint_id.int % len(UNITS)]


@pytest.fixture(scope="module")
def year() -> Sequence[Record]:
    """All records of the year."""
    return GeneratedYear(seed=3).generate(CASES)


@pytest.fixture(scope="module")
def facts(year: Sequence[Record], tmp_path_factory: pytest.TempPathFactory) -> DuckDBPyConnection:
    """DuckDB with the facts of the year, and the unit of each report: a merged one has that of its case."""
    connection = open_year(year, tmp_path_factory.mktemp("year"))
    hops = connection.sql(
        "SELECT complaint_id, agency, CASE WHEN own_case THEN NULL ELSE relation_of END FROM hop"
        " QUALIFY hop = max(hop) OVER (PARTITION BY complaint_id, agency)"
    ).fetchall()
    rows = [(id_, agency, unit_of(UUID(case or id_))) for id_, agency, case in hops]
    connection.executemany("INSERT INTO unit_of VALUES (?, ?, ?)", rows)
    return connection


@pytest.fixture
def stored(year: Sequence[Record], engine: Engine) -> Engine:
    """A database with the year, in which each agency has given its cases to units."""
    institutions = {*AGENCIES, TRIAGE}
    sink = DerivingCases(engine, [desk_derivation(), oversight_derivation()], institutions=lambda: institutions)
    for start in range(0, len(year), 2_000):
        sink.handle(year[start : start + 2_000])
    with write_transaction(engine) as connection:
        cases = connection.execute(
            select(col(DeskCase.dispatch_id), col(DeskCase.complaint_id), col(DeskCase.agency))
        ).all()
        holders = [
            {"dispatch_id": case.dispatch_id, "agency": case.agency, "unit_code": unit_of(case.complaint_id)}
            for case in cases
        ]
        store(connection, DeskHolder, [holder for holder in holders if holder["unit_code"]])
    return engine


def read(
    engine: Engine, tier: Tier, month: str, topic: str = "", district: str = "", programme: str = ""
) -> OwnFigures:
    """Return the figures of a tier."""
    view = OwnView(read_month(month) or Month(2026, 1), "", topic, district, programme)
    with read_transaction(engine) as connection:
        return read_own_figures(connection, tier, view, TODAY, DEADLINES, district_depth=2)


def numbers(figures: Figures) -> Mapping[str, Any]:
    """Return the figures as the command prints them. Channels and pairs of agencies are not told apart in a tier."""
    values = figures_json(figures)
    values["received"] = sum(values["received"].values())
    values["ping_pong"]["worst_pairs"] = []
    return {name: values[name] for name in values if not name.endswith(("_version", "_provisional"))}


def expected(facts: DuckDBPyConnection, month: str, agency: str, **narrowed: str) -> Mapping[str, Any]:
    """Return the same by DuckDB."""
    values = independent_figures(facts, TODAY, month, agency, **narrowed)
    values["received"] = sum(values["received"].values())
    values["ping_pong"]["worst_pairs"] = []
    return values


@pytest.mark.slow
def test_figures_equal_an_independent_computation(stored: Engine, facts: DuckDBPyConnection) -> None:
    """Of an institution, a unit, a topic and a district, in every month, with what has left it and what was merged."""
    for agency in (CITY, "kementerian-kemenkes"):
        whole = read(stored, Tier(agency), "2026-06")
        for month, figures in whole.months:
            assert numbers(figures) == expected(facts, str(month), agency), (agency, month)
        unit = read(stored, Tier(agency, frozenset({"DINKES"})), "2026-06")
        for month, figures in unit.months:
            assert numbers(figures) == expected(facts, str(month), agency, unit="DINKES"), (agency, month)
        topic = read(stored, Tier(agency), "2026-06", topic="jalan")
        for month, figures in topic.months:
            assert numbers(figures) == expected(facts, str(month), agency, topic="jalan"), (agency, month)
        district = read(stored, Tier(agency), "2026-06", district="91.03")
        for month, figures in district.months:
            assert numbers(figures) == expected(facts, str(month), agency, region="91.03"), (agency, month)
        both = read(stored, Tier(agency, frozenset({"DINKES", "DPU"})), "2026-06", topic="korupsi", district="51.71")
        assert sum(figures.cases for _, figures in both.months) > 0


@pytest.mark.slow
def test_figures_of_a_programme_equal_an_independent_computation(stored: Engine, facts: DuckDBPyConnection) -> None:
    """Of a whole institution, of a unit, and with a topic, in every month."""
    received = 0
    for programme in ("gizi", "sehat"):
        for narrowed in ({}, {"topic": "jalan"}):
            whole = read(stored, Tier(CITY), "2026-06", programme=programme, **narrowed)
            for month, figures in whole.months:
                assert numbers(figures) == expected(facts, str(month), CITY, programme=programme, **narrowed), month
                received += numbers(figures)["received"]
        unit = read(stored, Tier(CITY, frozenset({"DINKES"})), "2026-06", programme=programme)
        for month, figures in unit.months:
            assert numbers(figures) == expected(facts, str(month), CITY, programme=programme, unit="DINKES"), month
            received += numbers(figures)["received"]
    assert received > 0


def test_a_report_counts_for_the_unit_that_has_it_last(stored: Engine) -> None:
    """Not for a unit that had an earlier dispatch of it: its rows are read for that unit, and left out."""
    with write_transaction(stored) as connection:
        names = ("complaint_id", "dispatch_id", "hop")
        of_city = select(*(col(getattr(DeskCase, name)) for name in names)).where(col(DeskCase.agency) == CITY)
        cases = connection.execute(of_city).all()
        last = {case.complaint_id: case.hop for case in sorted(cases, key=lambda case: case.hop)}
        earlier = [case.dispatch_id for case in cases if case.hop < last[case.complaint_id]]
        assert earlier
        connection.execute(delete(DeskHolder).where(is_one_of(col(DeskHolder.dispatch_id), earlier)))
        rows = [{"dispatch_id": id_, "agency": CITY, "unit_code": "LAMA"} for id_ in earlier]
        store(connection, DeskHolder, rows)
    earlier_unit = read(stored, Tier(CITY, frozenset({"LAMA"})), "2026-06")
    assert [numbers(figures)["received"] for _, figures in earlier_unit.months] == [0] * 12
    assert not earlier_unit.parts


@pytest.mark.slow
def test_parts_equal_an_independent_computation(stored: Engine, facts: DuckDBPyConnection) -> None:
    """Each unit, topic and district of a month; together they have every report of the tier."""
    for month in ("2025-09", "2026-03"):
        figures = read(stored, Tier(CITY), month)
        assert len(figures.of("unit")) > 1
        for code, of_unit in figures.of("unit").items():
            if code:
                assert numbers(of_unit) == expected(facts, month, CITY, unit=code), code
        for code, of_topic in figures.of("topic").items():
            assert numbers(of_topic) == expected(facts, month, CITY, topic=code), code
        for code, of_district in figures.of("district").items():
            if code:
                assert numbers(of_district) == expected(facts, month, CITY, region=code), code
        for division in ("unit", "topic", "district"):
            parts = figures.of(division).values()
            assert sum(numbers(part)["received"] for part in parts) == numbers(figures.month)["received"] > 0


def test_a_district_is_the_beginning_of_a_code() -> None:
    """A place that is known less exactly is in none."""
    assert district_of("33.74.11", 3) == "33.74.11"
    assert district_of("33.74.11", 2) == "33.74"
    assert district_of("33.74", 3) == ""
    assert district_of("", 1) == ""
