"""Many random steps: one unit is accountable for each case at every moment, and the lists show each tier alone."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, Row, select
from sqlmodel import col

from accounts.permissions import Actor, Role
from config.database import read_transaction
from desk.acts.tables import DeskAssignment, DeskHolder
from desk.read_model.queries import TABS, CaseFilter, count_tabs, read_page
from desk.read_model.tables import DeskCase
from desk.units.passing import MOST_RETURNS, Step, UnitPassing
from desk.units.tiers import tier_of
from desk.units.tree import Unit
from desk.units.units import Units
from tests.conftest import NOW
from tests.support.generated_cases import generate_cases

_AGENCY, _CASES, _UNITS, _ACTS, _CHECKED_EVERY = "kota-3374", 12, 14, 700, 100


def shown(engine: Engine, unit: str) -> set[UUID]:
    """Return the cases in the lists of a unit."""
    with read_transaction(engine) as connection:
        tier = tier_of(connection, _AGENCY, unit)
        pages = [read_page(connection, tier, CaseFilter(tab), NOW, 200).rows for tab in ("new", "working", "waiting")]
        pages.append(read_page(connection, tier, CaseFilter("done"), NOW, 200).rows)
        counts = count_tabs(connection, tier, NOW)
    assert [len(page) for page in pages] == [
        counts[tab] for tab in TABS if tab in {"new", "working", "waiting", "done"}
    ]
    return {row.dispatch_id for page in pages for row in page}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_one_unit_is_accountable_at_every_moment(engine: Engine, now: Callable[[], datetime], seed: int) -> None:
    """The steps are worked out a second time. A case that came back twice is passed on by persons alone."""
    chooser = random.Random(seed)  # noqa: S311 - examples
    generate_cases(engine, [_AGENCY], _CASES, NOW)
    with read_transaction(engine) as connection:
        cases: list[Row[Any]] = list(connection.execute(select(DeskCase.__table__)).all())  # type: ignore[attr-defined]
    units, codes = Units(engine, lambda *_: None, now), [f"U{number}" for number in range(_UNITS)]
    parents = {code: chooser.choice(["", *codes[:number]]) for number, code in enumerate(codes)}
    for code in codes:
        units.add(_AGENCY, Unit(code, f"Unit {code}", parents[code]), "Budi", "test")
    told: list[tuple[str, str]] = []
    passing = UnitPassing(
        engine, lambda *_: None, now, uuid4, lambda _connection, _change, earlier, unit: told.append((earlier, unit))
    )

    def upwards(code: str) -> list[str]:
        return [code, *(upwards(parents[code]) if parents[code] else [])]

    accountable = {case.dispatch_id: "" for case in cases}
    came_from: dict[UUID, str] = {}
    returns = dict.fromkeys(accountable, 0)
    for number in range(_ACTS):
        case, unit = chooser.choice(cases), chooser.choice(["", *codes])
        id_, actor = case.dispatch_id, Actor(UUID(int=1), "Sri", Role.OFFICER, _AGENCY, unit)
        here = accountable[id_]
        sees = not unit or (here != "" and unit in upwards(here))
        if chooser.random() < 1 / 3:
            done = passing.give_back(actor, case, "Bukan kami") is None
            assert done == (unit != "" and here == unit and case.is_current)
            if done:
                returns[id_] += 1
                above = came_from.get(id_, "")
                accountable[id_] = above if above in upwards(here)[1:] and returns[id_] < MOST_RETURNS else ""
                came_from[id_] = ""
        else:
            target = chooser.choice(codes)
            with read_transaction(engine) as connection:
                tier = tier_of(connection, _AGENCY, unit)
            done = passing.pass_on(actor, tier, case, Step(target), UTC) is None
            assert done == (case.is_current and sees and (not unit or unit in upwards(target)))
            if done and target != here:
                came_from[id_], accountable[id_] = here, target
        if number % _CHECKED_EVERY == 0:
            for looking in ("", *codes):
                seen = {
                    key for key, value in accountable.items() if not looking or (value and looking in upwards(value))
                }
                assert shown(engine, looking) == seen
    with read_transaction(engine) as connection:
        stored = dict(iter(connection.execute(select(col(DeskHolder.dispatch_id), col(DeskHolder.unit_code))).all()))
        steps = len(connection.execute(select(col(DeskAssignment.id))).all())
    assert {id_: stored.get(id_, "") for id_ in accountable} == accountable
    assert steps == len(told)
