"""Dead letters as the stages make them, and what became of them, for tests."""

import threading
from collections.abc import Sequence

from sqlalchemy import Engine

from app.operations.audit_log import AuditLog
from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters, StoredDeadLetter
from app.operations.review.redrive import Redrive, RedriveStep
from bus.port import Bus, Membership, Outgoing, Producer, Record
from bus.worker import Worker
from messages import codec
from messages.sealing import Sealer
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT, Topic, dead_letter_topic
from messages.upcasts import UPCASTS, Upcasts
from tests.conftest import NOW


class Failing:
    """A stage that works nothing, and ends after the batch in hand."""

    def __init__(self, error: Exception, stopping: threading.Event) -> None:
        self._error = error
        self._stopping = stopping

    def handle(self, _records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        self._stopping.set()
        raise self._error


class Post:
    """An operator before a bus with dead letters."""

    def __init__(self, bus: Bus, sealer: Sealer, topics: Sequence[Topic], engine: Engine) -> None:
        self.bus = bus
        self.topics = topics
        self.log = AuditLog(engine)
        self.letters = DeadLetters(bus, sealer, topics, self.log)

    def aside(self, error: Exception, *names: str, group: str = "normalize", stage: str = "normalize") -> None:
        """A stage puts aside all that it has not worked of these topics."""
        stopping = threading.Event()
        join = Membership(group, "test", names)
        Worker(
            group, lambda: self.bus.consumer(join), Failing(error, stopping), dead_letter_topic(stage), stopping
        ).run()

    def publish(self, *messages: Outgoing) -> None:
        """As whoever writes it would."""
        with self.letters.producer() as producer:
            producer.publish(messages)

    def read(self, *names: str) -> list[Record]:
        """What stands on topics."""
        with self.letters.records(names) as records:
            return list(records)

    def told(self) -> list[OversightEvent]:
        """What oversight heard."""
        return [codec.decode(OversightEvent, one.value, one.headers) for one in self.read(OVERSIGHT)]

    def waiting(self, choice: DeadLetterFilter | None = None) -> list[StoredDeadLetter]:
        """What waits."""
        return self.letters.undecided(choice or DeadLetterFilter())

    def redrive(self, choice: DeadLetterFilter | None = None, upcasts: Upcasts = UPCASTS) -> list[RedriveStep]:
        """Give again what is chosen."""
        mine = Redrive(self.letters, self.topics, self.log, upcasts)
        return list(mine.run(choice or DeadLetterFilter(), "petugas-1", "sudah diperbaiki", NOW))

    def drop(self, choice: DeadLetterFilter | None = None) -> list[StoredDeadLetter]:
        """Drop what is chosen."""
        return list(self.letters.drop(choice or DeadLetterFilter(), "petugas-2", "uji coba", NOW))


class Breaking:
    """A bus that hands out this producer; what is read is the bus's."""

    def __init__(self, bus: Bus, producer: Producer) -> None:
        self.reader = bus.reader
        self._producer = producer

    def producer(self) -> Producer:
        """See `bus.port.Bus`."""
        return self._producer
