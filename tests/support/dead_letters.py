"""Harness with dead letters of the stages, and the operations on them."""

import threading
import time
from collections.abc import Sequence

from sqlalchemy import Engine

from app.operations.audit.log import AuditLog
from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters, StoredDeadLetter
from app.operations.review.redrive import Redrive, RedriveStep
from bus.port import Bus, Membership, Outgoing, Producer, Record
from bus.worker import Worker
from messages import codec
from messages.sealing import Sealer
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT, Topic, dead_letter_topic
from tests.conftest import NOW


class FailingStage:
    """Stage that fails for every batch, and stops its worker after the current one."""

    def __init__(self, error: Exception, stopping: threading.Event) -> None:
        self._error = error
        self._stopping = stopping

    def handle(self, _records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        self._stopping.set()
        raise self._error


class DeadLetterDesk:
    """Bus with dead letters, and the operations on them."""

    def __init__(self, bus: Bus, sealer: Sealer, topics: Sequence[Topic], engine: Engine) -> None:
        self.bus = bus
        self.topics = topics
        self.log = AuditLog(engine)
        self.letters = DeadLetters(bus, sealer, topics, self.log)

    def reject(self, error: Exception, *names: str, group: str = "normalize", stage: str = "normalize") -> None:
        """Let a stage reject all records of these topics that it has not processed."""
        stopping = threading.Event()
        join = Membership(group, "test", names)
        Worker(
            group,
            lambda: self.bus.consumer(join),
            FailingStage(error, stopping),
            dead_letter_topic(stage),
            stopping,
            time.monotonic,
        ).run()

    def publish(self, *messages: Outgoing) -> None:
        """Publish messages."""
        with self.letters.producer() as producer:
            producer.publish(messages)

    def read(self, *names: str) -> list[Record]:
        """Return the records of topics."""
        with self.letters.records(names) as records:
            return list(records)

    def events(self) -> list[OversightEvent]:
        """Return the events on oversight."""
        return [codec.decode(OversightEvent, record.value, record.headers) for record in self.read(OVERSIGHT)]

    def undecided(self, choice: DeadLetterFilter | None = None) -> list[StoredDeadLetter]:
        """Return the undecided dead letters."""
        return self.letters.undecided(choice or DeadLetterFilter())

    def redrive(self, choice: DeadLetterFilter | None = None) -> list[RedriveStep]:
        """Redrive the chosen dead letters."""
        redrive_ = Redrive(self.letters, self.topics, self.log)
        return list(redrive_.run(choice or DeadLetterFilter(), "petugas-1", "sudah diperbaiki", NOW))

    def drop(self, choice: DeadLetterFilter | None = None) -> list[StoredDeadLetter]:
        """Drop the chosen dead letters."""
        return list(self.letters.drop(choice or DeadLetterFilter(), "petugas-2", "uji coba", NOW))


class BusWithProducer:
    """Bus with a producer of the test; readers are the bus's own."""

    def __init__(self, bus: Bus, producer: Producer) -> None:
        self.reader = bus.reader
        self._producer = producer

    def producer(self) -> Producer:
        """See `bus.port.Bus`."""
        return self._producer
