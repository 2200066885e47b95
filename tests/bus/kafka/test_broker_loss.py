"""One broker of three is lost. Every record is processed once, whether a call into kafka-python returns or not."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import reduce

import pytest
from kafka import KafkaAdminClient

from app.assembly.kafka import kafka_settings
from bus.errors import Retry, Stop
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Membership, Outgoing, Record, TopicSpec
from bus.watchdog import Watchdog
from bus.worker import Worker
from config.settings import Settings
from tests.bus.kafka.node import Node

pytestmark = [pytest.mark.faults, pytest.mark.expensive, pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE_SECONDS = 300.0
RECORDS = 600


class Copier:
    """Copies each record to the topic of outputs."""

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        return [Outgoing("copies", record.key, record.value) for record in records]


def values(bus: KafkaBus, topic: str) -> list[bytes]:
    """Return the values of all committed records, sorted; none while the bus does not answer."""
    with suppress(Retry):
        reader = bus.reader()
        try:
            return sorted(record.value for record in reader.read([topic]))
        finally:
            reader.close()
    return []


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


class SupervisedWorker:
    """A worker that copies the records of one topic. When a call hangs, another worker of the same name takes over.

    A process would end then, with exit code 75, and its supervisor would start it again.
    """

    def __init__(self, settings: KafkaSettings, membership: Membership) -> None:
        self._settings = settings
        self._membership = membership
        self._call_hangs = threading.Event()
        self._stopping = threading.Event()
        self._thread = self._start()

    def supervise(self) -> None:
        """Start another worker if a call of the present one hangs."""
        if self._call_hangs.is_set():
            self._call_hangs.clear()
            self._stopping.set()
            self._stopping = threading.Event()
            self._thread = self._start()

    def stop(self) -> None:
        """Stop the present worker."""
        self._stopping.set()
        self._thread.join(PATIENCE_SECONDS)

    def _start(self) -> threading.Thread:
        bus = KafkaBus(self._settings, Watchdog(lambda _call: self._call_hangs.set()))
        worker = Worker(
            # Single records: the broker is lost during a commit, and not while the stage waits for records.
            *("copier", lambda: bus.consumer(self._membership), Copier(), "dead", self._stopping),
            batch=1,
        )
        # A call that hangs may never return.
        thread = threading.Thread(target=worker.run, daemon=True)
        thread.start()
        return thread


@pytest.mark.parametrize(
    ("loss", "coordinator_of"), [("frozen", "__transaction_state"), ("killed", "__consumer_offsets")]
)
def test_the_loss_of_one_broker_loses_and_repeats_nothing(
    cluster: list[Node], settings: Settings, loss: str, coordinator_of: str
) -> None:
    """The lost broker coordinates the transactions or the group of the stage.

    A frozen broker closes no connection, so its requests wait for their timeout.
    """
    bootstrap = ",".join(node.bootstrap for node in cluster)
    process_settings = settings.model_copy(update={"kafka_bootstrap": bootstrap, "kafka_replication": 3})
    kafka = KafkaBus(kafka_settings(process_settings), Watchdog(lambda call: pytest.fail(f"{call} hung")))
    topic = f"numbers-{loss}"
    expected = [f"{topic} {number}".encode() for number in range(RECORDS)]
    wait_for(lambda: ensured(kafka, [TopicSpec(topic, 6), TopicSpec("copies", 6), TopicSpec("dead")]))
    producer = kafka.producer()
    producer.publish([Outgoing(topic, value, value) for value in expected])
    membership = Membership(f"group-{topic}", "one", (topic,))
    worker = SupervisedWorker(kafka_settings(process_settings), membership)

    def has_copied(count: int) -> bool:
        worker.supervise()
        return len(own_copies(kafka, topic)) >= count

    node = None
    try:
        wait_for(lambda: has_copied(1))
        transactional_id = f"{membership.group}-{membership.member}"
        name = membership.group if coordinator_of == "__consumer_offsets" else transactional_id
        node = coordinator(cluster, coordinator_of, name)
        node.pause() if loss == "frozen" else node.kill()
        wait_for(lambda: has_copied(RECORDS))
    finally:
        if node is not None:
            node.resume() if loss == "frozen" else node.start()
        worker.stop()
        producer.close()
    assert own_copies(kafka, topic) == sorted(expected)


def coordinator(cluster: list[Node], topic: str, name: str) -> Node:
    """Return the broker that coordinates this transactional id or group: the leader of its partition of the topic."""
    # The hash of Java's strings, modulo the number of partitions.
    java_hash = reduce(lambda total, byte: (31 * total + byte) & 0xFFFF_FFFF, name.encode(), 0) & 0x7FFF_FFFF
    client = KafkaAdminClient(bootstrap_servers=[node.bootstrap for node in cluster])
    try:
        (description,) = client.describe_topics([topic])
    finally:
        client.close()
    partitions = {partition["partition_index"]: partition["leader_id"] for partition in description["partitions"]}
    leader: int = partitions[java_hash % len(partitions)]
    return cluster[leader - 1]


def own_copies(kafka: KafkaBus, topic: str) -> list[bytes]:
    """Return the values of the copies of this topic's records, sorted; none while the bus does not answer."""
    return [value for value in values(kafka, "copies") if value.startswith(topic.encode() + b" ")]


def ensured(kafka: KafkaBus, specs: Sequence[TopicSpec]) -> bool:
    """Create the topics; return False if that has to be repeated, as just after a broker's start."""
    with suppress(Retry, Stop):
        kafka.ensure(specs)
        return True
    return False
