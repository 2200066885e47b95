"""The lists of units have a row for a case at its unit and at each unit above it, whatever moves."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, Row, delete, select
from sqlmodel import col

from accounts.permissions import Actor, Role
from config.database import read_transaction, write_transaction
from desk.read_model.queries import CaseFilter, count_tabs, count_topics, read_page
from desk.read_model.rebuild import rebuild
from desk.read_model.tables import DeskCase
from desk.units.passing import Step, UnitPassing
from desk.units.tables import DeskUnitCase
from desk.units.tiers import Tier, tier_of
from desk.units.tree import Unit
from desk.units.unit_cases import write_unit_cases
from desk.units.units import Units
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.pages.site import HEALTH, DeskSite
from tests.support.deadlines import DEADLINES
from tests.support.generated_cases import generate_cases

CITY = "kota-3374"
HEAD = Actor(UUID(int=1), "Koordinator", Role.COORDINATOR, CITY)
TREE = {"DINKES": "", "PKM-1": "DINKES", "POLI": "PKM-1", "PU": ""}


class City:
    """A city with units and cases, of which the first ones are at units."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Make the tree and the cases."""
        self.engine = engine
        self.units = Units(engine, lambda *_: None, now)
        self.passing = UnitPassing(engine, lambda *_: None, now, uuid4, lambda *_: None)
        generate_cases(engine, [CITY], 40, NOW)
        for code, parent in TREE.items():
            self.units.add(CITY, Unit(code, f"Unit {code}", parent), "Budi", "test")
        with read_transaction(engine) as connection:
            query = select(DeskCase.__table__).where(col(DeskCase.tab) != "done")  # type: ignore[attr-defined]
            self.cases: list[Row[Any]] = list(connection.execute(query.order_by(col(DeskCase.dispatch_id))).all())

    def pass_on(self, case: Row[Any], unit: str) -> None:
        """Pass a case on."""
        assert self.passing.pass_on(HEAD, Tier(CITY), case, Step(unit), UTC) is None

    def listed(self) -> dict[UUID, set[str]]:
        """Return the units in whose lists each case is."""
        units: dict[UUID, set[str]] = {}
        with read_transaction(self.engine) as connection:
            for row in connection.execute(select(col(DeskUnitCase.dispatch_id), col(DeskUnitCase.unit))):
                units.setdefault(row.dispatch_id, set()).add(row.unit)
        return units


@pytest.fixture
def city(engine: Engine, now: Callable[[], datetime]) -> City:
    """A city on each kind of database."""
    return City(engine, now)


def test_a_case_is_listed_at_its_unit_and_above(city: City) -> None:
    """It leaves the lists of the unit before; a case of the institution is in none."""
    first, second = city.cases[:2]
    city.pass_on(first, "POLI")
    city.pass_on(second, "PU")
    assert city.listed() == {first.dispatch_id: {"POLI", "PKM-1", "DINKES"}, second.dispatch_id: {"PU"}}
    city.pass_on(first, "PU")
    assert city.listed() == {first.dispatch_id: {"PU"}, second.dispatch_id: {"PU"}}
    officer = Actor(UUID(int=2), "Petugas", Role.OFFICER, CITY, "PU")
    assert city.passing.give_back(officer, first, "Bukan kami") is None
    assert city.listed() == {second.dispatch_id: {"PU"}}


def test_lists_follow_the_tree(city: City) -> None:
    """A unit that moves takes its cases and those below it along: by a change, by a file and by a removal."""
    first, second = city.cases[:2]
    city.pass_on(first, "POLI")
    city.pass_on(second, "PKM-1")
    city.units.change(CITY, Unit("PKM-1", "Puskesmas", "PU"), "Budi", "test")
    assert city.listed() == {first.dispatch_id: {"POLI", "PKM-1", "PU"}, second.dispatch_id: {"PKM-1", "PU"}}
    file = b"code,name,parent\nPKM-1,Puskesmas,\nPU,Dinas PU,DINKES\n"
    city.units.import_file(CITY, file, "Budi", "test")
    assert city.listed() == {first.dispatch_id: {"POLI", "PKM-1"}, second.dispatch_id: {"PKM-1"}}
    city.units.import_file(CITY, b"code,name,parent\nPKM-1,Puskesmas,PU\n", "Budi", "test")
    assert city.listed()[first.dispatch_id] == {"POLI", "PKM-1", "PU", "DINKES"}


def test_a_list_has_the_values_of_its_cases(site: DeskSite) -> None:
    """They follow each answer."""
    site.parts.units.add(HEALTH, Unit("DINKES", "Dinas Kesehatan"), "Budi", "test")
    number = site.send(1)
    head = Actor(UUID(int=1), "Koordinator", Role.COORDINATOR, HEALTH)
    view = site.desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    assert site.parts.passing.pass_on(head, Tier(HEALTH), view.case.case, Step("DINKES"), UTC) is None
    for verdict in ("accepted", "asked", "closed"):
        site.desk.answer(site.signed_answer(number, verdict, "Teks"))
        with read_transaction(site.desk.engine) as connection:
            names = [name for name in DeskUnitCase.model_fields if name not in {"unit", "is_asked"}]
            (case,) = connection.execute(select(*(col(getattr(DeskCase, name)) for name in names))).all()
            (row,) = connection.execute(select(*(col(getattr(DeskUnitCase, name)) for name in names))).all()
        assert tuple(case) == tuple(row)


def test_a_rebuild_writes_the_lists_again(desk: DeskHarness, engine: Engine) -> None:
    """Also of cases whose own rows do not change."""
    site = DeskSite(desk)
    site.parts.units.add(HEALTH, Unit("DINKES", "Dinas Kesehatan"), "Budi", "test")
    head = Actor(UUID(int=1), "Koordinator", Role.COORDINATOR, HEALTH)
    view = site.desk.officer_answers().case(Tier(HEALTH), site.send(1))
    assert view
    assert site.parts.passing.pass_on(head, Tier(HEALTH), view.case.case, Step("DINKES"), UTC) is None
    with write_transaction(engine) as connection:
        connection.execute(delete(DeskUnitCase))
    rebuild(engine, DEADLINES)
    with read_transaction(engine) as connection:
        assert count_tabs(connection, tier_of(connection, HEALTH, "DINKES"), NOW)["new"] == 1


def test_many_cases_of_a_unit_are_counted_to_the_same_limits(city: City) -> None:
    """Tabs and topics of a unit that has all cases are those of the institution."""
    for case in city.cases:
        city.pass_on(case, "DINKES")
    with read_transaction(city.engine) as connection:
        tier = tier_of(connection, CITY, "DINKES")
        whole = count_tabs(connection, Tier(CITY), NOW)
        assert {**count_tabs(connection, tier, NOW), "done": 0} == {**whole, "done": 0}
        assert count_topics(connection, tier, "new") == count_topics(connection, Tier(CITY), "new")
        for tab in ("new", "overdue", "waiting"):
            pages = [read_page(connection, each, CaseFilter(tab), NOW, 5) for each in (tier, Tier(CITY))]
            assert [row.dispatch_id for row in pages[0].rows] == [row.dispatch_id for row in pages[1].rows]
            assert pages[0].next == pages[1].next


def test_the_same_rows_again_change_nothing(city: City) -> None:
    """A derivation writes them again with each change of a case."""
    case = city.cases[0]
    city.pass_on(case, "POLI")
    before = city.listed()
    with write_transaction(city.engine) as connection:
        write_unit_cases(connection, [case.dispatch_id, city.cases[1].dispatch_id])
    assert city.listed() == before
