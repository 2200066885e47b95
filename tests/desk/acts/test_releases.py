"""Cases of persons who work here no more: nobody has them, and who is there sees them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, Row, insert, select
from sqlmodel import col

from accounts.account_store import save_account
from accounts.permissions import Actor, Role
from accounts.tables import AccountRow
from config.database import read_transaction, write_transaction
from desk.acts.case_work import CaseWork
from desk.acts.releases import Releases
from desk.acts.tables import DeskAssignment, DeskHolder
from desk.read_model.queries import CaseFilter, count_released, read_page
from desk.read_model.tables import DeskCase
from desk.units.passing import Step, UnitPassing
from desk.units.tiers import Tier, tier_of
from desk.units.tree import Unit
from desk.units.units import Units
from tests.conftest import NOW
from tests.support.generated_cases import generate_cases

CITY = "kota-3374"
SARI = Actor(UUID(int=1), "Sari Dewi", Role.OFFICER, CITY)
ANDI = Actor(UUID(int=2), "Andi Wijaya", Role.OFFICER, CITY)


class World:
    """A city with two officers, and as many cases as a test needs."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        """Store both accounts and the cases."""
        self.engine = engine
        self.acts: list[tuple[Any, ...]] = []
        self.releases = Releases(engine, lambda *act: self.acts.append(act), now, uuid4)
        self.work = CaseWork(engine, lambda *_: None, now, uuid4)
        self.passing = UnitPassing(engine, lambda *_: None, now, uuid4, lambda *_: None)
        self.units = Units(engine, lambda *_: None, now)
        generate_cases(engine, [CITY], 30, NOW)
        with write_transaction(engine) as connection:
            for actor in (SARI, ANDI):
                values = {"email": f"{actor.name[0]}@kota.example", "name": actor.name, "role": "officer"}
                save_account(connection, actor.account_id, {**values, "agency": CITY}, NOW)

    def cases(self, tab: str) -> list[Row[Any]]:
        """Return the cases of a tab."""
        with read_transaction(self.engine) as connection:
            query = select(DeskCase.__table__).where(col(DeskCase.tab) == tab)  # type: ignore[attr-defined]
            return list(connection.execute(query).all())

    def give(self, case: Row[Any], officer: Actor) -> None:
        """Give a case to an officer."""
        self.work.assign_officer(ANDI, CITY, case.dispatch_id, officer.account_id, officer.name)

    def holder(self, case: Row[Any]) -> str:
        """Return the account that has a case; empty for nobody."""
        row = self.work.holder(CITY, case.dispatch_id)
        return row.account_id if row else ""

    def released(self, tier: Tier) -> set[UUID]:
        """Return the cases of the tier that are shown as released. The number above the list is theirs."""
        with read_transaction(self.engine) as connection:
            pages = [
                read_page(connection, tier, CaseFilter(tab, released=True), NOW, 200).rows
                for tab in ("new", "working", "waiting")
            ]
            counted = count_released(connection, tier)
        found = {row.dispatch_id for page in pages for row in page}
        assert counted == len(found)
        return found

    def end(self, actor: Actor, at: datetime) -> None:
        """Set the moment at which a person ends."""
        with write_transaction(self.engine) as connection:
            save_account(connection, actor.account_id, {"ends_at": at, "released_at": None}, NOW)

    def release(self, actor: Actor, unit: str | None = None) -> int:
        """Release the cases of a person."""
        with write_transaction(self.engine) as connection:
            return self.releases.release(connection, actor.account_id, CITY, unit)


@pytest.fixture
def world(engine: Engine, now: Callable[[], datetime]) -> World:
    """A city."""
    return World(engine, now)


def test_nobody_has_the_cases_of_who_is_gone(world: World) -> None:
    """The open ones are shown, and have a step that says so; a closed one that is opened again has nobody either."""
    mine, closed, other = world.cases("new")[0], world.cases("done")[0], world.cases("new")[1]
    world.give(mine, SARI)
    world.give(closed, SARI)
    world.give(other, ANDI)
    assert world.release(SARI) == 1
    assert [world.holder(case) for case in (mine, closed, other)] == ["", "", str(ANDI.account_id)]
    assert world.released(Tier(CITY)) == {mine.dispatch_id}
    (step,) = (step for step in world.work.assignments(CITY, mine.dispatch_id) if step.is_release)
    assert (step.name, step.account_id) == ("Sari Dewi", "")
    assert world.release(SARI) == 0


def test_a_released_case_is_shown_until_somebody_decides(world: World) -> None:
    """Somebody takes it, or it is passed on to a unit."""
    taken, passed = world.cases("new")[:2]
    for case in (taken, passed):
        world.give(case, SARI)
    world.release(SARI)
    world.give(taken, ANDI)
    assert world.released(Tier(CITY)) == {passed.dispatch_id}
    world.units.add(CITY, Unit("DINKES", "Dinas Kesehatan"), "Budi", "test")
    assert world.passing.pass_on(ANDI, Tier(CITY), passed, Step("DINKES"), NOW.tzinfo) is None  # type: ignore[arg-type]
    assert world.released(Tier(CITY)) == set()


def test_who_moves_to_another_unit_keeps_what_is_seen_there(world: World) -> None:
    """Nobody has the others. Each unit is shown its own."""
    for code, parent in (("DINKES", ""), ("PKM-1", "DINKES"), ("PU", "")):
        world.units.add(CITY, Unit(code, f"Unit {code}", parent), "Budi", "test")
    cases = dict(zip(("DINKES", "PKM-1", "PU", ""), world.cases("new"), strict=False))
    for code, case in cases.items():
        if code:
            world.passing.pass_on(ANDI, Tier(CITY), case, Step(code), NOW.tzinfo)  # type: ignore[arg-type]
        world.give(case, SARI)
    assert world.release(SARI, "DINKES") == 2
    assert {code for code, case in cases.items() if not world.holder(case)} == {"PU", ""}
    with read_transaction(world.engine) as connection:
        tiers = {code: tier_of(connection, CITY, code) for code in ("DINKES", "PU")}
    assert world.released(tiers["PU"]) == {cases["PU"].dispatch_id}
    assert world.released(tiers["DINKES"]) == set()
    # Whoever sees the whole institution from now on keeps all.
    assert world.release(SARI, "") == 0


def test_ended_persons_are_released_once(world: World, now: Callable[[], datetime]) -> None:
    """After the last day, and not before. The audit log has it once; a new last day begins it anew."""
    first, second = world.cases("new")[:2]
    world.give(first, SARI)
    world.end(SARI, now() + timedelta(seconds=1))
    assert (world.releases.release_ended(), world.acts) == (0, [])
    world.end(SARI, now())
    assert world.releases.release_ended() == 1
    assert (world.releases.release_ended(), len(world.acts)) == (0, 1)
    assert world.acts[0][:2] == ("account.ended", str(SARI.account_id))
    assert world.holder(first) == ""
    world.end(SARI, now() + timedelta(days=1))
    world.give(second, SARI)
    assert world.holder(second) == str(SARI.account_id)
    world.end(SARI, now())
    assert world.releases.release_ended() == 1
    assert world.holder(second) == ""


@pytest.mark.parametrize("column", ["ends_at", "revoked_at"])
def test_who_is_gone_gets_no_case(world: World, now: Callable[[], datetime], column: str) -> None:
    """Also in the moment between the page and the act: the case would lie there for ever."""
    case = world.cases("new")[0]
    with write_transaction(world.engine) as connection:
        save_account(connection, SARI.account_id, {column: now()}, NOW)
    world.give(case, SARI)
    assert world.holder(case) == ""
    with read_transaction(world.engine) as connection:
        assert connection.execute(select(col(DeskAssignment.id))).all() == []


def test_many_cases_are_released_at_once(world: World) -> None:
    """More than a statement has room for values."""
    rows = [
        {"dispatch_id": uuid4(), "agency": CITY, "account_id": str(SARI.account_id), "name": "Sari"}
        for _ in range(40_000)
    ]
    with write_transaction(world.engine) as connection:
        connection.execute(insert(DeskHolder), rows)
    world.release(SARI)
    with read_transaction(world.engine) as connection:
        left = select(col(DeskHolder.dispatch_id)).where(col(DeskHolder.account_id) != "").limit(1)
        assert connection.execute(left).all() == []
        assert connection.execute(select(col(AccountRow.released_at)).limit(1)).scalar_one() is None
