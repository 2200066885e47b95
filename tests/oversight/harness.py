"""A router with the sink of oversight behind it: complaints and answers lead to rows and counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from desk.acts.act_publisher import answer_message
from messages import codec
from messages.shapes import Complaint, Correction, Dispatch, OversightEvent, Verdict
from messages.topics import ANSWER_OUTCOMES, CORRECTIONS, OVERSIGHT
from oversight.notices.tables import OversightClock, OversightConsent, OversightRatingQuestion
from oversight.read_model.tables import OversightCase, OversightDay, OversightPairDay
from tests.router.test_linked import RouterHarness, dispatches, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.case_stages import DerivingCases, delete_facts, oversight_derivation, rows_of
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

READ_MODEL: tuple[type[SQLModel], ...] = (
    OversightClock,
    OversightConsent,
    OversightRatingQuestion,
    OversightDay,
    OversightPairDay,
    OversightCase,
)


def make_sink(engine: Engine) -> DerivingCases:
    """Return the stage of cases with oversight behind it."""
    return DerivingCases(engine, [oversight_derivation()])


def stored_rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the read model by table, in a fixed order."""
    return rows_of(engine, READ_MODEL)


def empty_read_model(engine: Engine) -> None:
    """Delete all rows of the read model."""
    with write_transaction(engine) as connection:
        delete_facts(connection)
        for table in READ_MODEL:
            connection.execute(table.__table__.delete())  # type: ignore[attr-defined]


@dataclass
class OversightHarness:
    """`records` are all records that oversight reads, in order. `time` is that of the router and of new answers."""

    engine: Engine
    time: datetime
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.router = RouterHarness(make_router(self.engine, fixed_rules_source(), self.now))
        self.sink = make_sink(self.engine)

    @property
    def now(self) -> Callable[[], datetime]:
        """The router's clock."""
        return lambda: self.time

    def send(self, complaint: Complaint) -> Sequence[Dispatch]:
        """Route a complaint that arrives now; return its dispatches."""
        return self.follow(self.router.complaint_record(complaint.model_copy(update={"at": self.time})))

    def answer(
        self, dispatch: Dispatch, verdict: Verdict, suggested_agency: str | None = None, **content: Any
    ) -> Sequence[Dispatch]:
        """Route an answer that the bus takes now; return the dispatches that follow."""
        self.router.offset += 1
        message = answer_message(signed(unsigned_answer(dispatch, verdict, suggested_agency, **content)))
        return self.follow(at(message, self.router.offset, self.time))

    def correct(self, correction: Correction) -> Sequence[Dispatch]:
        """Route a correction; return the dispatches that follow."""
        return self.follow(self._record(CORRECTIONS, correction))

    def tell(self, event: OversightEvent) -> None:
        """Let the sink read an event."""
        record = self._record(OVERSIGHT, event)
        self.records.append(record)
        self.sink.handle([record])

    def read(self, messages: Sequence[Outgoing]) -> None:
        """Let the sink read the published events of oversight."""
        for message in messages:
            if message.topic == OVERSIGHT:
                self.router.offset += 1
                self.records.append(at(message, self.router.offset))
                self.sink.handle(self.records[-1:])

    def follow(self, record: Record) -> Sequence[Dispatch]:
        """Route a record and let the sink read it and what follows; return the dispatches."""
        outputs = self.router.route_record(record)
        queued = [output for output in outputs if output.topic.startswith("agency-") or output.topic == ANSWER_OUTCOMES]
        following = [at(output, self.router.offset * 10 + number) for number, output in enumerate(queued)]
        self.records += [record, *following]
        self.sink.handle([record, *following])
        return dispatches(outputs)

    def row(self, number: int) -> Any:
        """Return the row of the complaint with this number; `None` without one."""
        columns = OversightCase.__table__.columns  # type: ignore[attr-defined]
        with read_transaction(self.engine) as connection:
            return connection.execute(select(*columns).where(columns.complaint_id == id_of(number))).one_or_none()

    def _record(self, topic: str, message: Correction | OversightEvent) -> Record:
        self.router.offset += 1
        return at(Outgoing(topic, *codec.encode(message, str(message.id), "/test")), self.router.offset)
