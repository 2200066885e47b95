"""The stages behind the doors in one process, which work when a test says so, on either bus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.kafka import kafka_bus
from app.assembly.parts import Parts
from app.assembly.queues import membership
from app.clock import system_clock, utc_now
from app.operations.agency_answers import AgencyAnswers
from app.surroundings import system_surroundings
from bus.kafka.bus import KafkaBus
from bus.local.bus import LocalBus
from bus.port import Record
from bus.worker import Stage
from cases.facts.tables import ComplaintFact, DispatchFact
from cases.words.conditions import is_of_dispatch
from cases.words.tables import CaseWords
from config.database import read_transaction
from config.settings import Settings
from messages import codec, topics
from messages.shapes import Channel, Complaint, Dispatch, RawMessage
from router.stage import RouterStage
from sinks.replies.sink import ReplySink
from tests.conftest import NOW
from tests.end_to_end.dialogues.counted_bus import CountedBus
from tests.support.case_stages import all_cases
from tests.support.deadlines import DEADLINES
from tests.support.prepared_parts import create_topics

_BATCH = 500
# Patience with one poll. It returns as soon as a record is there.
_PATIENCE_SECONDS = 30.0


class Clock(Protocol):
    """The time of doors, stages and the embedded bus. A test may move it if it `moves`."""

    moves: bool

    def now(self) -> datetime:
        """Return the time."""
        ...

    def wait(self, minutes: float) -> None:
        """Let time pass if the clock moves."""
        ...


class MovedClock:
    """A clock that moves only as a test says."""

    moves = True

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        """Return the time."""
        return self._now

    def wait(self, minutes: float) -> None:
        """Let time pass."""
        self._now += timedelta(minutes=minutes)


class RealClock:
    """The clock of the machine, which a broker has too. No test may move it."""

    moves = False

    def now(self) -> datetime:
        """Return the time."""
        return utc_now()

    def wait(self, minutes: float) -> None:
        """Return at once."""


class Stages:
    """The stages of the normalizer, the router and the sinks. Each is a member of its group."""

    def __init__(self, parts: Parts, bus: CountedBus) -> None:
        self._bus = bus
        self._parts = parts
        self._stages = stages_of(parts)
        groups = {
            name: membership(bus, parts.consumer_groups[name], "dialogues", parts.queues) for name in self._stages
        }
        self._topics = {name: group.topics for name, group in groups.items()}
        self._consumers = {name: bus.consumer(group) for name, group in groups.items()}
        self._processed = dict.fromkeys(self._stages, 0)

    def run(self) -> None:
        """Let each stage work until nothing is left to do."""
        while waiting := [name for name in self._stages if self._has_records(name)]:
            for name in waiting:
                self._work(name)

    def close(self) -> None:
        """Leave the groups."""
        for consumer in self._consumers.values():
            consumer.close()

    def _has_records(self, name: str) -> bool:
        return self._bus.written(self._topics[name]) > self._processed[name]

    def _work(self, name: str) -> None:
        """Process one batch of a stage."""
        consumer = self._consumers[name]
        records = consumer.poll(_PATIENCE_SECONDS, _BATCH)
        assert records, f"{name} got no records in {_PATIENCE_SECONDS} s"
        consumer.commit(self._stages[name].handle(records))
        self._processed[name] += len(records)


class DialogueService:
    """Doors, stages and institutions, and their clock."""

    def __init__(self, parts: Parts, stages: Stages, clock: Clock) -> None:
        self.parts = parts
        self.run = stages.run
        self.clock = clock

    def answer(self, number: str, verdict: str, text: str) -> None:
        """Let the institution that holds a case answer; then run the stages."""
        parts = self.parts
        answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys)
        answers.publish(number, verdict, text, None, self.clock.now(), "petugas-1")
        self.run()

    def complaint_of(self, raw: RawMessage) -> Complaint | None:
        """Return the complaint that a message has become; `None` if it is none."""
        complaints = (codec.decode(Complaint, record.value, record.headers) for record in self._records("complaints"))
        return next((complaint for complaint in complaints if complaint.message_id == raw.id), None)

    def holder_of(self, number: str) -> str | None:
        """Return the code of the institution that holds the case of a report; `None` if it is not dispatched."""
        query = (
            select(col(DispatchFact.agency))
            .join(ComplaintFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
            .where(col(ComplaintFact.tracking) == number)
            .order_by(col(DispatchFact.hop).desc())
        )
        with read_transaction(self.parts.engine) as connection:
            agency: str | None = connection.execute(query).scalars().first()
            return agency

    def matters_of(self, number: str) -> Sequence[str]:
        """Return the codes of the institutions of a report's matters: of its case, and of its second matter."""
        query = (
            select(col(CaseWords.document))
            .join(DispatchFact, is_of_dispatch())
            .where(col(DispatchFact.tracking) == number)
            .order_by(col(DispatchFact.hop).desc())
        )
        with read_transaction(self.parts.engine) as connection:
            dispatch = Dispatch.model_validate_json(connection.execute(query).scalars().first() or "")
        second = (dispatch.second_matter.agency,) if dispatch.second_matter else ()
        return sorted((dispatch.agency, *second))

    def raw_message_with(self, channel: Channel, tracking: str) -> RawMessage:
        """Return the raw message with a tracking number."""
        return next(message for message in self.raw_messages(channel) if message.tracking == tracking)

    def raw_messages(self, channel: Channel) -> Sequence[RawMessage]:
        """Return all raw messages of a channel."""
        records = self._records(topics.raw_topic(channel))
        return [codec.decode(RawMessage, record.value, record.headers) for record in records]

    def raw_message(self, channel: Channel, provider_id: str) -> RawMessage:
        """Return the raw message of an arrival."""
        messages = self.raw_messages(channel)
        message_id = self.parts.wrapper.message_id(channel, provider_id)
        return next(message for message in messages if message.id == message_id)

    def _records(self, topic: str) -> Sequence[Record]:
        reader = self.parts.bus.reader()
        try:
            return list(reader.read([topic]))
        finally:
            reader.close()


@contextmanager
def running_stages(settings: Settings, templates: Path) -> Iterator[DialogueService]:
    """Yield the stages of these settings, on a migrated database. On the embedded bus the clock can be moved."""
    with ExitStack() as stack:
        parts = Parts(settings, CHANNELS, system_surroundings())
        stack.callback(parts.engine.dispose)
        stack.callback(parts.audit_heads.close)
        clock: Clock = RealClock() if settings.bus == "kafka" else MovedClock()
        parts.core.now = clock.now
        create_topics(parts, templates)
        bus = CountedBus(_bus(settings, clock.now))
        parts.core.bus = bus
        stages = Stages(parts, bus)
        stack.callback(stages.close)
        yield DialogueService(parts, stages, clock)


def _bus(settings: Settings, now: Callable[[], datetime]) -> LocalBus | KafkaBus:
    if settings.bus == "kafka":
        return kafka_bus(settings, system_clock())
    return LocalBus(settings.home / "bus.db", lambda: now().timestamp())


def stages_of(parts: Parts) -> Mapping[str, Stage]:
    """Return the stages by their consumer groups."""
    router = RouterStage(
        parts.engine,
        parts.tables.reloading_rules,
        parts.now,
        parts.channels,
        parts.keys.answer_check,
        parts.keys.link_of,
        DEADLINES,
    )
    replies = ReplySink(parts.engine, parts.channels)
    return {"normalize": parts.normalizer.stage, "router": router, "cases": all_cases(parts), "replies": replies}
