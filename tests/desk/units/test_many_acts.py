"""Random trees, persons and acts: after each act one unit is accountable, and each reading shows the own tier alone.

`make sight ACTS=100000` does as many acts on each kind of database; without it a few worlds are tried. What follows
from the acts is worked out here a second time, from the parents of units alone.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Row, select
from sqlmodel import col

from accounts.permissions import Actor, Role
from app.operations.forgetting.erasure import erase
from app.operations.forgetting.person import Person, SentMessage
from app.operations.retention.ended_cases import EndedCases
from bus.port import Outgoing
from cases.facts.log import log_forgotten
from config.database import read_transaction, write_transaction
from config.reference.retention import load_retention
from desk.acts.releases import Releases
from desk.acts.tables import DeskHolder
from desk.read_model.change_order import read_changes
from desk.read_model.queries import (
    TABS,
    CaseFilter,
    ListOrder,
    ListTab,
    count_matches,
    count_released,
    count_tabs,
    count_topics,
    read_dangers,
    read_numbered,
    read_page,
)
from desk.read_model.tables import DeskCase
from desk.units.passing import MOST_RETURNS, Step, UnitPassing
from desk.units.tables import DeskUnitCase
from desk.units.tiers import Tier, seen, sees, tier_of
from desk.units.tree import Unit, UnitFault
from desk.units.units import Units
from messages import codec
from messages.shapes import MERGED, SPLIT, AnswerContent, Relation, Verdict
from messages.topics import CORRECTIONS
from sinks.ledger.status import StatusReader
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.pages.site import HEALTH, PLN, DeskSite, number_of
from tests.router.test_corrections import correction
from tests.router.test_linked import complaint_of, id_of
from tests.router.test_objections import act_of
from tests.support.records import at

_ACTS_OF_WORLD: Final = 400
_WORLDS: Final = max(2, int(os.environ.get("SATUPINTU_TEST_SIGHT_ACTS", "0")) // _ACTS_OF_WORLD)
_CASES, _READ_EVERY = 10, 25
_PERSONS = 8
# How often each act is tried.
_WEIGHTS: Final = {
    "pass_on": 40,
    "give_back": 20,
    "hold": 15,
    "answer": 12,
    "refuse": 2,
    "report": 2,
    "object": 4,
    "join": 3,
    "merge": 3,
    "split": 3,
    "move_unit": 4,
    "remove_unit": 2,
    "move_person": 6,
    "release": 2,
    "forget": 1,
    "retain": 1,
}
_FIRST_NUMBER_OF_OTHERS = 1_000
_ORDERS: Final[Sequence[ListOrder]] = ("newest", "oldest")
_VERDICTS: Final[Sequence[Verdict]] = ("accepted", "asked", "responded", "closed", "closed")
_STORED_TABS: Final[Sequence[ListTab]] = ("new", "working", "waiting", "done")


@dataclass
class World:
    """An institution with a random tree, persons and cases. `accountable` is worked out from the acts alone."""

    site: DeskSite
    chooser: random.Random
    parents: dict[str, str] = field(default_factory=dict)
    persons: list[Actor] = field(default_factory=list)
    accountable: dict[UUID, str] = field(default_factory=dict)
    came_from: dict[UUID, str] = field(default_factory=dict)
    returns: dict[UUID, int] = field(default_factory=dict)
    members: set[UUID] = field(default_factory=set)
    numbers: dict[UUID, int] = field(default_factory=dict)
    words: dict[UUID, str] = field(default_factory=dict)
    sequence: int = _FIRST_NUMBER_OF_OTHERS

    def __post_init__(self) -> None:
        """Build the tree, the persons and the cases."""
        engine, now = self.site.desk.engine, self.site.now
        self.units = Units(engine, lambda *_: None, now)
        self.passing = UnitPassing(engine, lambda *_: None, now, uuid4, lambda *_: None)
        self.releases = Releases(engine, lambda *_: None, now, uuid4)
        codes = [f"U{number}" for number in range(self.chooser.randint(2, 12))]
        for number, code in enumerate(codes):
            self.add_unit(code, self.chooser.choice(["", *codes[:number]]))
        for number in range(_PERSONS):
            unit = self.chooser.choice(["", *codes, *codes]) if number else ""
            self.persons.append(Actor(UUID(int=number + 1), f"Petugas {number}", Role.OFFICER, HEALTH, unit))
        for number in range(1, _CASES + 1):
            self.send(number, f"Kemenkes, puskesmas kata{number}kunci tutup", danger="fire" if number == 1 else "")

    def add_unit(self, code: str, parent: str) -> None:
        """Add a unit."""
        self.parents[code] = parent
        self.units.add(HEALTH, Unit(code, f"Unit {code}", parent), "Budi", "test")

    def send(self, number: int, text: str, **report: Any) -> None:
        """Let a citizen report a new case."""
        self.site.send(number, text, **report)
        complaint_id = id_of(number)
        self.numbers[complaint_id], self.words[complaint_id] = number, text.split()[2]
        self.accountable[complaint_id] = ""

    def report(self, _person: Actor, _complaint_id: UUID) -> None:
        """Let a citizen report something else."""
        number = len(self.numbers) + 1
        self.send(number, f"Kemenkes, puskesmas kata{number}kunci tutup")

    def upwards(self, code: str) -> list[str]:
        """Return a unit and those above it."""
        path = [code] if code else []
        while path and self.parents[path[-1]]:
            path.append(self.parents[path[-1]])
        return path

    def in_tier(self, person: Actor, unit: str) -> bool:
        """Return True if a case of a unit is one of the person's tier."""
        return not person.unit or person.unit in self.upwards(unit)

    def tier(self, person: Actor) -> Tier:
        """Return the tier as the product makes it."""
        with read_transaction(self.site.desk.engine) as connection:
            return tier_of(connection, HEALTH, person.unit)

    def rows(self) -> Sequence[Any]:
        """Return all cases of all institutions as they are stored, with the unit of each."""
        names = ("dispatch_id", "complaint_id", "agency", "tracking", "tab", "is_current", "due_at", "hop", "topic")
        query = select(
            *(col(getattr(DeskCase, name)) for name in names), col(DeskHolder.unit_code), col(DeskHolder.account_id)
        ).outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
        with read_transaction(self.site.desk.engine) as connection:
            return connection.execute(query).all()

    def case(self, complaint_id: UUID) -> Row[Any] | None:
        """Return the last case of a report at the institution."""
        with read_transaction(self.site.desk.engine) as connection:
            query = select(DeskCase.__table__).where(  # type: ignore[attr-defined]
                col(DeskCase.complaint_id) == complaint_id, col(DeskCase.agency) == HEALTH
            )
            return connection.execute(query.order_by(col(DeskCase.hop).desc()).limit(1)).one_or_none()

    def act(self) -> str:
        """Let a random person try a random act on a random case; return its name."""
        name = self.chooser.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        complaint_id = self.chooser.choice(list(self.accountable))
        getattr(self, name)(self.chooser.choice(self.persons), complaint_id)
        return name

    def pass_on(self, person: Actor, complaint_id: UUID) -> None:
        """Pass a case on: within the own tier, from the own tier, and at the institution that has it now."""
        case, unit = self.case(complaint_id), self.chooser.choice(list(self.parents))
        if case is None:
            return
        here = self.accountable[complaint_id]
        day = self.chooser.choice((None, NOW.date(), NOW.date() + timedelta(days=400)))
        fault = self.passing.pass_on(person, self.tier(person), case, Step(unit, day=day), UTC)
        may = case.is_current and self.in_tier(person, here) and self.in_tier(person, unit)
        is_late = day is not None and day > NOW.date()
        assert (fault is None) == (may and not is_late), (fault, person, here, unit)
        if fault is None and unit != here:
            self.came_from[complaint_id], self.accountable[complaint_id] = here, unit

    def give_back(self, person: Actor, complaint_id: UUID) -> None:
        """Give a case of the own unit back: to the unit above from which it came, and at last to the coordinators."""
        case, here = self.case(complaint_id), self.accountable[complaint_id]
        if case is None:
            return
        done = self.passing.give_back(person, case, "Bukan tugas kami") is None
        assert done == bool(case.is_current and person.unit and here == person.unit)
        if done:
            above = self.came_from.get(complaint_id, "")
            self.returns[complaint_id] = self.returns.get(complaint_id, 0) + 1
            stays = above in self.upwards(here)[1:] and self.returns[complaint_id] < MOST_RETURNS
            self.accountable[complaint_id], self.came_from[complaint_id] = (above if stays else ""), ""

    def hold(self, person: Actor, complaint_id: UUID) -> None:
        """Let a person who sees a case take it."""
        case = self.case(complaint_id)
        if case is not None and case.is_current and self.in_tier(person, self.accountable[complaint_id]):
            self.site.parts.work.assign_officer(person, HEALTH, case.dispatch_id, person.account_id, person.name)

    def answer(self, person: Actor, complaint_id: UUID) -> None:
        """Answer a case: only who sees it can, and the unit stays."""
        verdict = self.chooser.choice(_VERDICTS)
        self.give(person, complaint_id, AnswerContent(verdict=verdict, text=f"Teks {self.chooser.random()}"))

    def refuse(self, person: Actor, complaint_id: UUID) -> None:
        """Refuse a case: it goes to the next institution."""
        content = AnswerContent(verdict="refused", text=f"Bukan {self.chooser.random()}", suggested_agency=PLN)
        self.give(person, complaint_id, content)

    def give(self, person: Actor, complaint_id: UUID, content: AnswerContent) -> None:
        """Give an answer, and let everybody read what follows."""
        number = number_of(self.numbers[complaint_id])
        tier = self.tier(person)
        result = self.site.parts.answers.give(person, tier, number, None, content)
        # The number of a merged report leads to its case.
        read = result.view.case.case.complaint_id if result.view else complaint_id
        assert self.in_tier(person, self.accountable[read]) or result.fault == "unknown-case"
        self.site.desk.deliver()

    def object(self, _person: Actor, complaint_id: UUID) -> None:
        """Let the sender object to a closing: the case is opened again at its unit."""
        self.sequence += 1
        self.site.desk.send(act_of(self.sequence, self.numbers[complaint_id], arrival=NOW + timedelta(days=1)))

    def join(self, _person: Actor, complaint_id: UUID) -> None:
        """Let another citizen report the same: it is read with the case."""
        self.sequence += 1
        of = self.numbers[complaint_id]
        self.site.desk.send(complaint_of(self.sequence, "Kemenkes, puskesmas tutup juga", of=of, kind="joins"))

    def merge(self, _person: Actor, complaint_id: UUID) -> None:
        """Let a person merge two cases."""
        other = self.chooser.choice(list(self.accountable))
        if other != complaint_id:
            self.members.add(complaint_id)
            self.correct(complaint_id, Relation(kind="joins", of=other, evidence=(MERGED,)))

    def split(self, _person: Actor, complaint_id: UUID) -> None:
        """Let a person split a case from another: it begins at the unit that had it last."""
        self.members.add(complaint_id)
        other = self.chooser.choice([number for id_, number in self.numbers.items() if id_ != complaint_id])
        self.correct(complaint_id, Relation(evidence=(SPLIT,)), other)

    def correct(self, complaint_id: UUID, relation: Relation, apart_from: int | None = None) -> None:
        """Publish a correction, and let everybody read it."""
        self.sequence += 1
        decided = correction(self.numbers[complaint_id], relation, apart_from, self.sequence)
        message = Outgoing(CORRECTIONS, *codec.encode(decided, str(decided.complaint_id), "/test"))
        self.site.desk.router.offset += 1
        self.site.desk.follow(at(message, self.site.desk.router.offset))

    def move_unit(self, _person: Actor, _complaint_id: UUID) -> None:
        """Move a unit within the tree: tiers change at once."""
        unit, parent = self.chooser.choice(list(self.parents)), self.chooser.choice(["", *self.parents])
        changed = Unit(unit, f"Unit {unit}", parent)
        if unit in self.upwards(parent):
            with pytest.raises(UnitFault, match="cycle"):
                self.units.change(HEALTH, changed, "Budi", "test")
            return
        self.units.change(HEALTH, changed, "Budi", "test")
        self.parents[unit] = parent

    def remove_unit(self, _person: Actor, _complaint_id: UUID) -> None:
        """Remove a unit without open cases; its closed ones go to the unit above. Another one is founded."""
        unit = self.chooser.choice(list(self.parents))
        if len(self.parents) < 3 or unit in {person.unit for person in self.persons}:
            return
        has_open = any(
            row.is_current and row.tab != "done" and row.agency == HEALTH and row.unit_code == unit
            for row in self.rows()
        )
        if has_open or unit in self.parents.values():
            with pytest.raises(UnitFault, match="has-"):
                self.units.remove(HEALTH, unit, "Budi", "test")
            return
        self.units.remove(HEALTH, unit, "Budi", "test")
        parent = self.parents.pop(unit)
        self.accountable.update({id_: parent for id_, code in self.accountable.items() if code == unit})
        self.sequence += 1
        self.add_unit(f"U{self.sequence}", self.chooser.choice(["", *self.parents]))

    def move_person(self, person: Actor, _complaint_id: UUID) -> None:
        """Give a person to another unit; nobody has what the person had and does not see there."""
        if person is self.persons[0]:
            return
        unit = self.chooser.choice(["", *self.parents])
        with write_transaction(self.site.desk.engine) as connection:
            self.releases.release(connection, person.account_id, HEALTH, unit)
        moved = Actor(person.account_id, person.name, person.role, HEALTH, unit)
        self.persons[self.persons.index(person)] = moved
        for row in self.rows():
            if row.agency == HEALTH and row.account_id == str(person.account_id):
                assert self.in_tier(moved, self.accountable[row.complaint_id])

    def release(self, person: Actor, _complaint_id: UUID) -> None:
        """Let a person leave: nobody has the cases."""
        with write_transaction(self.site.desk.engine) as connection:
            self.releases.release(connection, person.account_id, HEALTH)
        assert str(person.account_id) not in {row.account_id for row in self.rows()}

    def forget(self, _person: Actor, complaint_id: UUID) -> None:
        """Forget the sender of a case: its words go, and it stays where it is."""
        message = complaint_of(self.numbers[complaint_id], "x").message_id
        person = Person(senders=(), messages=(SentMessage(complaint_id, message, "", None, has_shared_seal=False),))
        with write_transaction(self.site.desk.engine) as connection:
            erase(connection, person)
            log_forgotten(connection, person.complaint_ids, NOW)
        self.words[complaint_id] = ""

    def retain(self, _person: Actor, _complaint_id: UUID) -> None:
        """Purge the cases that ended long ago: they belong to the institution, without words."""
        engine, table = self.site.desk.engine, load_retention()
        purge = EndedCases(engine, StatusReader(engine, {}).statuses, table.case_tables(), dry=False)
        purge.purge(NOW + timedelta(days=2), NOW + timedelta(days=2))
        held = {row.complaint_id for row in self.rows() if row.unit_code is not None and row.agency == HEALTH}
        for complaint_id in self.accountable.keys() - held:
            # A case that was never passed on has no holder either.
            self.accountable[complaint_id], self.returns[complaint_id] = "", 0
            self.came_from[complaint_id] = ""
        self.words = {id_: word if id_ in held or not self.is_done(id_) else "" for id_, word in self.words.items()}

    def is_done(self, complaint_id: UUID) -> bool:
        """Return True if nobody works on a case any more."""
        case = self.case(complaint_id)
        return case is None or case.tab == "done"

    def check_accountable(self) -> dict[UUID, datetime]:
        """Check that each case has one accountable unit, or the institution, and one place where it is current.

        Return the deadline of each: one, whatever unit has it.
        """
        current: dict[UUID, int] = {}
        rows = self.rows()
        for row in rows:
            current[row.complaint_id] = current.get(row.complaint_id, 0) + row.is_current
            if row.agency == HEALTH and row.complaint_id in self.accountable:
                assert (row.unit_code or "") == self.accountable[row.complaint_id], row
                assert not row.unit_code or row.unit_code in self.parents
            else:
                assert not row.unit_code, row
        assert self.listed() == {
            (row.dispatch_id, code) for row in rows if row.unit_code for code in self.upwards(row.unit_code)
        }
        assert all(count <= 1 for count in current.values())
        assert all(current[id_] == 1 for id_ in self.accountable.keys() - self.members)
        return {row.dispatch_id: row.due_at for row in rows}

    def listed(self) -> set[tuple[UUID, str]]:
        """Return each case in the list of a unit."""
        with read_transaction(self.site.desk.engine) as connection:
            query = select(col(DeskUnitCase.dispatch_id), col(DeskUnitCase.unit))
            return {(row.dispatch_id, row.unit) for row in connection.execute(query)}

    def check_sight(self, person: Actor) -> None:
        """Check each reading of cases for one person."""
        expected = {
            row.dispatch_id: row
            for row in self.rows()
            if row.agency == HEALTH and self.in_tier(person, row.unit_code or "")
        }
        others = [row for row in self.rows() if row.agency == HEALTH and row.dispatch_id not in expected]
        tier = self.tier(person)
        numbers = {row.tracking for row in expected.values()}
        with read_transaction(self.site.desk.engine) as connection:
            pages = {tab: read_page(connection, tier, CaseFilter(tab), NOW, 200).rows for tab in TABS}
            stored = {row.dispatch_id for tab in _STORED_TABS for row in pages[tab]}
            assert stored == expected.keys()
            assert {row.dispatch_id for rows in pages.values() for row in rows} == expected.keys()
            assert count_tabs(connection, tier, NOW) == {tab: len(rows) for tab, rows in pages.items()}
            for tab in _STORED_TABS:
                assert sum(count_topics(connection, tier, tab).values()) == len(pages[tab])
            for order in _ORDERS:
                listed = read_page(connection, tier, CaseFilter("working", order=order), NOW, 200).rows
                assert {row.dispatch_id for row in listed} == {row.dispatch_id for row in pages["working"]}
            matches = count_matches(connection, tier, CaseFilter(holders=(str(person.account_id),)), NOW).counts
            mine = [row for row in expected.values() if row.account_id == str(person.account_id)]
            assert sum(matches[tab] for tab in _STORED_TABS) == len(mine)
            assert count_released(connection, tier) <= len(expected)
            assert {row.tracking for row in read_dangers(connection, tier, 50)} <= numbers
            assert {row.dispatch_id for row in read_changes(connection, tier, 0, 200).rows} == expected.keys()
            assert set(seen(connection, tier, [row.dispatch_id for row in others])) == set()
            assert {
                row.tracking for row in read_numbered(connection, tier, [row.tracking for row in others])
            } <= numbers
            for row in others:
                assert not sees(connection, tier, row.dispatch_id)
            complaint_id = self.chooser.choice(list(self.words))
            if word := self.words[complaint_id]:
                found = [
                    row
                    for tab in _STORED_TABS
                    for row in read_page(connection, tier, CaseFilter(tab, words=word), NOW, 200).rows
                ]
                of_word = {row.dispatch_id for row in expected.values() if row.complaint_id == complaint_id}
                assert {row.dispatch_id for row in found} == of_word
        for row in self.chooser.sample(others, min(2, len(others))):
            last = self.case(row.complaint_id)
            view = self.site.parts.answers.case(tier, row.tracking)
            assert view is None or (last is not None and view.case.case.dispatch_id in expected)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(_WORLDS))
def test_each_act_keeps_one_accountable_unit_and_the_own_sight(desk: DeskHarness, seed: int) -> None:
    """Pass on, give back, answer, refuse, object, join, merge, split, forget, purge, and changes of tree and persons.

    A step inside the institution, forgetting and the retention move no deadline.
    """
    world = World(DeskSite(desk), random.Random(seed))  # noqa: S311 - examples
    keeps_deadlines = {"pass_on", "give_back", "hold", "move_unit", "remove_unit", "move_person", "release"}
    keeps_deadlines |= {"forget", "retain"}
    deadlines = world.check_accountable()
    for number in range(_ACTS_OF_WORLD):
        name = world.act()
        later = world.check_accountable()
        if name in keeps_deadlines:
            assert later == deadlines, name
        deadlines = later
        if number % _READ_EVERY == 0:
            world.check_sight(world.chooser.choice(world.persons))
