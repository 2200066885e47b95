"""Properties of the Kafka bus alone: a broker that freezes or dies. These tests have their own nodes."""

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from kafka import KafkaConsumer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from app.clock import system_clock
from bus.errors import Fenced, Retry
from bus.kafka.bus import KafkaBus
from bus.kafka.consumer import TransactionalConsumer
from bus.kafka.in_flight_limit import InFlightLimit
from bus.kafka.settings import KafkaSettings
from bus.kafka.topics import administration, leave
from bus.port import Consumer, Membership, Outgoing, Record, TopicSpec
from bus.worker import Worker
from tests.bus.kafka.filling import wait_until_written
from tests.bus.kafka.fixture import new_node
from tests.bus.kafka.node import Node
from tests.support.waiting import wait_for

DEADLINE = 2.0
MAX_IN_FLIGHT_BYTES = 1_000_000
_INCOMPRESSIBLE = hashlib.shake_256(b"larger than a small topic takes").digest(9000)
# Patience in seconds with a call that has the deadline above. Without it kafka-python waits for minutes, or for ever.
PATIENCE = 100.0


@pytest.fixture(scope="module")
def node(formatted: Path) -> Iterator[Node]:
    """A broker that these tests may freeze and kill, each leaving it running."""
    new = new_node(formatted)
    new.start()
    yield new
    new.close()


def bus_on(node: Node) -> KafkaBus:
    """Return a bus with a short deadline and a small limit in flight."""
    settings = KafkaSettings(bootstrap=node.bootstrap, deadline=DEADLINE, max_in_flight_bytes=MAX_IN_FLIGHT_BYTES)
    return KafkaBus(settings, system_clock())


def new_topic(bus: KafkaBus) -> str:
    """Create a topic; return its name."""
    name = f"topic-{uuid.uuid4().hex[:12]}"
    bus.ensure([TopicSpec(name)])
    return name


def polled(consumer: Consumer, count: int) -> list[Record]:
    """Poll until `count` records came; return them."""
    records: list[Record] = []
    until = time.monotonic() + 30
    while len(records) < count and time.monotonic() < until:
        records += consumer.poll(0.3, count - len(records))
    assert len(records) == count
    return records


def values(bus: KafkaBus, topic: str) -> list[bytes]:
    """Return the values of all records."""
    reader = bus.reader()
    try:
        return [record.value for record in reader.read([topic])]
    finally:
        reader.close()


def test_a_topic_has_its_limit_of_bytes(node: Node) -> None:
    """A topic with a limit of bytes is created with it; a topic without one keeps everything for its time."""
    bus = bus_on(node)
    limits = {f"topic-{uuid.uuid4().hex[:12]}": limit for limit in (None, 2_000_000_000)}
    bus.ensure([TopicSpec(name, 1, 366, limit) for name, limit in limits.items()])
    settings = KafkaSettings(bootstrap=node.bootstrap, deadline=DEADLINE)
    with administration(settings, "describe topics") as client:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in limits]
        configurations = client.describe_configs(resources, config_filter="all")["topic"]
    stored = {name: int(configuration["retention.bytes"]["value"]) for name, configuration in configurations.items()}
    assert stored == {name: -1 if limit is None else limit for name, limit in limits.items()}


def eventually_publishes(bus: KafkaBus, publish: Callable[[], None]) -> None:
    """Publish until it succeeds, as a spool does."""
    until = time.monotonic() + 30
    while True:
        try:
            publish()
        except Retry:
            assert time.monotonic() < until
        else:
            return


class MeasuredLimit(InFlightLimit):
    """Measures the bytes in flight: it counts them after they were acquired and until just before their release."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._lock = threading.Lock()
        self.bytes_in_flight = 0
        self.highest = 0

    def acquire(self, size: int, timeout: float) -> bool:
        """See `InFlightLimit`."""
        acquired = super().acquire(size, timeout)
        with self._lock:
            self.bytes_in_flight += size * acquired
            self.highest = max(self.highest, self.bytes_in_flight)
        return acquired

    def release(self, size: int) -> None:
        """See `InFlightLimit`."""
        with self._lock:
            self.bytes_in_flight -= size
        super().release(size)


@pytest.mark.timeout(PATIENCE)
def test_bytes_in_flight_stay_bounded_while_the_broker_is_frozen(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many sending threads each call raises `Retry` meanwhile, and the unconfirmed bytes stay below the limit."""
    bus = bus_on(node)
    topic, limit = new_topic(bus), MeasuredLimit(MAX_IN_FLIGHT_BYTES)
    monkeypatch.setattr("bus.kafka.producer.InFlightLimit", lambda _limit: limit)
    producer = bus.producer()
    producer.publish([Outgoing(topic, b"key", b"before")])
    outcomes: list[type[Exception]] = []

    def flood() -> None:
        for _ in range(2):
            with pytest.raises(Retry) as caught:
                producer.publish([Outgoing(topic, b"key", bytes(90_000)) for _ in range(5)])
            outcomes.append(caught.type)

    node.pause()
    try:
        threads = [threading.Thread(target=flood) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        node.resume()
    assert len(outcomes) == 12
    assert 0 < limit.highest <= MAX_IN_FLIGHT_BYTES
    eventually_publishes(bus, lambda: producer.publish([Outgoing(topic, b"key", b"after")]))
    producer.close()
    assert limit.bytes_in_flight == 0
    assert values(bus, topic)[-1] == b"after"


def test_a_producer_works_after_an_outage_longer_than_its_deadline(node: Node) -> None:
    """Messages past the deadline raise `Retry`; the same producer publishes again once the broker is back."""
    bus = bus_on(node)
    topic, producer = new_topic(bus), bus.producer()
    producer.publish([Outgoing(topic, b"key", b"before")])
    node.pause()
    try:
        with pytest.raises(Retry):
            producer.publish([Outgoing(topic, b"key", b"during")])
    finally:
        node.resume()
    eventually_publishes(bus, lambda: producer.publish([Outgoing(topic, b"key", b"after")]))
    producer.close()
    published = values(bus, topic)
    assert published[0] == b"before"
    assert published[-1] == b"after"


@pytest.mark.timeout(PATIENCE)
def test_every_call_to_a_dead_broker_raises_retry(node: Node) -> None:
    """Ping, publish, join, read and create raise `Retry` while the broker is dead, and leave no thread."""
    bus = bus_on(node)
    topic = new_topic(bus)
    node.kill()
    threads = threading.active_count()
    calls: list[Callable[[], object]] = [
        lambda: bus.ping(1.0),
        lambda: bus.ensure([TopicSpec(topic)]),
        lambda: bus.producer().publish([Outgoing(topic, b"key", b"value")]),
        lambda: bus.consumer(Membership("group", "member", (topic,))),
        bus.reader,
    ]
    try:
        for call in calls:
            with pytest.raises(Retry):
                call()
        assert threading.active_count() == threads
    finally:
        node.start()


def test_a_batch_survives_a_broker_that_dies(node: Node) -> None:
    """A commit to a dead broker raises `Retry`, polls are empty, and afterwards the batch is processed once.

    One group commits offsets alone, the other one offsets and outputs.
    """
    bus = bus_on(node)
    source, target = new_topic(bus), new_topic(bus)
    producer = bus.producer()
    producer.publish([Outgoing(source, b"key", b"1"), Outgoing(source, b"key", b"2")])
    producer.close()
    outputs_by_consumer: list[tuple[TransactionalConsumer, list[Outgoing]]] = []
    for outputs in ([], [Outgoing(target, b"key", b"output")]):
        consumer = bus.consumer(Membership(uuid.uuid4().hex, "member", (source,)))
        polled(consumer, 2)
        outputs_by_consumer.append((consumer, outputs))
    node.kill()
    try:
        for consumer, outputs in outputs_by_consumer:
            with pytest.raises(Retry):
                consumer.commit(outputs)
            consumer.rewind()
            assert consumer.poll(0.5, 10) == ()
    finally:
        node.start()
    for consumer, outputs in outputs_by_consumer:
        assert [record.value for record in polled(consumer, 2)] == [b"1", b"2"]
        consumer.commit(outputs)
        assert consumer.poll(0.5, 10) in ((), [])
        consumer.close()
    assert values(bus, target) == [b"output"]


@pytest.mark.timeout(PATIENCE)
def test_a_commit_to_a_frozen_broker_ends(node: Node) -> None:
    """The commit raises `Retry` while the broker is frozen. Once it answers again, the batch is processed once."""
    bus = bus_on(node)
    source, target, group = new_topic(bus), new_topic(bus), uuid.uuid4().hex
    producer = bus.producer()
    producer.publish([Outgoing(source, b"key", b"1")])
    producer.close()
    consumer = bus.consumer(Membership(group, "member", (source,)))
    polled(consumer, 1)
    node.pause()
    try:
        with pytest.raises(Retry):
            consumer.commit([Outgoing(target, b"key", b"output")])
    finally:
        node.resume()
    consumer.rewind()
    polled(consumer, 1)
    consumer.commit([Outgoing(target, b"key", b"output")])
    consumer.close()
    assert values(bus, target) == [b"output"]


def test_a_commit_to_a_broker_that_died_ends(node: Node) -> None:
    """The broker dies between outputs and commit. `KafkaProducer` would wait for ever; the commit raises `Retry`.

    The same consumer goes on when the broker is back, and the batch is processed once.
    """
    bus = bus_on(node)
    source, target, group = new_topic(bus), new_topic(bus), uuid.uuid4().hex
    producer = bus.producer()
    producer.publish([Outgoing(source, b"key", b"1")])
    producer.close()
    consumer = bus.consumer(Membership(group, "member", (source,)))
    polled(consumer, 1)

    def outputs() -> Iterator[Outgoing]:
        yield Outgoing(target, b"key", b"output")
        # Now only the commit is missing.
        wait_until_written(node.bootstrap, target, 1)
        node.kill()

    try:
        with pytest.raises(Retry):
            consumer.commit(outputs())
    finally:
        node.start()
    consumer.rewind()
    polled(consumer, 1)
    consumer.commit([Outgoing(target, b"key", b"output")])
    consumer.close()
    assert values(bus, target) == [b"output"]


def test_a_member_killed_before_its_topics_were_known_gets_them_after_its_restart(node: Node) -> None:
    """The broker keeps the assignment of a static member that died; an empty assignment must not be kept."""
    bus = bus_on(node)
    topic, group = f"topic-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    # kafka-python's own client leaves no group when it closes: for the broker it is a process that was killed.
    killed = KafkaConsumer(
        topic,
        bootstrap_servers=node.bootstrap,
        group_id=group,
        group_instance_id=f"{group}-member",
        partition_assignment_strategy=(CooperativeStickyAssignor(),),
    )
    until = time.monotonic() + 30
    while killed.group_metadata().generation_id < 0 and time.monotonic() < until:
        killed.poll(100)
    assert killed.group_metadata().generation_id >= 0
    killed.close(autocommit=False)
    bus.ensure([TopicSpec(topic)])
    producer = bus.producer()
    producer.publish([Outgoing(topic, b"key", b"1")])
    producer.close()
    consumer = bus.consumer(Membership(group, "member", (topic,)))
    assert [record.value for record in polled(consumer, 1)] == [b"1"]
    consumer.close()


def test_a_member_knows_its_outputs_before_the_first_and_forgets_those_that_it_has_written_to(node: Node) -> None:
    """The client asks for all of them at once, and looks at none that has nothing to send."""
    bus = bus_on(node)
    source, *targets = (new_topic(bus) for _ in range(4))
    producer = bus.producer()
    producer.publish([Outgoing(source, b"key", b"1")])
    producer.close()
    consumer = bus.consumer(Membership(uuid.uuid4().hex, "member", (source,), tuple(targets)))
    assert isinstance(consumer, TransactionalConsumer)
    client = consumer._producer.client  # noqa: SLF001 - kafka-python says neither of both in public
    polled(consumer, 1)
    for number in range(2):
        wait_for(lambda: set(targets) <= client._metadata.topics())  # noqa: SLF001
        consumer.commit([Outgoing(target, b"key", b"output %d" % number) for target in targets])
        assert not client._accumulator._batches  # noqa: SLF001
    consumer.close()
    assert all(values(bus, target) == [b"output 0", b"output 1"] for target in targets)


class UnawareClient:
    """A client that gets no record and reports no error, as was seen after an outage."""

    def __init__(self, client: KafkaConsumer) -> None:
        self._client = client

    def poll(self, *_: object) -> dict[object, object]:
        """Return no record."""
        return {}

    def __getattr__(self, name: str) -> object:
        """Return the attribute of the client."""
        return getattr(self._client, name)


def test_a_member_that_its_group_dropped_is_fenced(node: Node) -> None:
    """The dropped member is fenced although its client reports nothing. A member on an empty topic is not fenced."""
    settings = KafkaSettings(bootstrap=node.bootstrap, deadline=DEADLINE, session_timeout=1.0)
    bus = KafkaBus(settings, system_clock())
    topic = new_topic(bus)
    producer = bus.producer()
    producer.publish([Outgoing(topic, b"key", b"value")])
    producer.close()
    consumer = bus.consumer(Membership("forgetting", "one", (topic,)))
    assert isinstance(consumer, TransactionalConsumer)
    polled(consumer, 1)
    consumer.commit([])
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert not consumer.poll(0.3, 1)
    consumer._client = UnawareClient(consumer._client)  # noqa: SLF001 - the cause of this state is not known
    leave(settings, system_clock(), "forgetting", "forgetting-one")
    with pytest.raises(Fenced, match="does not know forgetting-one"):
        polled(consumer, 1)
    consumer.close()
    again = bus.consumer(Membership("forgetting", "one", (topic,)))
    producer = bus.producer()
    producer.publish([Outgoing(topic, b"key", b"later")])
    producer.close()
    assert [record.value for record in polled(again, 1)] == [b"later"]
    again.close()


def test_a_small_topic_makes_a_dead_letter_of_one_record(node: Node) -> None:
    """A topic that takes fewer bytes than ours refuses one output: the other records go on, and the stage too."""
    bus = bus_on(node)
    source, target, dead = (new_topic(bus) for _ in range(3))
    with administration(KafkaSettings(bootstrap=node.bootstrap), "limit a topic") as client:
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, target, {"max.message.bytes": "2000"})])
    producer = bus.producer()
    producer.publish([Outgoing(source, b"key", value) for value in (b"1", b"big", b"2")])
    stopping = threading.Event()

    class Growing:
        """A stage whose output for one record is too large for the topic, compressed or not."""

        def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
            return [
                Outgoing(target, b"key", _INCOMPRESSIBLE if record.value == b"big" else record.value)
                for record in records
            ]

    def join() -> Consumer:
        return bus.consumer(Membership(f"group-{source}", "one", (source,)))

    worker = threading.Thread(target=Worker("stage", join, Growing(), dead, stopping, time.monotonic).run)
    worker.start()
    reader = bus.reader()
    try:
        until = time.monotonic() + PATIENCE
        while len(list(reader.read([target]))) < 2:
            assert worker.is_alive()
            assert time.monotonic() < until
        producer.publish([Outgoing(source, b"key", b"3")])
        while len(list(reader.read([target]))) < 3:
            assert worker.is_alive()
            assert time.monotonic() < until
        assert [record.value for record in reader.read([target])] == [b"1", b"2", b"3"]
        (dead_letter,) = reader.read([dead])
        assert (dead_letter.value, dead_letter.header("dead_reason")) == (b"big", "too_large")
    finally:
        stopping.set()
        worker.join()
        reader.close()
        producer.close()
