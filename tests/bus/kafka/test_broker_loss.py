"""One broker of three is lost. The worker goes on, and every record is processed once."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import reduce

import pytest
from kafka import KafkaAdminClient

from app.assembly.kafka import kafka_settings
from app.clock import system_clock
from bus.errors import Retry, Stop
from bus.kafka.bus import KafkaBus
from bus.port import Consumer, Membership, Outgoing, Record, TopicSpec
from bus.worker import Worker
from config.settings import Settings
from tests.bus.kafka.copying import Copying, FreezingProducer, polled
from tests.bus.kafka.node import Node
from tests.support.waiting import wait_for

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
    kafka = KafkaBus(kafka_settings(process_settings), system_clock())
    topic = f"numbers-{loss}"
    expected = [f"{topic} {number}".encode() for number in range(RECORDS)]
    wait_for(lambda: ensured(kafka, [TopicSpec(topic, 6), TopicSpec("copies", 6), TopicSpec("dead")]))
    producer = kafka.producer()
    producer.publish([Outgoing(topic, value, value) for value in expected])
    membership = Membership(f"group-{topic}", "one", (topic,))
    stopping = threading.Event()
    worker = Worker(
        # Single records: the broker is lost during a commit, and not while the stage waits for records.
        *("copier", lambda: kafka.consumer(membership), Copier(), "dead", stopping, time.monotonic),
        batch=1,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()

    node = None
    try:
        wait_for(lambda: len(own_copies(kafka, topic)) >= 1)
        transactional_id = f"{membership.group}-{membership.member}"
        name = membership.group if coordinator_of == "__consumer_offsets" else transactional_id
        node = coordinator(cluster, coordinator_of, name)
        node.pause() if loss == "frozen" else node.kill()
        wait_for(lambda: len(own_copies(kafka, topic)) >= RECORDS)
    finally:
        if node is not None:
            node.resume() if loss == "frozen" else node.start()
        stopping.set()
        thread.join(PATIENCE_SECONDS)
        producer.close()
    assert own_copies(kafka, topic) == sorted(expected)


def test_a_commit_in_a_frozen_broker_is_refused_when_it_continues(cluster: list[Node], settings: Settings) -> None:
    """The commit waits in the frozen coordinator of the transaction. The old one reads it late, when it continues.

    Meanwhile a new coordinator takes over. Either it gets the commit again within the limit, or the commit raises
    `Retry` and the batch is processed again. In both cases there is one copy.
    """
    bootstrap = ",".join(node.bootstrap for node in cluster)
    process_settings = settings.model_copy(update={"kafka_bootstrap": bootstrap, "kafka_replication": 3})
    copying = Copying(kafka_settings(process_settings))
    copying.publish(b"1")
    consumer = copying.member("one")
    assert polled(consumer, 1) == [b"1"]
    frozen = coordinator(cluster, "__transaction_state", f"{copying.group}-one")
    consumer._producer = FreezingProducer(consumer._producer, frozen)  # type: ignore[assignment]  # noqa: SLF001
    try:
        try:
            consumer.commit([Outgoing(copying.copies, b"key", b"1")])
        except Retry:
            consumer.rewind()
            wait_for(lambda: copied_again(copying, consumer))
    finally:
        frozen.resume()
    wait_for(lambda: in_sync(cluster, "__transaction_state"))
    copying.publish(b"2")
    assert copying.copy_next(consumer, 1) == [b"2"]
    assert copying.copied() == [b"1", b"2"]
    consumer.close()


def copied_again(copying: Copying, consumer: Consumer) -> bool:
    """Copy a number, as the worker does: after `Retry` the batch begins anew. Return True if it was committed."""
    try:
        copying.copy_next(consumer, 1)
    except Retry:
        consumer.rewind()
        return False
    return True


def in_sync(cluster: list[Node], topic: str) -> bool:
    """Return True if every broker has all of the topic that the leaders have."""
    with closing(KafkaAdminClient(bootstrap_servers=[node.bootstrap for node in cluster])) as client:
        (description,) = client.describe_topics([topic])
    return all(len(partition["isr_nodes"]) == len(cluster) for partition in description["partitions"])


def coordinator(cluster: list[Node], topic: str, name: str) -> Node:
    """Return the broker that coordinates this transactional id or group: the leader of its partition of the topic."""
    # The hash of Java's strings, modulo the number of partitions.
    java_hash = reduce(lambda total, byte: (31 * total + byte) & 0xFFFF_FFFF, name.encode(), 0) & 0x7FFF_FFFF
    with closing(KafkaAdminClient(bootstrap_servers=[node.bootstrap for node in cluster])) as client:
        (description,) = client.describe_topics([topic])
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
