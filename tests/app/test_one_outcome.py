"""Normalizer, ledger, desk and oversight count the answers that the router counts, whatever anybody sends."""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from app.assembly.parts import Parts
from bus.errors import Reject
from bus.port import Outgoing, Record
from bus.worker import Stage
from cases.derivations.shared_facts import SharedFacts
from config.database import read_transaction
from desk.read_model.rebuild import rebuild as rebuild_desk
from desk.read_model.stored_cases import read_facts as read_desk_facts
from messages import codec, ids
from messages.shapes import (
    MERGED,
    AgencyAnswer,
    AnswerOutcome,
    Complaint,
    Correction,
    Dispatch,
    FollowUp,
    Relation,
    SenderAct,
    Verdict,
)
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, CORRECTIONS, TRIAGE
from normalize.duplicates.store.tables import ClosedComplaint
from oversight.read_model.fact_reader import read_facts as read_oversight_facts
from oversight.read_model.rebuild import rebuild as rebuild_oversight
from router.answer_store import AnswerRecord
from sinks.ledger.case_reading import dispatches_by_complaint, read_courses
from tests.conftest import NOW
from tests.desk.harness import stored_rows as desk_rows
from tests.oversight.harness import stored_rows as oversight_rows
from tests.router.test_linked import complaint_of, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.case_stages import desk_derivation, make_case_stage, oversight_derivation
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import WATCHED_TOPICS, make_normalizer, make_router

TEXTS = ("Kemenkes tolong", "Mohon PLN datang ke Kab. Sleman", "Paspor saya di Kab. Sleman", "Tolong diperiksa")
AGENCIES = ("bumn-pln", "kementerian-kemenkes", "kabupaten-3404", TRIAGE)
VERDICTS: Sequence[Verdict] = ("accepted", "accepted", "asked", "responded", "responded", "refused", "closed", "closed")
ACTS: Sequence[SenderAct] = ("adds", "objects", "objects", "confirms")
STEPS, FIRST_REPORTS = 120, 6


def is_queue(topic: str) -> bool:
    """Return whether a topic is the queue of an agency."""
    return topic.startswith("agency-") and topic != AGENCY_ANSWERS


@dataclass
class Country:
    """All stages that hear of answers, on one database. Readers read what the router publishes, each in its own order.

    `hops` are the dispatches of each report by its number.
    """

    parts: Parts
    engine: Engine
    seed: int
    hops: dict[int, list[Dispatch]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    rejections: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Build the stages."""
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible examples
        self.time = NOW
        self.router = make_router(self.engine, fixed_rules_source(), lambda: self.time)
        self.readers: Mapping[str, Stage] = {
            "normalize": make_normalizer(self.engine, self.parts.sealer),
            "cases": make_case_stage(self.engine, derivations=[desk_derivation(), oversight_derivation()]),
        }

    def step(self) -> None:
        """Let some minutes pass, then let something happen."""
        self.time += timedelta(minutes=self.chance.randrange(1, 600))
        answers = (self.answer, self.answer, self.answer_late, self.answer_for_another, self.forge, self.answer_nothing)
        acts = (*answers, *answers, self.report, self.write, self.write, self.merge, self.split)
        (self.chance.choice(acts) if len(self.hops) >= FIRST_REPORTS else self.report)()

    def report(self) -> None:
        """Let a citizen report something, or join the report of another."""
        number = len(self.hops)
        of = self.chance.choice([None, *self.hops]) if self.hops else None
        complaint = complaint_of(number, self.chance.choice(TEXTS), of=of, kind="joins")
        self._complain(number, complaint.model_copy(update={"at": self.time}))

    def write(self) -> None:
        """Let a sender write about an own report."""
        number = len(self.hops)
        complaint = complaint_of(number, "Belum ada petugas", of=self.chance.choice(list(self.hops)))
        follow_up = FollowUp(act=self.chance.choice(ACTS))
        self._complain(number, complaint.model_copy(update={"at": self.time, "follow_up": follow_up}))

    def answer(self) -> None:
        """Let an agency answer a report that it has. The verdict may not be allowed then."""
        self._answer(self._any_hops()[-1])

    def answer_late(self) -> None:
        """Let an agency answer any dispatch that it ever had."""
        self._answer(self.chance.choice(self._any_hops()))

    def answer_for_another(self) -> None:
        """Let an agency answer a dispatch to another one, with its own key."""
        self._answer(self._any_hops()[-1], agency=self.chance.choice(AGENCIES))

    def answer_nothing(self) -> None:
        """Let an agency answer a dispatch that nobody made."""
        dispatch = self._any_hops()[-1]
        self._answer(dispatch.model_copy(update={"id": ids.dispatch_id(dispatch.complaint_id, 999)}))

    def forge(self) -> None:
        """Let somebody without a key answer."""
        answer = unsigned_answer(self._any_hops()[-1], self.chance.choice(VERDICTS), text=self._words())
        forgeries = ({"authenticator": ""}, {"authenticator": "0" * 64, "key_generation": 1})
        self._publish_answer(answer.model_copy(update=self.chance.choice(forgeries)))

    def merge(self) -> None:
        """Let a person merge a report into the case of another, which may be closed."""
        number, root = self.chance.sample(list(self.hops), 2)
        self._correct(number, Relation(kind="joins", of=id_of(root), evidence=(MERGED,)), None)

    def split(self) -> None:
        """Let a person split a report from its case."""
        number = self.chance.choice(list(self.hops))
        self._correct(number, Relation(), self.hops[number][-1].relation.of)

    def read_all(self) -> None:
        """Let each reader read its topics, in an order of its own: only that of one topic is known."""
        for name, stage in self.readers.items():
            waiting: dict[str, list[Record]] = {}
            for record in self.records:
                if record.topic in WATCHED_TOPICS[name] or (is_queue(record.topic) and name != "normalize"):
                    waiting.setdefault(record.topic, []).append(record)
            while waiting:
                topic = self.chance.choice(list(waiting))
                batch = [waiting[topic].pop(0) for _ in range(min(5, len(waiting[topic])))]
                self._handle(stage, batch)
                if not waiting[topic]:
                    del waiting[topic]

    def judged(self) -> Mapping[UUID, AnswerOutcome]:
        """Return the outcomes on their topic by the id of the answer."""
        records = [record for record in self.records if record.topic == ANSWER_OUTCOMES]
        outcomes = [codec.decode(AnswerOutcome, record.value, record.headers) for record in records]
        return {judged.answer_id: judged for judged in outcomes}

    def _handle(self, stage: Stage, batch: Sequence[Record]) -> None:
        """Let a stage handle a batch as a worker does: a rejected record is left out."""
        try:
            stage.handle(batch)
        except Reject:
            for record in batch:
                with suppress(Reject):
                    stage.handle([record])

    def _any_hops(self) -> Sequence[Dispatch]:
        return self.chance.choice(list(self.hops.values()))

    def _words(self) -> str:
        return f"Jawaban {len(self.records)}."

    def _complain(self, number: int, complaint: Complaint) -> None:
        self.hops[number] = []
        self._route(COMPLAINTS, codec.encode(complaint, str(number), "/test"))

    def _answer(self, dispatch: Dispatch, agency: str = "") -> None:
        suggested = self.chance.choice([None, *AGENCIES[:3]])
        verdict = self.chance.choice(VERDICTS)
        suggestion = suggested if verdict == "refused" else None
        answer = unsigned_answer(dispatch, verdict, suggestion, text=self._words(), agency=agency or dispatch.agency)
        self._publish_answer(signed(answer))

    def _publish_answer(self, answer: AgencyAnswer) -> None:
        self._route(AGENCY_ANSWERS, codec.encode(answer, str(answer.complaint_id), "/agency"))

    def _correct(self, number: int, relation: Relation, apart_from: UUID | None) -> None:
        dispatch = self.hops[number][-1]
        correction = Correction(
            id=uuid5(id_of(number), f"{self.time}"), message_id=dispatch.message_id, at=self.time,
            complaint_id=dispatch.complaint_id, tracking=dispatch.tracking, relation=relation, apart_from=apart_from,
            actor="petugas-1", reason="uji",
        )  # fmt: skip
        self._route(CORRECTIONS, codec.encode(correction, str(dispatch.complaint_id), "/test"))

    def _route(self, topic: str, encoded: tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]) -> None:
        record = self._record(Outgoing(topic, *encoded))
        try:
            outputs = self.router.handle([record])
        except Reject as error:
            self.rejections.add(error.reason)
            return
        numbers = {id_of(number): number for number in self.hops}
        for output in outputs:
            self._record(output)
            if is_queue(output.topic):
                dispatch = codec.decode(Dispatch, output.value, output.headers)
                self.hops[numbers[dispatch.complaint_id]].append(dispatch)

    def _record(self, message: Outgoing) -> Record:
        record = at(message, len(self.records), self.time)
        self.records.append(record)
        return record


def router_outcomes(engine: Engine) -> Mapping[UUID, str]:
    """Return the router's outcome of each answer."""
    with read_transaction(engine) as connection:
        rows = connection.execute(select(col(AnswerRecord.id), col(AnswerRecord.outcome)))
        return {row.id: row.outcome for row in rows}


def counted_in_ledger(engine: Engine, case_ids: Sequence[UUID]) -> set[UUID | None]:
    """Return the answers that a status page shows. A refusal by triage is none of its steps."""
    with read_transaction(engine) as connection:
        dispatches = dispatches_by_complaint(connection, case_ids)
        courses = read_courses(connection, case_ids, dispatches)
    return {step.answer_id for course in courses.values() for step in course.steps if step.answer_id}


def counted_at_desk(engine: Engine, case_ids: Sequence[UUID]) -> set[UUID | None]:
    """Return the answers by which the desk derives the states of cases."""
    with read_transaction(engine) as connection:
        facts = read_desk_facts(connection, case_ids, SharedFacts(connection)).values()
    return {answer.id for case in facts for course in case.courses for answer in course.counted_answers}


def counted_by_oversight(engine: Engine, case_ids: Sequence[UUID]) -> set[UUID | None]:
    """Return the answers by which oversight derives clocks and figures."""
    with read_transaction(engine) as connection:
        facts = read_oversight_facts(connection, case_ids)
    return {answer.id for case in facts for course in case.courses for answer in course.counted_answers}


def derived_rows(engine: Engine) -> Sequence[Mapping[str, Sequence[object]]]:
    """Return the rows of desk and oversight."""
    return desk_rows(engine), oversight_rows(engine)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_every_stage_counts_what_the_router_counts(parts: Parts, engine: Engine, seed: int) -> None:
    """Late, foreign, forged and repeated answers, and answers to a dispatch that nobody made, count for nobody."""
    country = Country(parts, engine, seed)
    for _ in range(STEPS):
        country.step()
    country.read_all()
    judged = country.judged()
    assert {id_: outcome.outcome for id_, outcome in judged.items()} == router_outcomes(engine)
    assert {outcome.outcome for outcome in judged.values()} >= {"counted", "repeated", "late"}
    assert country.rejections >= {"unknown_dispatch", "no_authenticator", "wrong_authenticator"}
    counted = {id_: outcome for id_, outcome in judged.items() if outcome.outcome == "counted"}
    case_ids = [id_of(number) for number in country.hops]
    assert counted_at_desk(engine, case_ids) == counted.keys()
    assert counted_by_oversight(engine, case_ids) == counted.keys()
    by_triage = {id_ for id_, outcome in counted.items() if (outcome.verdict, outcome.agency) == ("refused", TRIAGE)}
    assert counted_in_ledger(engine, case_ids) == counted.keys() - by_triage
    with read_transaction(engine) as connection:
        closed_ids = set(connection.execute(select(col(ClosedComplaint.complaint_id))).scalars())
    assert closed_ids == {outcome.case_id for outcome in counted.values() if outcome.verdict == "closed"}
    # Rows that were derived after each batch are those of all facts.
    rows = derived_rows(engine)
    rebuild_desk(engine, DEADLINES)
    rebuild_oversight(engine, DEADLINES, PROGRAMMES)
    assert derived_rows(engine) == rows
