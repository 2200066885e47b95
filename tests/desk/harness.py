"""A router with the desk behind it: complaints and answers lead to rows of the read model."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, delete, text
from sqlmodel import SQLModel

from accounts.permissions import Actor, Role
from app.assembly.desk.institutions import RegistryInstitutions
from bus.port import Outgoing, Record
from config.database import write_transaction
from desk.acts.act_publisher import ActPublisher, answer_message
from desk.acts.act_queue import ActQueue
from desk.acts.answers import OfficerAnswers
from desk.changes import CaseChange
from desk.read_model.tables import DeskAccompanying, DeskCase
from messages import codec
from messages.answer_check import AnswerCheck, AnswerKeys
from messages.shapes import AgencyAnswer, Complaint, Dispatch, Reply
from messages.topics import COMPLAINTS, REPLIES
from tests.conftest import NOW
from tests.router.test_linked import RouterHarness, dispatches
from tests.support.agency_answers import signed
from tests.support.case_stages import DerivingCases, delete_facts, desk_derivation, rows_of
from tests.support.deadlines import DEADLINES
from tests.support.records import at
from tests.support.rules import SMALL, cached_rules, fixed_rules_source
from tests.support.stages import ANSWER_CHECK, ANSWER_KEYS, make_router

OFFICER = Actor(uuid4(), "Sri Petugas", Role.OFFICER, "kementerian-kemenkes")


READ_MODEL: tuple[type[SQLModel], ...] = (DeskCase, DeskAccompanying)


def make_sink(
    engine: Engine, changes: list[CaseChange] | None = None, answer_check: AnswerCheck = ANSWER_CHECK
) -> DerivingCases:
    """Return the stage of cases with the desk behind it; `changes` gets what agencies are to be told of."""
    return DerivingCases(engine, [desk_derivation(changes)], answer_check)


def stored_rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the read model by table, in a fixed order."""
    return rows_of(engine, READ_MODEL)


def empty_read_model(engine: Engine) -> None:
    """Delete all rows of the read model, and the facts: the same records are new again."""
    with write_transaction(engine) as connection:
        connection.execute(text("DELETE FROM desk_search"))
        delete_facts(connection)
        for table in READ_MODEL:
            connection.execute(delete(table))


@dataclass
class DeskHarness:
    """`records` are all records that the desk reads, in order. `replies` are those of the router to senders.

    `publish` keeps an officer's answer for `deliver`.
    """

    engine: Engine
    now: Callable[[], datetime]
    changes: list[CaseChange] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    published: list[AgencyAnswer] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.router = RouterHarness(make_router(self.engine, fixed_rules_source(), self.now))
        self.sink = make_sink(self.engine, self.changes)

    def send(self, complaint: Complaint) -> Sequence[Dispatch]:
        """Route a complaint and let the desk read what follows; return its dispatches."""
        record = self.router.complaint_record(complaint)
        return self.follow(record)

    def answer(self, answer: AgencyAnswer, taken_at: datetime = NOW) -> Sequence[Dispatch]:
        """Route an answer and let the desk read what follows; return the dispatches."""
        return self.follow(self.answer_record(answer, taken_at))

    def answer_record(self, answer: AgencyAnswer, taken_at: datetime = NOW, **changed: Any) -> Record:
        """Return the record of an answer at the next offset; `changed` are fields that are signed again."""
        self.router.offset += 1
        message = signed(answer.model_copy(update=changed)) if changed else answer
        return at(answer_message(message), self.router.offset, taken_at)

    def deliver(self) -> Sequence[Dispatch]:
        """Route the answers that officers published since the last call; return the dispatches."""
        answers, self.published = self.published, []
        return [dispatch for answer in answers for dispatch in self.answer(answer)]

    def keep(self, answer: AgencyAnswer) -> None:
        """Keep an answer for `deliver`."""
        self.published.append(answer)

    def act_queue(
        self,
        publish: Callable[[AgencyAnswer], None] | None = None,
        retries: tuple[type[Exception], ...] = (),
        keys: AnswerKeys = ANSWER_KEYS,
    ) -> ActQueue:
        """Return the queue of stored acts. By default the answers wait for `deliver`."""
        return ActQueue(self.engine, keys, publish or self.keep, self.now, retries)

    def officer_answers(
        self,
        publish: Callable[[AgencyAnswer], None] | None = None,
        *,
        retries: tuple[type[Exception], ...] = (),
        record: Callable[..., object] = lambda *_: None,
        now: Callable[[], datetime] | None = None,
    ) -> OfficerAnswers:
        """Return the operations of officers. By default their answers wait for `deliver`."""
        institutions = RegistryInstitutions(lambda: cached_rules(SMALL).registry)
        queue = self.act_queue(publish, retries)
        return OfficerAnswers(self.engine, institutions, record, queue, DEADLINES, now or self.now)

    def act_publisher(self, queue: ActQueue, stopping: threading.Event | None = None) -> ActPublisher:
        """Return the publisher of waiting acts, a minute later. It runs without a pause."""
        return ActPublisher(queue, lambda: self.now() + timedelta(minutes=1), stopping or threading.Event(), 0.01)

    def read(self, message: Outgoing, taken_at: datetime = NOW) -> None:
        """Let the desk alone read a message, at the next offset."""
        self.router.offset += 1
        record = at(message, self.router.offset, taken_at)
        self.records.append(record)
        self.sink.handle([record])

    def follow(self, record: Record) -> Sequence[Dispatch]:
        """Route a record and let the desk read it and what follows; return the dispatches."""
        outputs = self.router.route_record(record)
        routed = dispatches(outputs)
        self.replies += [codec.decode(Reply, out.value, out.headers) for out in outputs if out.topic == REPLIES]
        queued = [output for output in outputs if output.topic.startswith("agency-")]
        following = [at(output, self.router.offset * 10 + number) for number, output in enumerate(queued)]
        new_records = [record, *following]
        self.records += new_records
        self.sink.handle(new_records)
        for part in (output for output in outputs if output.topic == COMPLAINTS):
            self.router.offset += 1
            routed += self.follow(at(part, self.router.offset))
        return routed


def complaint_message(complaint: Complaint) -> Outgoing:
    """Return the message of a complaint."""
    return Outgoing(COMPLAINTS, *codec.encode(complaint, str(complaint.id), "/test"))
