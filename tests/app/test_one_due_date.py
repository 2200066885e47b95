"""Desk, oversight and the sender have one deadline for each case: after transfers, merges, splits and reopenings."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from cases.clocks.answer_deadline import answer_deadlines
from config.database import read_transaction
from desk.read_model.sender_deadline import sender_deadline
from desk.read_model.tables import DeskCase
from messages.shapes import MERGED, Correction, Dispatch, FollowUp, Kind, Relation, SenderAct, Verdict
from messages.topics import TRIAGE
from oversight.notices.tables import OversightClock
from oversight.read_model.fact_reader import read_facts
from oversight.read_model.report_facts import clock_history
from tests.conftest import NOW
from tests.desk.harness import make_sink as make_desk_sink
from tests.oversight.harness import OversightHarness
from tests.router.test_answers import PLN
from tests.router.test_linked import complaint_of, id_of
from tests.support.deadlines import DEADLINES

STEPS, STEPS_PER_BATCH = 50, 7
# So many reports come before anything else happens.
FIRST_REPORTS = 8
TEXTS = (
    "Lampu jalan padam di Kota Semarang",
    "Lampu jalan padam di Kota Surakarta",
    "Listrik padam sejak pagi, PLN tidak datang",
    "Tolong diperiksa",
)
VERDICTS: Sequence[Verdict] = ("accepted", "asked", "asked", "responded", "refused", "closed")
ACTS: Sequence[SenderAct] = ("adds", "adds", "objects")


@dataclass
class RandomLife:
    """Complaints to which anything may happen. `latest` are their latest dispatches by number."""

    harness: OversightHarness
    seed: int
    latest: dict[int, Dispatch] = field(default_factory=dict)
    count: int = 0
    kinds: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Build the desk behind the same router."""
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible examples
        self.desk = make_desk_sink(self.harness.engine)
        self._read = 0

    def step(self) -> None:
        """Let some hours pass, then let something happen."""
        self.harness.time += timedelta(hours=self.chance.randrange(1, 60))
        acts = (self.report, self.answer, self.answer, self.answer, self.write, self.merge, self.split)
        act = self.chance.choice(acts) if self.count >= FIRST_REPORTS else self.report
        dispatches = act()
        self.kinds |= {act.__name__} if dispatches else set()
        numbers = {id_of(number): number for number in range(self.count)}
        for dispatch in dispatches:
            self.latest[numbers[dispatch.complaint_id]] = dispatch
            self.kinds |= {"reopening"} if dispatch.reopened else set()

    def let_desk_read(self) -> None:
        """Let the desk read what is new."""
        self.desk.handle(self.harness.records[self._read :])
        self._read = len(self.harness.records)

    def report(self) -> Sequence[Dispatch]:
        """Let a citizen report something."""
        self.count += 1
        return self.harness.send(complaint_of(self.count - 1, self.chance.choice(TEXTS)))

    def answer(self) -> Sequence[Dispatch]:
        """Let the agency that has a case answer. What it answers may not be allowed then."""
        if not self.latest:
            return ()
        dispatch = self.chance.choice(list(self.latest.values()))
        return self.harness.answer(dispatch, self.chance.choice(VERDICTS), self.chance.choice((None, "bumn-pln")))

    def write(self) -> Sequence[Dispatch]:
        """Let a sender write to the own case."""
        if not self.latest:
            return ()
        self.count += 1
        complaint = complaint_of(self.count - 1, "Belum ada petugas", of=self.chance.choice(list(self.latest)))
        return self.harness.send(complaint.model_copy(update={"follow_up": FollowUp(act=self.chance.choice(ACTS))}))

    def merge(self) -> Sequence[Dispatch]:
        """Let a person merge a complaint into the case of another."""
        if len(self.latest) < 2:
            return ()
        number, root = self.chance.sample(list(self.latest), 2)
        return self._correct(number, Relation(kind="joins", of=id_of(root), evidence=(MERGED,)), None)

    def split(self) -> Sequence[Dispatch]:
        """Let a person split a complaint from its case."""
        members = [number for number, dispatch in self.latest.items() if not dispatch.own_case]
        if not members:
            return ()
        number = self.chance.choice(members)
        return self._correct(number, Relation(), self.latest[number].relation.of)

    def _correct(self, number: int, relation: Relation, apart_from: UUID | None) -> Sequence[Dispatch]:
        dispatch = self.latest[number]
        correction = Correction(
            id=uuid5(id_of(number), f"{self.harness.time}"), message_id=dispatch.message_id, at=self.harness.time,
            complaint_id=dispatch.complaint_id, tracking=dispatch.tracking, relation=relation, apart_from=apart_from,
            actor="petugas-1", reason="uji",
        )  # fmt: skip
        return self.harness.correct(correction)


def desk_deadlines(engine: Engine) -> Mapping[tuple[UUID, int], datetime]:
    """Return the deadline that the desk has for each dispatch to an agency."""
    columns = (col(DeskCase.complaint_id), col(DeskCase.hop), col(DeskCase.due_at))
    with read_transaction(engine) as connection:
        rows = connection.execute(select(*columns).where(col(DeskCase.agency) != TRIAGE))
        return {(row.complaint_id, row.hop): row.due_at for row in rows}


def oversight_deadlines(engine: Engine, ids: Sequence[UUID]) -> Mapping[tuple[UUID, int], datetime]:
    """Return the deadline that follows from the facts of oversight, for each dispatch that has one."""
    with read_transaction(engine) as connection:
        all_facts = read_facts(connection, ids)
    return {
        (facts.id, hop): due_at
        for facts in all_facts
        for hop, due_at in answer_deadlines(clock_history(facts), DEADLINES).items()
    }


def told_deadlines(engine: Engine) -> Mapping[tuple[UUID, int], datetime]:
    """Return the deadline of which oversight will tell each agency that has a case and has not answered."""
    with read_transaction(engine) as connection:
        columns = (col(OversightClock.complaint_id), col(OversightClock.agency_hop), col(OversightClock.due_at))
        rows = connection.execute(select(*columns).where(col(OversightClock.clock) == "first_answer"))
        return {(row.complaint_id, row.agency_hop): row.due_at for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_desk_and_oversight_have_one_deadline(engine: Engine, seed: int) -> None:
    """Whatever happened, each dispatch has the same deadline in both, and an agency hears of that one."""
    life = RandomLife(OversightHarness(engine, NOW), seed)
    for step in range(STEPS):
        life.step()
        if step % STEPS_PER_BATCH == 0:
            life.let_desk_read()
    life.let_desk_read()
    assert life.kinds >= {"report", "write", "merge", "split"}
    desk = desk_deadlines(engine)
    expected = oversight_deadlines(engine, [id_of(number) for number in range(life.count)])
    assert len(expected) > FIRST_REPORTS
    assert {key: desk[key] for key in expected} == expected
    told = told_deadlines(engine)
    assert told
    assert {key: desk[key] for key in told} == told


def test_the_sender_reads_the_deadline_of_the_officer(engine: Engine) -> None:
    """With the days in which the agency waited for the sender, by the report and by what the sender wrote later."""
    harness = OversightHarness(engine, NOW)
    desk = make_desk_sink(engine)
    (dispatch,) = harness.send(complaint_of(0, TEXTS[0]))
    desk.handle(harness.records)
    assert sender_deadline(engine, dispatch.complaint_id) == dispatch.due_at
    harness.time += timedelta(days=1)
    harness.answer(dispatch, "asked")
    harness.time += timedelta(days=4)
    addition = complaint_of(1, "Di depan rumah saya", of=0)
    harness.send(addition.model_copy(update={"follow_up": FollowUp(act="adds")}))
    desk.handle(harness.records)
    ((_, due_at),) = desk_deadlines(engine).items()
    assert due_at > dispatch.due_at
    assert told_deadlines(engine)[dispatch.complaint_id, 0] == due_at
    assert [sender_deadline(engine, id_) for id_ in (dispatch.complaint_id, addition.id)] == [due_at, due_at]
    assert sender_deadline(engine, id_of(2)) is None


def test_no_deadline_tells_when_another_citizen_wrote(engine: Engine) -> None:
    """With reports of two citizens in a case, each reads the date that the router gave to the own report."""
    harness = OversightHarness(engine, NOW)
    desk = make_desk_sink(engine)
    (dispatch,) = harness.send(complaint_of(0, TEXTS[0]))
    harness.time += timedelta(days=1)
    (joined,) = harness.send(complaint_of(1, TEXTS[0], of=0, kind="joins"))
    harness.answer(dispatch, "asked")
    harness.time += timedelta(days=4)
    harness.send(complaint_of(2, "Di depan rumah saya", of=0).model_copy(update={"follow_up": FollowUp(act="adds")}))
    desk.handle(harness.records)
    ((_, due_at),) = desk_deadlines(engine).items()
    assert due_at > max(dispatch.due_at, joined.due_at)
    shown = [sender_deadline(engine, item.complaint_id) for item in (dispatch, joined)]
    assert shown == [dispatch.due_at, joined.due_at]


def test_after_an_extension_a_citizen_among_several_reads_no_date(engine: Engine) -> None:
    """The router's date is not true then. It stays if the router does not accept it, and the next agency has one."""
    harness = OversightHarness(engine, NOW)
    desk = make_desk_sink(engine)
    first, second = (complaint_of(number, "Mohon data puskesmas dari Kemenkes") for number in (0, 1))
    report = first.report.model_copy(update={"kind": Kind.PERMINTAAN_INFORMASI})
    (dispatch,) = harness.send(first.model_copy(update={"report": report}))
    relation = Relation(kind="joins", of=first.id)
    (joined,) = harness.send(second.model_copy(update={"report": report, "relation": relation}))

    def shown() -> list[datetime | None]:
        desk.handle(harness.records)
        return [sender_deadline(engine, item.complaint_id) for item in (dispatch, joined)]

    harness.answer(dispatch, "extended", text="Masih dicari.", extension_days=8)
    assert shown() == [dispatch.due_at, joined.due_at]
    harness.answer(dispatch, "extended", text="Masih dicari.", extension_days=7)
    assert shown() == [None, None]
    harness.time += timedelta(days=1)
    following = harness.answer(dispatch, "refused", PLN, text="Bukan kewenangan kami.")
    assert sorted(item.agency for item in following) == [PLN, PLN]
    due_at_by_id = {item.complaint_id: item.due_at for item in following}
    assert shown() == [due_at_by_id[dispatch.complaint_id], due_at_by_id[joined.complaint_id]]
