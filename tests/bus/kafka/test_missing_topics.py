"""A topic that is missing or refused on a real Kafka does not hold up the messages to other topics."""

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.clock import system_clock
from bus.ensured_topics import EnsuredTopics, EnsuringConsumer, RedirectingStage
from bus.errors import Retry, TopicsRefused, UnknownTopic
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Membership, Outgoing, Record, TopicSpec
from bus.worker import Worker
from tests.support.log_capture import captured_log

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 60.0
# The name of a topic that no Kafka takes.
IMPOSSIBLE = "not a topic"


@dataclass
class SorterTopics:
    """A bus on a real Kafka with topics of its own: `reports` is read, `queue` exists, and `new_queue` does not yet."""

    settings: KafkaSettings
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.bus = KafkaBus(self.settings, system_clock())
        self.reports, self.queue, self.new_queue, self.dead = (
            f"{kind}-{self.name}" for kind in ("reports", "queue", "new-queue", "dead")
        )
        self.bus.ensure([TopicSpec(self.reports), TopicSpec(self.queue), TopicSpec(self.dead)])

    def bus_with_copies(self, copies: int) -> KafkaBus:
        """Return a bus that asks for this number of copies of a new topic."""
        return KafkaBus(replace(self.settings, replication_factor=copies), system_clock())

    def publish(self, *topics: str) -> None:
        """Publish one report for each of these topics, in order."""
        producer = self.bus.producer()
        producer.publish([Outgoing(self.reports, b"", topic.encode()) for topic in topics])
        producer.close()

    def counts(self) -> list[int]:
        """Return the number of records of the existing queue, the new queue and the dead letters."""
        reader = self.bus.reader()
        try:
            return [len(list(reader.read([topic]))) for topic in (self.queue, self.new_queue, self.dead)]
        finally:
            reader.close()

    def run_until(self, topics: EnsuredTopics, counts: list[int]) -> None:
        """Run a worker that sends each report to the topic that it names, until the topics have so many records."""
        stopping, deadline = threading.Event(), time.monotonic() + PATIENCE_SECONDS
        membership = Membership(f"group-{self.name}", "one", (self.reports,))
        worker = Worker(
            "sorter",
            lambda: EnsuringConsumer(self.bus.consumer(membership), topics),
            RedirectingStage("sorter", Sorter(), topics, self.dead),
            self.dead,
            stopping,
            time.monotonic,
        )
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            while self.counts() != counts:
                assert time.monotonic() < deadline, self.counts()
        finally:
            stopping.set()
            thread.join()


class Sorter:
    """Sends each record to the topic that its value names."""

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        return [Outgoing(record.value.decode(), b"", b"complaint") for record in records]


@pytest.fixture
def kafka(kafka_bootstrap: str) -> SorterTopics:
    """Topics of one test."""
    return SorterTopics(KafkaSettings(bootstrap=kafka_bootstrap, deadline=4.0))


def ensured(create: Callable[..., None], *names: str, patience: float = 0.0) -> EnsuredTopics:
    """Return the topics of a service with these names."""
    return EnsuredTopics(create, lambda: [TopicSpec(name) for name in names], time.monotonic, patience)


def test_a_queue_that_was_never_created_is_created(kafka: SorterTopics) -> None:
    """The first complaint of a new institution arrives, and so do those behind it. The log names the topic."""
    kafka.publish(kafka.new_queue, kafka.queue, kafka.queue)
    with captured_log() as capture:
        kafka.run_until(ensured(kafka.bus.ensure, kafka.new_queue, kafka.queue), [2, 1, 0])
    assert ("topic.missing", kafka.new_queue) in {(line["event"], line.get("topic")) for line in capture.lines}


def test_a_refused_topic_holds_up_no_other(kafka: SorterTopics) -> None:
    """Kafka refuses three copies on one broker: that complaint becomes a dead letter, and the others arrive."""
    topics = ensured(kafka.bus_with_copies(3).ensure, kafka.new_queue, kafka.queue)
    kafka.publish(kafka.queue, kafka.new_queue, kafka.queue)
    kafka.run_until(topics, [2, 0, 1])
    assert list(topics.refused) == [kafka.new_queue]
    assert "InvalidReplicationFactorError" in topics.refused[kafka.new_queue]


def test_a_topic_of_nobody_holds_up_no_other(kafka: SorterTopics) -> None:
    """A message to a topic that the service does not list becomes a dead letter."""
    kafka.publish(kafka.new_queue, kafka.queue)
    kafka.run_until(ensured(kafka.bus.ensure, kafka.queue), [1, 0, 1])


def test_messages_wait_for_a_refused_topic_at_first(kafka: SorterTopics) -> None:
    """A broker that restarts makes Kafka refuse new topics for some minutes. A topic that is created later is used."""
    copies = [3]
    topics = ensured(lambda specs: kafka.bus_with_copies(copies[0]).ensure(specs), kafka.new_queue, patience=3600.0)
    topics.ensure()
    with pytest.raises(Retry, match=kafka.new_queue):
        topics.takes(kafka.new_queue)
    copies[0] = 1
    topics.ensure()
    assert topics.takes(kafka.new_queue)
    assert topics.refused == {}


def test_a_refused_topic_does_not_prevent_the_others(kafka: SorterTopics) -> None:
    """All other missing topics are created, and each refused one is named with its cause."""
    second_queue = f"{kafka.new_queue}-2"
    with pytest.raises(TopicsRefused, match=IMPOSSIBLE) as caught:
        kafka.bus.ensure([TopicSpec(kafka.new_queue), TopicSpec(IMPOSSIBLE), TopicSpec(second_queue)])
    assert [fault.topic for fault in caught.value.faults] == [IMPOSSIBLE]
    reader = kafka.bus.reader()
    assert {kafka.new_queue, second_queue} <= {topic.name for topic in reader.topics()}
    reader.close()


def test_topics_with_fewer_copies_are_named(kafka: SorterTopics) -> None:
    """A topic keeps the copies that it was created with. Nothing is different where as many are asked for."""
    specs = [TopicSpec(kafka.queue), TopicSpec(kafka.reports), TopicSpec(kafka.new_queue)]
    copies, brokers = kafka.bus_with_copies(3).differences(specs)
    assert copies.startswith(f"2 of 2 topics have fewer than 3 copies, as {kafka.queue} with 1")
    assert brokers == "3 copies of each topic need 3 brokers, and the cluster has 1"
    assert kafka.bus.differences(specs) == []


def test_a_door_names_the_unknown_topic(kafka: SorterTopics) -> None:
    """The error of a publish names the topic."""
    producer = kafka.bus.producer()
    with pytest.raises(UnknownTopic, match=kafka.new_queue):
        producer.publish([Outgoing(kafka.new_queue, b"", b"complaint")])
    producer.close()
