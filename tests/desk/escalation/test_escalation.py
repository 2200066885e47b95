"""Persons are told of a deadline once, and it is stored who heard of it and when."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from accounts.account_store import save_account
from accounts.permissions import Role
from config.database import insert_statement, read_transaction, write_transaction
from config.reference.escalation import EscalationTable, Moment, load_escalation
from desk.acts.tables import DeskHolder
from desk.changes import CaseChange, ChangeKind, ReachedMoment
from desk.escalation.escalation import EscalatedChanges, Escalation
from desk.escalation.tables import DeskToldPerson
from desk.units.tree import Unit
from desk.units.units import Units
from tests.conftest import NOW
from tests.desk.webhooks.receiver import Clock

_CITY, _PLN = "kota-3374", "bumn-pln"
_CASE = UUID(int=1)
_KINDS: dict[Moment, ChangeKind] = {
    "near": "due",
    "passed": "overdue",
    "twice": "twice-overdue",
    "three_times": "three-times-overdue",
}


@dataclass
class City:
    """An institution with a unit, its persons, and an overseer."""

    engine: Engine
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    rules: EscalationTable = field(default_factory=load_escalation)
    has_mail: bool = True

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        Units(self.engine, lambda *_: None, self.clock).add(_CITY, Unit("PU", "Dinas PU"), "Budi", "test")
        for number, (role, agency, unit) in enumerate(
            [
                (Role.OFFICER, _CITY, "PU"),
                (Role.HEAD, _CITY, "PU"),
                (Role.COORDINATOR, _CITY, ""),
                (Role.HEAD, _CITY, ""),
                (Role.OVERSEER, "", ""),
                (Role.COORDINATOR, _PLN, ""),
                (Role.OVERSEER, _CITY, ""),
            ]
        ):
            values = {"email": f"petugas{number}@contoh.id", "name": f"Petugas {number}", "password_hash": ""}
            with write_transaction(self.engine) as connection:
                save_account(
                    connection, UUID(int=number), {**values, "role": role, "agency": agency, "unit": unit}, NOW
                )

    def hold(self, unit: str, account: int) -> None:
        """Let an officer of a unit have the case."""
        row = {"dispatch_id": _CASE, "agency": _CITY, "unit": unit, "unit_code": unit, "unit_from": "", "returns": 0}
        with write_transaction(self.engine) as connection:
            values = {**row, "account_id": str(UUID(int=account)), "name": "Petugas"}
            connection.execute(insert_statement(connection, DeskHolder).values(values))

    def reach(self, when: Moment, number: int = 1, agency: str = _CITY, **changed: Any) -> EscalatedChanges:
        """Let the case reach a moment of its clock."""
        values = {"at": self.clock.time, "reached": ReachedMoment("resolve", when), **changed}
        change = CaseChange(UUID(int=number), _KINDS[when], agency, "L1", _CASE, "new", **values)
        with write_transaction(self.engine) as connection:
            return Escalation(self.rules, self.clock, has_mail=self.has_mail).add(connection, [change])

    def told(self, number: int = 1) -> dict[int, tuple[str, bool, bool]]:
        """Return who was told of a change: as whom, and if by desk and by mail."""
        with read_transaction(self.engine) as connection:
            rows = connection.execute(select(DeskToldPerson.__table__)).all()  # type: ignore[attr-defined]
        return {
            UUID(row.account_id).int: (row.who, row.by_desk, row.by_mail)
            for row in rows
            if row.change_id == UUID(int=number)
        }


@pytest.fixture
def city(engine: Engine) -> City:
    """A city on each kind of database."""
    return City(engine)


def test_each_moment_is_told_to_its_persons_and_stored(city: City) -> None:
    """By the shipped rules. Another institution's persons hear nothing."""
    city.hold("PU", 0)
    for number, moment in enumerate(_KINDS, start=1):
        told = city.reach(moment, number)
        assert [len(told.by_webhook), len(told.by_mail)] == [1, 1]
    both = (True, True)
    assert city.told(1) == {0: ("officer", *both)}
    assert city.told(2) == {0: ("officer", *both), 1: ("unit_head", *both), 2: ("coordinator", *both)}
    assert city.told(3) == {3: ("head", *both)}
    assert city.told(4) == {2: ("coordinator", *both), 4: ("overseer", False, True), 6: ("overseer", False, True)}


def test_a_change_that_is_processed_again_tells_nobody_else(city: City) -> None:
    """Also if persons, the holder and the rules have changed since."""
    city.reach("passed")
    before = city.told()
    assert before == {2: ("officer", True, True)}
    city.hold("PU", 0)
    city.rules = EscalationTable()
    city.clock.advance(timedelta(hours=1))
    told = city.reach("passed", at=NOW)
    assert city.told() == before
    assert told == ([], [])


def test_the_table_of_an_operator_decides_alone(city: City, tmp_path: Any) -> None:
    """Nobody and no webhook is told of a moment without a row; a row without mail sends none."""
    path = tmp_path / "escalation.csv"
    path.write_text("clock,when,who,ways\nresolve,near,head,desk\n", encoding="utf-8")
    city.rules = load_escalation(path)
    assert city.reach("passed", 1) == ([], [])
    assert city.reach("near", 2) == ([], [])
    assert [city.told(1), city.told(2)] == [{}, {3: ("head", True, False)}]


def test_without_a_mail_server_the_desk_tells_and_overseers_are_not_named(city: City) -> None:
    """What is stored is what happened: nobody gets an e-mail. Nor after an outage of days."""
    city.has_mail = False
    city.reach("three_times", 1)
    assert city.told(1) == {2: ("coordinator", True, False)}
    city.has_mail = True
    city.reach("three_times", 2, at=city.clock.time - timedelta(days=2))
    assert city.told(2) == {2: ("coordinator", True, False)}
    city.reach("three_times", 3, at=city.clock.time - timedelta(days=31))
    assert city.told(3) == {}


def test_another_change_goes_every_way_and_names_nobody(city: City) -> None:
    """What citizens wrote is no deadline."""
    told = city.reach("near", reached=None)
    assert [len(told.by_webhook), len(told.by_mail)] == [1, 1]
    assert city.told() == {}
    assert city.reach("passed", 2, agency="provinsi-33").by_webhook != []
    assert {who for who, _, _ in city.told(2).values()} == set()


def test_who_stands_in_is_told_instead_of_who_is_on_leave(city: City, engine: Engine) -> None:
    """As the officer who has the case. Whose last day is over is told nothing, and stands in for nobody."""
    city.hold("PU", 0)
    leave = {"stand_in": UUID(int=7), "away_from": NOW, "away_until": NOW + timedelta(days=3)}
    colleague = {"email": "wakil@contoh.id", "name": "Wakil", "role": Role.OFFICER, "agency": _CITY, "unit": "PU"}
    with write_transaction(engine) as connection:
        save_account(connection, UUID(int=7), {**colleague, "password_hash": ""}, NOW)
        save_account(connection, UUID(int=0), leave, NOW)
    city.reach("near")
    assert city.told() == {7: ("officer", True, True)}
    with write_transaction(engine) as connection:
        save_account(connection, UUID(int=7), {"ends_at": NOW}, NOW)
    city.reach("near", 2)
    assert city.told(2) == {0: ("officer", True, True)}
