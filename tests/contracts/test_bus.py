"""The guarantees of every bus. The same tests run on the local bus, a real Apache Kafka, and the simulation's bus."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from app.clock import system_clock
from bus.errors import Fenced, Reject, Retry, Stop
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.local.bus import LocalBus
from bus.port import (
    Bus,
    Consumer,
    Membership,
    OffsetRange,
    Outgoing,
    Partition,
    Reader,
    Record,
    TopicSpec,
)
from tests.bus.kafka.filling import wait_until_written
from tests.simulation.sim_bus import SimBus, SimLog
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow

PATIENCE = 30.0
"""Seconds until a test fails. Nothing here takes that long unless it is broken."""


@dataclass
class Clock:
    """Seconds since 1970, plus an advance that a test sets."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Return the time of this test."""
        return time.time() + self.ahead


@dataclass
class Harness:
    """A bus with unique names of topics and groups. `pass_time` ends sessions; `opened` is closed at the end.

    `wait_until_written` returns when a topic's log has this many offsets, also those of an open transaction.
    """

    bus: Bus
    pass_time: Callable[[], None]
    wait_until_written: Callable[[str, int], None]
    opened: list[Consumer] = field(default_factory=list)

    def topic(self, partitions: int = 1) -> str:
        """Create a topic; return its name."""
        name = f"topic-{uuid.uuid4().hex[:12]}"
        self.bus.ensure([TopicSpec(name, partitions)])
        return name

    def group(self) -> str:
        """Return the name of a new group."""
        return f"group-{uuid.uuid4().hex[:12]}"

    def join(self, group: str, *topics: str, member: str = "one") -> Consumer:
        """Return a consumer that has joined the group."""
        consumer = self.bus.consumer(Membership(group, member, topics))
        self.opened.append(consumer)
        return consumer

    def publish(self, topic: str, values: Sequence[bytes], key: bytes | None = b"key") -> None:
        """Publish the values, under one key, or each under its own value when `key` is None."""
        producer = self.bus.producer()
        producer.publish([Outgoing(topic, value if key is None else key, value) for value in values])
        producer.close()

    def values(self, *topics: str) -> list[bytes]:
        """Return the values of all records."""
        return [record.value for record in self.read(*topics)]

    def read(self, *topics: str) -> list[Record]:
        """Return all records."""
        reader = self.bus.reader()
        try:
            return list(reader.read(topics))
        finally:
            reader.close()

    def lag(self, group: str, topic: str) -> int:
        """Return how many offsets the group has not processed yet."""
        reader = self.bus.reader()
        try:
            committed = reader.committed(group, [topic])
            ranges = reader.offset_ranges([topic])
            return sum(offsets.end - committed.get(partition, offsets.start) for partition, offsets in ranges.items())
        finally:
            reader.close()


def local_harness(path: Path) -> Harness:
    """Return a harness for the local bus; a session ends when its clock jumps."""
    clock = Clock()

    def pass_time() -> None:
        clock.ahead += 60

    # The local bus writes nothing before the commit.
    return Harness(LocalBus(path / "bus.sqlite", clock), pass_time, lambda _topic, _end: None)


def kafka_harness(bootstrap: str, session_timeout: float) -> Harness:
    """Return a harness for Kafka. A session ends by itself after `session_timeout` seconds without a poll."""
    settings = KafkaSettings(
        bootstrap=bootstrap, session_timeout=session_timeout, max_poll_interval=2 * session_timeout
    )
    return Harness(KafkaBus(settings, system_clock()), lambda: None, partial(wait_until_written, bootstrap))


class _RealTime:
    """What the simulation's bus gets here: nothing goes wrong, and time passes by itself."""

    def before(self, call: str) -> None:
        """Do nothing."""

    def after(self, call: str) -> None:
        """Do nothing."""

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:  # noqa: ARG002 - of the protocol
        """Wait a moment: a record may come at any time."""
        time.sleep(min(seconds, 0.01))


def simulated_harness() -> Harness:
    """Return a harness for the bus of simulations; a session ends when its clock jumps."""
    clock = Clock()

    def pass_time() -> None:
        clock.ahead += 60

    return Harness(SimBus(SimLog(clock), _RealTime()), pass_time, lambda _topic, _end: None)


@pytest.fixture(params=["local", "kafka", "simulated"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """A harness for each bus in turn."""
    if request.param == "local":
        new_harness = local_harness(tmp_path)
    elif request.param == "simulated":
        new_harness = simulated_harness()
    else:
        # A test that waits for the end of a session asks for a short one. In the others, a slow machine ends none.
        seconds = 4.0 if request.node.get_closest_marker("short_session") else 60.0
        new_harness = kafka_harness(request.getfixturevalue("kafka_bootstrap"), seconds)
    yield new_harness
    for consumer in new_harness.opened:
        consumer.close()


def polled(consumer: Consumer, count: int) -> list[Record]:
    """Poll until `count` records came, and no more; return them."""
    records: list[Record] = []
    until = time.monotonic() + PATIENCE
    while len(records) < count and time.monotonic() < until:
        records += consumer.poll(0.2, count - len(records))
    assert len(records) == count
    return records


def nothing_more(consumer: Consumer) -> bool:
    """Return whether two polls bring nothing."""
    return not consumer.poll(0.3, 100) and not consumer.poll(0.3, 100)


def has_no_members(reader: Reader, group: str) -> bool:
    """Return True if the bus lists no member. A new broker answers this only when it knows who keeps its groups."""
    try:
        return reader.members(group) == []
    except Retry:
        return False


def numbered(count: int, prefix: str = "v") -> list[bytes]:
    """Return distinct values."""
    return [f"{prefix}{number:03}".encode() for number in range(count)]


def dying(harness: Harness, output: Outgoing) -> Iterator[Outgoing]:
    """Yield an output for a topic with one record, then fail: a stage that dies during a commit."""
    yield output
    harness.wait_until_written(output.topic, 2)
    raise MemoryError


# Publishing and reading


def test_publish_is_durable_when_it_returns(harness: Harness) -> None:
    """A published message can be read by another process at once, even while the producer is still open."""
    topic = harness.topic()
    producer = harness.bus.producer()
    producer.publish([Outgoing(topic, b"key", b"value")])
    assert harness.values(topic) == [b"value"]
    producer.close()


def test_publish_keeps_the_order_within_a_key(harness: Harness) -> None:
    """Messages of one key are read in the order of publishing, across calls and batches."""
    topic = harness.topic(partitions=3)
    producer = harness.bus.producer()
    for start in range(0, 200, 50):
        producer.publish([Outgoing(topic, b"key", value) for value in numbered(200)[start : start + 50]])
    producer.close()
    assert harness.values(topic) == numbered(200)


def test_a_key_always_goes_to_the_same_partition(harness: Harness) -> None:
    """Keys spread over the partitions, and each key stays in one, whoever publishes it."""
    topic = harness.topic(partitions=3)
    for _ in range(2):
        harness.publish(topic, numbered(60), key=None)
    partitions_by_key: dict[bytes, set[int]] = {}
    for record in harness.read(topic):
        partitions_by_key.setdefault(record.key, set()).add(record.partition)
    assert all(len(partitions) == 1 for partitions in partitions_by_key.values())
    assert set.union(*partitions_by_key.values()) == {0, 1, 2}


def test_a_producer_may_be_shared_between_threads(harness: Harness) -> None:
    """Threads publish at the same time through one producer, and nothing is lost or doubled."""
    topic = harness.topic()
    producer = harness.bus.producer()

    def publish(name: int) -> None:
        for value in numbered(20, f"{name}-"):
            producer.publish([Outgoing(topic, b"%d" % name, value)])

    threads = [threading.Thread(target=publish, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    producer.close()
    assert sorted(harness.values(topic)) == sorted(value for name in range(8) for value in numbered(20, f"{name}-"))


def test_bytes_survive(harness: Harness) -> None:
    """Empty keys, values and headers, repeated header names, unicode and arbitrary bytes come back unchanged."""
    topic = harness.topic()
    sent = [
        Outgoing(topic, b"", b""),
        Outgoing(
            topic,
            b"\x00\xff",
            "jalan rusak 🚧 ꦗꦭꦤ꧀".encode(),
            (("ce_id", b"1"), ("ce_id", b"2"), ("tanpa", b"")),
        ),
        Outgoing(topic, b"key", bytes(range(256)), (("ključ", bytes(range(256))),)),
    ]
    producer = harness.bus.producer()
    producer.publish(sent)
    producer.close()
    assert [Outgoing(record.topic, record.key, record.value, record.headers) for record in harness.read(topic)] == sent


def test_a_record_knows_when_the_bus_took_it(harness: Harness) -> None:
    """The timestamp is in milliseconds since 1970 and lies between the call and its return."""
    topic = harness.topic()
    published_after = time.time() * 1000
    harness.publish(topic, [b"value"])
    (record,) = harness.read(topic)
    assert published_after - 1000 <= record.timestamp <= time.time() * 1000 + 1000


def test_a_large_message_is_rejected(harness: Harness) -> None:
    """A message near the limit is accepted. A larger one raises `Reject`, and the others of the call are not sent."""
    topic = harness.topic()
    producer = harness.bus.producer()
    producer.publish([Outgoing(topic, b"key", bytes(900_000))])
    with pytest.raises(Reject) as caught:
        producer.publish(
            [
                Outgoing(topic, b"key", b"neighbour"),
                Outgoing(topic, b"key", bytes(1_100_000)),
            ]
        )
    assert caught.value.reason == "too_large"
    producer.publish([Outgoing(topic, b"key", b"after")])
    producer.close()
    assert [len(value) for value in harness.values(topic)] == [900_000, 5]


def test_reading_follows_what_is_published_later(harness: Harness) -> None:
    """With `follow`, the reader returns records that are published after the call."""
    topic = harness.topic()
    harness.publish(topic, [b"before"])
    reader = harness.bus.reader()
    records = reader.read([topic], follow=True)
    assert next(records).value == b"before"
    harness.publish(topic, [b"later"])
    assert next(records).value == b"later"
    records.close()  # type: ignore[attr-defined]  # every bus gives a generator, which alone can stop following
    reader.close()


def test_reading_nothing_ends(harness: Harness) -> None:
    """An empty topic and a missing one have nothing to read, and an empty range of offsets or none."""
    topic, reader = harness.topic(), harness.bus.reader()
    assert list(reader.read([topic, "nowhere"])) == []
    assert reader.offset_ranges([topic, "nowhere"]) == {Partition(topic, 0): OffsetRange(0, 0)}
    reader.close()


# Topics


def test_ensure_is_idempotent(harness: Harness) -> None:
    """Ensuring an existing topic changes nothing and keeps its records."""
    topic = harness.topic(partitions=2)
    harness.publish(topic, [b"kept"])
    harness.bus.ensure([TopicSpec(topic, 2, retention=3)])
    harness.bus.ensure([TopicSpec(topic, 1)])
    reader = harness.bus.reader()
    assert [spec.partitions for spec in reader.topics() if spec.name == topic] == [2]
    reader.close()
    assert harness.values(topic) == [b"kept"]


def test_differences_name_a_topic_with_fewer_partitions(harness: Harness) -> None:
    """A missing topic is none: it is created at a start."""
    topic = harness.topic(partitions=1)
    specs = [TopicSpec(topic, 2), TopicSpec(f"{topic}-missing", 2)]
    assert harness.bus.differences(specs) == [f"topic {topic}: it has 1 partitions, 2 are asked for"]
    assert harness.bus.differences([TopicSpec(topic, 1)]) == []


def test_ensure_refuses_a_topic_with_fewer_partitions(harness: Harness) -> None:
    """A topic with fewer partitions than asked for raises `Stop`: adding some would move keys."""
    topic = harness.topic(partitions=1)
    with pytest.raises(Stop):
        harness.bus.ensure([TopicSpec(topic, 2)])


def test_ping_returns_while_the_bus_answers(harness: Harness) -> None:
    """A bus that answers does not raise `Retry`."""
    harness.bus.ping(PATIENCE)


# Consuming


def test_a_new_group_starts_at_the_first_record(harness: Harness) -> None:
    """A group that never committed gets every record, in order, and never more than the limit at a time."""
    topic = harness.topic()
    harness.publish(topic, numbered(25))
    consumer = harness.join(harness.group(), topic)
    batches = [polled(consumer, 10), polled(consumer, 10), polled(consumer, 5)]
    assert [record.value for batch in batches for record in batch] == numbered(25)
    assert nothing_more(consumer)


def test_each_group_gets_every_record(harness: Harness) -> None:
    """Groups do not take records from each other."""
    topic = harness.topic()
    harness.publish(topic, numbered(5))
    for group in (harness.group(), harness.group()):
        consumer = harness.join(group, topic)
        assert [record.value for record in polled(consumer, 5)] == numbered(5)
        consumer.commit([])


def test_a_group_continues_after_its_last_commit(harness: Harness) -> None:
    """After a member has left, the next member gets the uncommitted records, and no others."""
    topic, group = harness.topic(), harness.group()
    harness.publish(topic, numbered(10))
    first = harness.join(group, topic)
    polled(first, 4)
    first.commit([])
    polled(first, 3)
    first.close()
    harness.opened.remove(first)
    second = harness.join(group, topic, member="two")
    assert [record.value for record in polled(second, 6)] == numbered(10)[4:]


def test_outputs_and_offsets_are_committed_together(harness: Harness) -> None:
    """After a commit the outputs can be read, in order, and the group has no lag."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(10))
    consumer = harness.join(group, source)
    consumer.commit([Outgoing(target, record.key, record.value) for record in polled(consumer, 10)])
    wait_for(lambda: harness.values(target) == numbered(10))
    wait_for(lambda: harness.lag(group, source) == 0)
    assert nothing_more(consumer)


def test_an_empty_commit_has_no_effect(harness: Harness) -> None:
    """A commit without polled records and without outputs commits no offset."""
    topic, group = harness.topic(), harness.group()
    consumer = harness.join(group, topic)
    assert nothing_more(consumer)
    consumer.commit([])
    reader = harness.bus.reader()
    assert reader.committed(group, [topic]) == {}
    reader.close()


def test_a_batch_may_be_polled_in_parts(harness: Harness) -> None:
    """A commit covers everything polled since the last one."""
    topic, group = harness.topic(), harness.group()
    harness.publish(topic, numbered(9))
    consumer = harness.join(group, topic)
    for _ in range(3):
        polled(consumer, 3)
    consumer.commit([])
    wait_for(lambda: harness.lag(group, topic) == 0)


def test_rewind_returns_the_same_records_in_the_same_order(harness: Harness) -> None:
    """After `rewind` the uncommitted records are returned again, in order; the committed ones are not."""
    topic = harness.topic(partitions=1)
    harness.publish(topic, numbered(10))
    consumer = harness.join(harness.group(), topic)
    polled(consumer, 3)
    consumer.commit([])
    uncommitted = polled(consumer, 5)
    consumer.rewind()
    assert polled(consumer, 7) == [*uncommitted, *next_records(uncommitted, 2)]


def next_records(records: Sequence[Record], count: int) -> list[Record]:
    """Return the records that follow these: the same topic, the next offsets and values."""
    last = records[-1]
    return [
        Record(
            last.topic,
            0,
            last.offset + n,
            last.timestamp,
            b"key",
            f"v{last.offset + n:03}".encode(),
        )
        for n in range(1, count + 1)
    ]


def test_the_batch_of_a_dead_member_is_processed_again(harness: Harness) -> None:
    """A member that dies between handling and commit has no output; after its restart it gets the records again."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(5))
    polled(harness.join(group, source), 5)
    again = harness.join(group, source)
    assert [record.value for record in polled(again, 5)] == numbered(5)
    assert harness.values(target) == []


def test_a_commit_that_fails_half_way_has_no_effect(harness: Harness) -> None:
    """After a failure during a commit none of its outputs is visible to readers or consumers, and no offset moves."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    harness.publish(target, [b"before"])
    consumer = harness.join(group, source)
    polled(consumer, 3)
    with pytest.raises(MemoryError):
        consumer.commit(dying(harness, Outgoing(target, b"key", b"aborted")))
    consumer.rewind()
    assert [record.value for record in polled(consumer, 3)] == numbered(3)
    consumer.commit([Outgoing(target, b"key", b"committed")])
    harness.publish(target, [b"after"])
    wait_for(lambda: harness.values(target) == [b"before", b"committed", b"after"])
    downstream = harness.join(harness.group(), target)
    assert [record.value for record in polled(downstream, 3)] == [
        b"before",
        b"committed",
        b"after",
    ]


def test_reading_ends_after_aborted_records(harness: Harness) -> None:
    """Reading ends even if the last records of a topic were never committed."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    harness.publish(target, [b"before"])
    dying_member = harness.join(group, source)
    polled(dying_member, 3)
    with pytest.raises(MemoryError):
        dying_member.commit(dying(harness, Outgoing(target, b"key", b"aborted")))
    assert harness.values(target) == [b"before"]
    polled(harness.join(group, source), 3)
    assert harness.values(target) == [b"before"]
    assert [record.value for record in polled(harness.join(harness.group(), target), 1)] == [b"before"]


def test_an_output_that_is_too_large_rejects_the_batch(harness: Harness) -> None:
    """The commit raises `Reject`, none of it is visible, and after `rewind` the batch can be processed again."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(2))
    consumer = harness.join(group, source)
    polled(consumer, 2)
    with pytest.raises(Reject):
        consumer.commit(
            [
                Outgoing(target, b"key", b"neighbour"),
                Outgoing(target, b"key", bytes(1_100_000)),
            ]
        )
    consumer.rewind()
    polled(consumer, 2)
    consumer.commit([Outgoing(target, b"key", b"small")])
    wait_for(lambda: harness.values(target) == [b"small"])


# Members


class Member(threading.Thread):
    """Processes a group's records in a thread of its own, as a stage does, until it is told to leave."""

    def __init__(self, consumer: Consumer) -> None:
        super().__init__(daemon=True)
        self.processed: list[Record] = []
        self._consumer = consumer
        self._leaving = threading.Event()
        self.start()

    def run(self) -> None:
        """Poll and commit."""
        while not self._leaving.is_set():
            records = self._consumer.poll(0.3, 100)
            self._consumer.commit([])
            self.processed += records

    def leave(self) -> None:
        """Leave the group, between two batches."""
        self._leaving.set()
        self.join(PATIENCE)
        self._consumer.close()


def two_members(harness: Harness, topic: str, group: str) -> tuple[Member, Member]:
    """Return two members once both have processed some records."""
    first = Member(harness.bus.consumer(Membership(group, "one", (topic,))))
    second = Member(harness.bus.consumer(Membership(group, "two", (topic,))))

    def both_processed() -> bool:
        harness.publish(topic, [uuid.uuid4().bytes for _ in range(8)], key=None)
        return bool(first.processed and second.processed)

    wait_for(both_processed)
    return first, second


def test_members_share_the_partitions(harness: Harness) -> None:
    """Two members each get some of the partitions, and each record is processed once."""
    topic = harness.topic(partitions=4)
    first, second = two_members(harness, topic, harness.group())
    positions = sorted(record.position for record in harness.read(topic))
    wait_for(lambda: len(first.processed) + len(second.processed) >= len(positions))
    first.leave()
    second.leave()
    assert sorted(record.position for record in first.processed + second.processed) == positions


@pytest.mark.parametrize("leaver", [0, 1], ids=["elder", "younger"])
def test_the_remaining_member_takes_over_when_one_leaves(harness: Harness, leaver: int) -> None:
    """The partitions of a member that left go to the remaining one, also those that it had released before."""
    topic = harness.topic(partitions=4)
    members = two_members(harness, topic, harness.group())
    leaving, staying = members[leaver], members[1 - leaver]
    leaving.leave()
    harness.publish(topic, numbered(40, "last-"), key=None)
    wait_for(lambda: {record.value for record in staying.processed}.issuperset(numbered(40, "last-")))
    staying.leave()
    processed = leaving.processed + staying.processed
    assert sorted(record.position for record in processed) == sorted(record.position for record in harness.read(topic))


def test_a_restarted_member_fences_its_earlier_process(harness: Harness) -> None:
    """If the same name is started twice, the first process cannot commit outputs; the second gets the records."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    zombie = harness.join(group, source)
    polled(zombie, 3)
    alive = harness.join(group, source)
    with pytest.raises(Fenced):
        zombie.commit([Outgoing(target, b"key", b"zombie")])
    assert [record.value for record in polled(alive, 3)] == numbered(3)
    alive.commit([Outgoing(target, b"key", b"alive")])
    wait_for(lambda: harness.values(target) == [b"alive"])


@pytest.mark.parametrize("outputs", [(), (b"zombie",)], ids=["offsets", "outputs"])
def test_a_fenced_member_cannot_commit(harness: Harness, outputs: tuple[bytes, ...]) -> None:
    """Once the second process of a name has the records, the first can commit neither offsets nor outputs."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    zombie = harness.join(group, source)
    polled(zombie, 3)
    alive = harness.join(group, source)
    polled(alive, 2)
    with pytest.raises(Fenced):
        zombie.commit([Outgoing(target, b"key", value) for value in outputs])
    alive.commit([])
    wait_for(lambda: harness.lag(group, source) == 1)
    assert harness.values(target) == []


@pytest.mark.short_session
def test_a_member_whose_session_ended_cannot_commit(harness: Harness) -> None:
    """A silent member loses its partitions to another; its late commit raises `Fenced` and has no effect.

    One group commits offsets alone, the other one outputs too.
    """
    source, target = harness.topic(), harness.topic()
    harness.publish(source, numbered(3))
    groups = {harness.group(): outputs for outputs in ((), (b"zombie",))}
    silent_members = {group: harness.join(group, source, member="silent") for group in groups}
    for silent in silent_members.values():
        polled(silent, 3)
    harness.pass_time()
    for group, outputs in groups.items():
        successor = harness.join(group, source, member="other")
        assert [record.value for record in polled(successor, 3)] == numbered(3)
        with pytest.raises(Fenced):
            silent_members[group].commit([Outgoing(target, b"key", value) for value in outputs])
        successor.commit([Outgoing(target, b"key", b"other")])
    wait_for(lambda: harness.values(target) == [b"other"] * 2)


@pytest.mark.short_session
def test_a_member_that_gets_its_partitions_back_goes_on_where_the_other_one_ended(harness: Harness) -> None:
    """A member is silent until another one has processed records and left: it processes none of them again.

    It may still have them in its memory. Then it cannot commit.
    """
    topic, group = harness.topic(), harness.group()
    harness.publish(topic, numbered(2))
    silent = harness.join(group, topic, member="silent")
    polled(silent, 2)
    silent.commit([])
    harness.publish(topic, numbered(4)[2:])
    harness.pass_time()
    other = harness.join(group, topic, member="other")
    assert [record.value for record in polled(other, 2)] == numbered(4)[2:]
    other.commit([])
    other.close()
    harness.opened.remove(other)
    harness.publish(topic, [b"last"])
    try:
        records = polled(silent, 1)
        silent.commit([])
    except Fenced:
        silent = harness.join(group, topic, member="silent")
        records = polled(silent, 1)
        silent.commit([])
    assert [record.value for record in records] == [b"last"]
    assert nothing_more(silent)


@pytest.mark.short_session
def test_a_batch_that_another_member_has_processed_cannot_be_committed(harness: Harness) -> None:
    """Also if the silent member polls before it commits, and has its partitions back by then."""
    topic, group = harness.topic(), harness.group()
    harness.publish(topic, numbered(2))
    silent = harness.join(group, topic, member="silent")
    polled(silent, 2)
    harness.pass_time()
    other = harness.join(group, topic, member="other")
    assert [record.value for record in polled(other, 2)] == numbered(2)
    other.commit([])
    other.close()
    harness.opened.remove(other)
    harness.publish(topic, [b"last"])
    with pytest.raises(Fenced):
        poll_and_commit(silent, polls=3)
    successor = harness.join(group, topic, member="silent")
    assert [record.value for record in polled(successor, 1)] == [b"last"]


def poll_and_commit(consumer: Consumer, polls: int) -> None:
    """Poll so many times, and commit what was polled."""
    for _ in range(polls):
        consumer.poll(2.0, 10)
    consumer.commit([])


def test_a_batch_is_not_committed_with_partitions_that_came_back(harness: Harness) -> None:
    """Another process of the member has committed the batch and left: a late commit of the first one has no effect."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(2))
    late = harness.join(group, source)
    polled(late, 2)
    second = harness.join(group, source)
    polled(second, 2)
    second.commit([Outgoing(target, b"key", b"second")])
    second.close()
    harness.opened.remove(second)
    with pytest.raises(Fenced):
        late.commit([Outgoing(target, b"key", b"late")])
    wait_for(lambda: harness.values(target) == [b"second"])


# Reading offsets


def test_offsets_and_commits_give_the_lag(harness: Harness) -> None:
    """Offsets start at 0 on a new topic. A group has no offset before its first commit, and then the next offset."""
    topic, group = harness.topic(), harness.group()
    harness.publish(topic, numbered(5))
    consumer, reader = harness.join(group, topic), harness.bus.reader()
    polled(consumer, 3)
    assert reader.offset_ranges([topic]) == {Partition(topic, 0): OffsetRange(0, 5)}
    assert reader.committed(group, [topic]) == {}
    consumer.commit([])
    assert reader.committed(group, [topic]) == {Partition(topic, 0): 3}
    assert reader.committed(group, ["another"]) == {}
    assert harness.lag(group, topic) == 2
    reader.close()


def ends(reader: Reader, topic: str) -> dict[Partition, int]:
    """Return the end of each partition of a topic."""
    return {partition: offsets.end for partition, offsets in reader.offset_ranges([topic]).items()}


def test_the_first_record_from_an_offset_on(harness: Harness) -> None:
    """The oldest waiting record is found without reading those before it; without waiting records there is none."""
    topic, group = harness.topic(2), harness.group()
    harness.publish(topic, numbered(4), key=None)
    consumer, reader = harness.join(group, topic), harness.bus.reader()
    assert polled(consumer, 4)
    consumer.commit([])
    harness.publish(topic, [b"late", b"later"])
    committed = reader.committed(group, [topic])
    assert [record.value for record in reader.first_records(committed).values()] == [b"late"]
    assert reader.first_records(ends(reader, topic)) == {}
    assert reader.first_records({Partition("nowhere", 0): 0}) == {}
    first_of_partition: dict[Partition, Record] = {}
    for record in harness.read(topic):
        first_of_partition.setdefault(Partition(topic, record.partition), record)
    assert reader.first_records(dict.fromkeys(reader.offset_ranges([topic]), 0)) == first_of_partition
    reader.close()


def test_single_records_are_read_by_their_offsets(harness: Harness) -> None:
    """Each is found, in any number of partitions; offsets that the bus does not have are left out."""
    topic, second_topic = harness.topic(2), harness.topic()
    harness.publish(topic, numbered(40), key=None)
    harness.publish(second_topic, numbered(3))
    reader = harness.bus.reader()
    of_partition = _by_partition([*harness.read(topic), *harness.read(second_topic)])
    chosen = {partition: [records[0], records[2], records[-1]] for partition, records in of_partition.items()}
    offsets = {partition: [record.offset for record in records] for partition, records in chosen.items()}
    found = reader.records_at({partition: [*reversed(wanted), 999] for partition, wanted in offsets.items()})
    assert _by_partition(found) == chosen
    assert reader.records_at({Partition("nowhere", 0): [0], Partition(topic, 7): [0], Partition(topic, 0): []}) == []
    reader.close()


def _by_partition(records: Iterable[Record]) -> dict[Partition, list[Record]]:
    of_partition: dict[Partition, list[Record]] = {}
    for record in records:
        of_partition.setdefault(Partition(record.topic, record.partition), []).append(record)
    return of_partition


def test_reading_starts_at_the_given_offsets(harness: Harness) -> None:
    """A partition is read from the given offset on; a partition without one is read from its start."""
    topic, second_topic = harness.topic(), harness.topic()
    harness.publish(topic, numbered(3))
    harness.publish(second_topic, [b"other"])
    reader = harness.bus.reader()
    start_offsets = {Partition(topic, 0): 2}
    assert sorted(record.value for record in reader.read([topic, second_topic], start_offsets=start_offsets)) == [
        b"other",
        numbered(3)[2],
    ]
    assert list(reader.read([topic], start_offsets=ends(reader, topic))) == []
    harness.publish(topic, [b"late"])
    assert [record.value for record in reader.read([topic], start_offsets={Partition(topic, 0): 3})] == [b"late"]
    reader.close()


def test_the_first_offset_since_a_moment(harness: Harness) -> None:
    """A record taken at that moment counts. An early moment gives the start, a late one the end."""
    topic = harness.topic()
    partition = Partition(topic, 0)
    harness.publish(topic, numbered(3))
    time.sleep(0.01)
    harness.publish(topic, numbered(2))
    times = [record.timestamp for record in harness.read(topic)]
    reader = harness.bus.reader()
    assert reader.offsets_since([topic, "nowhere"], times[0]) == {partition: 0}
    assert reader.offsets_since([topic], times[2] + 1) == {partition: 3}
    assert reader.offsets_since([topic], times[3]) == {partition: 3}
    assert reader.offsets_since([topic], times[-1] + 1) == ends(reader, topic)
    reader.close()


def test_the_retention_of_a_topic(harness: Harness) -> None:
    """A topic without retention is left out, and so is one that does not exist."""
    kept, expiring = harness.topic(), f"topic-{uuid.uuid4().hex[:12]}"
    harness.bus.ensure([TopicSpec(expiring, retention=7)])
    reader = harness.bus.reader()
    assert reader.retention_seconds([kept, expiring, "nowhere"]) == {expiring: 7 * 86_400}
    assert reader.retention_seconds([]) == {}
    reader.close()


def test_the_living_members_of_a_group(harness: Harness) -> None:
    """A member is listed by its name until it leaves or its session ends."""
    topic, group = harness.topic(2), harness.group()
    reader = harness.bus.reader()
    wait_for(lambda: has_no_members(reader, group))
    harness.publish(topic, numbered(2), key=None)
    member = harness.bus.consumer(Membership(group, "one", (topic,)))
    polled(member, 2)
    assert reader.members(group) == ["one"]
    member.close()
    wait_for(lambda: reader.members(group) == [])
    reader.close()


def test_a_group_that_processed_every_record_has_no_lag(harness: Harness) -> None:
    """The lag becomes zero also on a topic of transactions, even if each batch was polled to its last record."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(4))
    upstream = harness.join(harness.group(), source)
    for _ in range(2):
        upstream.commit([Outgoing(target, b"key", record.value) for record in polled(upstream, 2)])
    downstream = harness.join(group, target)
    for _ in range(4):
        polled(downstream, 1)
        downstream.commit([])
    assert nothing_more(downstream)
    wait_for(lambda: harness.lag(group, target) == 0)
