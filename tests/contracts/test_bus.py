"""What any bus promises. The same tests run on the local bus and on a real Apache Kafka."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bus.errors import Fenced, Reject, Stop
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
    Record,
    TopicSpec,
)
from bus.watchdog import Watchdog

PATIENCE = 30.0
"""Seconds until a test gives up; nothing here takes that long unless it is broken."""


@dataclass
class Clock:
    """Seconds since 1970, and as much later as a test says."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Now, as this test sees it."""
        return time.time() + self.ahead


@dataclass
class Harness:
    """A bus, unique names on it, and the way time passes there. Closes what it opened."""

    bus: Bus
    pass_time: Callable[[], None]
    opened: list[Consumer] = field(default_factory=list)

    def topic(self, partitions: int = 1) -> str:
        """A new topic."""
        name = f"topic-{uuid.uuid4().hex[:12]}"
        self.bus.ensure([TopicSpec(name, partitions)])
        return name

    def group(self) -> str:
        """A group that never was."""
        return f"group-{uuid.uuid4().hex[:12]}"

    def join(self, group: str, *topics: str, member: str = "one") -> Consumer:
        """A consumer."""
        consumer = self.bus.consumer(Membership(group, member, topics))
        self.opened.append(consumer)
        return consumer

    def publish(self, topic: str, values: Sequence[bytes], key: bytes | None = b"key") -> None:
        """Publish the values, under one key, or each under its own value when `key` is None."""
        producer = self.bus.producer()
        producer.publish([Outgoing(topic, value if key is None else key, value) for value in values])
        producer.close()

    def values(self, *topics: str) -> list[bytes]:
        """All that is there to read."""
        return [record.value for record in self.read(*topics)]

    def read(self, *topics: str) -> list[Record]:
        """All that is there to read."""
        reader = self.bus.reader()
        try:
            return list(reader.read(topics))
        finally:
            reader.close()

    def lag(self, group: str, topic: str) -> int:
        """How many offsets the group has yet to work."""
        reader = self.bus.reader()
        try:
            committed = reader.committed(group, [topic])
            return sum(
                span.end - committed.get(place, span.start) for place, span in reader.offset_ranges([topic]).items()
            )
        finally:
            reader.close()


def local_harness(path: Path) -> Harness:
    """The local bus; a session ends when its clock jumps."""
    clock = Clock()

    def pass_time() -> None:
        clock.ahead += 60

    return Harness(LocalBus(path / "bus.sqlite", clock), pass_time)


def kafka_harness(bootstrap: str) -> Harness:
    """Kafka; a session ends by itself, soon, when a member does not poll."""

    def never(call: str) -> None:
        pytest.fail(f"{call} hung")

    settings = KafkaSettings(bootstrap=bootstrap, session_timeout=2.0, max_poll_interval=4.0)
    return Harness(KafkaBus(settings, Watchdog(never)), pass_time=lambda: None)


@pytest.fixture(params=["local", "kafka"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Each bus in turn."""
    if request.param == "local":
        made = local_harness(tmp_path)
    else:
        made = kafka_harness(request.getfixturevalue("kafka_bootstrap"))
    yield made
    for consumer in made.opened:
        consumer.close()


def polled(consumer: Consumer, count: int) -> list[Record]:
    """Poll until `count` records came; never more."""
    records: list[Record] = []
    until = time.monotonic() + PATIENCE
    while len(records) < count and time.monotonic() < until:
        records += consumer.poll(0.2, count - len(records))
    assert len(records) == count
    return records


def nothing_more(consumer: Consumer) -> bool:
    """Whether two polls bring nothing."""
    return not consumer.poll(0.3, 100) and not consumer.poll(0.3, 100)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what a commit brings about, which others may see a moment after it returned."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "never came true"
        time.sleep(0.05)


def numbered(count: int, prefix: str = "v") -> list[bytes]:
    """Distinct values."""
    return [f"{prefix}{number:03}".encode() for number in range(count)]


def dying(*outputs: Outgoing) -> Iterator[Outgoing]:
    """Outputs whose maker dies half-way."""
    yield from outputs
    # Long enough for what was yielded to reach a broker's log.
    time.sleep(0.3)
    raise MemoryError


# Publishing and reading


def test_publish_is_durable_when_it_returns(harness: Harness) -> None:
    """What was published can be read by someone else at once, even while the producer is still open."""
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
    places: dict[bytes, set[int]] = {}
    for record in harness.read(topic):
        places.setdefault(record.key, set()).add(record.partition)
    assert all(len(partitions) == 1 for partitions in places.values())
    assert set.union(*places.values()) == {0, 1, 2}


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
    found = harness.read(topic)
    assert [Outgoing(each.topic, each.key, each.value, each.headers) for each in found] == sent


def test_a_record_knows_when_the_bus_took_it(harness: Harness) -> None:
    """The timestamp is in milliseconds since 1970 and lies between the call and its return."""
    topic = harness.topic()
    before = time.time() * 1000
    harness.publish(topic, [b"value"])
    (record,) = harness.read(topic)
    assert before - 1000 <= record.timestamp <= time.time() * 1000 + 1000


def test_a_large_message_is_rejected(harness: Harness) -> None:
    """A message near the limit passes; one that the bus can never take is `Reject`, and its neighbours are not sent."""
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
    """With `follow`, reading goes on past what was there at the call."""
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
    """An empty topic and one that does not exist are read to the end at once, and have no or empty spans."""
    topic, reader = harness.topic(), harness.bus.reader()
    assert list(reader.read([topic, "nowhere"])) == []
    assert reader.offset_ranges([topic, "nowhere"]) == {Partition(topic, 0): OffsetRange(0, 0)}
    reader.close()


# Topics


def test_ensure_is_idempotent(harness: Harness) -> None:
    """Asking again for a topic that is there changes nothing and keeps its records."""
    topic = harness.topic(partitions=2)
    harness.publish(topic, [b"kept"])
    harness.bus.ensure([TopicSpec(topic, 2, retention=3)])
    harness.bus.ensure([TopicSpec(topic, 1)])
    reader = harness.bus.reader()
    assert [spec.partitions for spec in reader.topics() if spec.name == topic] == [2]
    reader.close()
    assert harness.values(topic) == [b"kept"]


def test_ensure_refuses_a_topic_with_fewer_partitions(harness: Harness) -> None:
    """A topic with fewer partitions than asked for is `Stop`: adding some would move keys."""
    topic = harness.topic(partitions=1)
    with pytest.raises(Stop):
        harness.bus.ensure([TopicSpec(topic, 2)])


def test_ping_returns_while_the_bus_is_there(harness: Harness) -> None:
    """A bus that answers is not `Retry`."""
    harness.bus.ping(PATIENCE)


# Consuming


def test_a_group_begins_at_the_start(harness: Harness) -> None:
    """A group that never committed gets everything, in order, and never more than the limit at a time."""
    topic = harness.topic()
    harness.publish(topic, numbered(25))
    consumer = harness.join(harness.group(), topic)
    batches = [polled(consumer, 10), polled(consumer, 10), polled(consumer, 5)]
    assert [record.value for batch in batches for record in batch] == numbered(25)
    assert nothing_more(consumer)


def test_each_group_gets_everything(harness: Harness) -> None:
    """Groups do not take records from each other."""
    topic = harness.topic()
    harness.publish(topic, numbered(5))
    for group in (harness.group(), harness.group()):
        consumer = harness.join(group, topic)
        assert [record.value for record in polled(consumer, 5)] == numbered(5)
        consumer.commit([])


def test_a_group_goes_on_where_it_committed(harness: Harness) -> None:
    """After a clean leave the next member gets what was not committed, and only that."""
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
    """After a commit the outputs are there to read, in order, and the group has no lag."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(10))
    consumer = harness.join(group, source)
    consumer.commit([Outgoing(target, record.key, record.value) for record in polled(consumer, 10)])
    eventually(lambda: harness.values(target) == numbered(10))
    eventually(lambda: harness.lag(group, source) == 0)
    assert nothing_more(consumer)


def test_a_commit_of_nothing_changes_nothing(harness: Harness) -> None:
    """When nothing was polled and nothing is to be sent, a commit leaves no trace."""
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
    eventually(lambda: harness.lag(group, topic) == 0)


def test_rewind_gives_the_same_records_in_the_same_order(harness: Harness) -> None:
    """After `rewind` the uncommitted records come again, as before; the committed ones do not."""
    topic = harness.topic(partitions=1)
    harness.publish(topic, numbered(10))
    consumer = harness.join(harness.group(), topic)
    polled(consumer, 3)
    consumer.commit([])
    before = polled(consumer, 5)
    consumer.rewind()
    assert polled(consumer, 7) == [*before, *polled_later(before, 2)]


def polled_later(before: Sequence[Record], count: int) -> list[Record]:
    """The records that follow: the same topic, the next offsets and values."""
    last = before[-1]
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


def test_what_a_dead_member_had_in_hand_is_worked_again(harness: Harness) -> None:
    """A member that dies between handling and commit leaves no output; its next life gets the records again."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(5))
    polled(harness.join(group, source), 5)
    again = harness.join(group, source)
    assert [record.value for record in polled(again, 5)] == numbered(5)
    assert harness.values(target) == []


def test_a_batch_that_dies_half_way_leaves_nothing(harness: Harness) -> None:
    """A failure within a commit makes none of its outputs visible to readers or consumers, and moves no offset."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    harness.publish(target, [b"before"])
    consumer = harness.join(group, source)
    polled(consumer, 3)
    with pytest.raises(MemoryError):
        consumer.commit(dying(Outgoing(target, b"key", b"aborted")))
    consumer.rewind()
    assert [record.value for record in polled(consumer, 3)] == numbered(3)
    consumer.commit([Outgoing(target, b"key", b"committed")])
    harness.publish(target, [b"after"])
    eventually(lambda: harness.values(target) == [b"before", b"committed", b"after"])
    downstream = harness.join(harness.group(), target)
    assert [record.value for record in polled(downstream, 3)] == [
        b"before",
        b"committed",
        b"after",
    ]


def test_reading_ends_behind_aborted_records(harness: Harness) -> None:
    """Where the last records of a topic were never committed, reading still comes to its end."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    harness.publish(target, [b"before"])
    dead = harness.join(group, source)
    polled(dead, 3)
    with pytest.raises(MemoryError):
        dead.commit(dying(Outgoing(target, b"key", b"aborted")))
    assert harness.values(target) == [b"before"]
    polled(harness.join(group, source), 3)
    assert harness.values(target) == [b"before"]
    assert [record.value for record in polled(harness.join(harness.group(), target), 1)] == [b"before"]


def test_an_output_that_is_too_large_rejects_the_batch(harness: Harness) -> None:
    """The commit is `Reject`, nothing of it is visible, and after `rewind` the batch can be worked again."""
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
    eventually(lambda: harness.values(target) == [b"small"])


# Members


class Member(threading.Thread):
    """Works a group's records in a thread of its own, as a stage does, until told to leave."""

    def __init__(self, consumer: Consumer) -> None:
        super().__init__(daemon=True)
        self.worked: list[Record] = []
        self._consumer = consumer
        self._leaving = threading.Event()
        self.start()

    def run(self) -> None:
        """Poll and commit."""
        while not self._leaving.is_set():
            records = self._consumer.poll(0.3, 100)
            self._consumer.commit([])
            self.worked += records

    def leave(self) -> None:
        """Leave the group, between two batches."""
        self._leaving.set()
        self.join(PATIENCE)
        self._consumer.close()


def two_members(harness: Harness, topic: str, group: str) -> tuple[Member, Member]:
    """Two members at work; returns once both have had a share."""
    one = Member(harness.bus.consumer(Membership(group, "one", (topic,))))
    two = Member(harness.bus.consumer(Membership(group, "two", (topic,))))

    def both_worked() -> bool:
        harness.publish(topic, [uuid.uuid4().bytes for _ in range(8)], key=None)
        return bool(one.worked and two.worked)

    eventually(both_worked)
    return one, two


def test_members_share_the_partitions(harness: Harness) -> None:
    """Two members each get some of the partitions, and each record is worked once."""
    topic = harness.topic(partitions=4)
    one, two = two_members(harness, topic, harness.group())
    there = sorted(record.position for record in harness.read(topic))
    eventually(lambda: len(one.worked) + len(two.worked) >= len(there))
    one.leave()
    two.leave()
    assert sorted(record.position for record in one.worked + two.worked) == there


@pytest.mark.parametrize("leaver", [0, 1], ids=["elder", "younger"])
def test_the_others_take_over_when_a_member_leaves(harness: Harness, leaver: int) -> None:
    """What a member that left used to work goes to who stays, even what the other had given up to it before."""
    topic = harness.topic(partitions=4)
    members = two_members(harness, topic, harness.group())
    leaving, staying = members[leaver], members[1 - leaver]
    leaving.leave()
    harness.publish(topic, numbered(40, "last-"), key=None)
    eventually(lambda: {record.value for record in staying.worked}.issuperset(numbered(40, "last-")))
    staying.leave()
    worked = leaving.worked + staying.worked
    assert sorted(record.position for record in worked) == sorted(record.position for record in harness.read(topic))


def test_a_member_started_again_fences_its_earlier_life(harness: Harness) -> None:
    """With the same name started twice, the first can't commit outputs any more; the second works the records."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    zombie = harness.join(group, source)
    polled(zombie, 3)
    alive = harness.join(group, source)
    with pytest.raises(Fenced):
        zombie.commit([Outgoing(target, b"key", b"zombie")])
    assert [record.value for record in polled(alive, 3)] == numbered(3)
    alive.commit([Outgoing(target, b"key", b"alive")])
    eventually(lambda: harness.values(target) == [b"alive"])


@pytest.mark.parametrize("outputs", [(), (b"zombie",)], ids=["offsets", "outputs"])
def test_a_fenced_member_cannot_commit(harness: Harness, outputs: tuple[bytes, ...]) -> None:
    """Once the second life of a name has the records, the first can commit neither offsets nor outputs."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    zombie = harness.join(group, source)
    polled(zombie, 3)
    alive = harness.join(group, source)
    polled(alive, 2)
    with pytest.raises(Fenced):
        zombie.commit([Outgoing(target, b"key", value) for value in outputs])
    alive.commit([])
    eventually(lambda: harness.lag(group, source) == 1)
    assert harness.values(target) == []


@pytest.mark.parametrize("outputs", [(), (b"zombie",)], ids=["offsets", "outputs"])
def test_a_member_that_was_given_up_cannot_commit(harness: Harness, outputs: tuple[bytes, ...]) -> None:
    """A member silent for too long loses its partitions to another, and its late commit is `Fenced`, and invisible."""
    source, target, group = harness.topic(), harness.topic(), harness.group()
    harness.publish(source, numbered(3))
    silent = harness.join(group, source, member="silent")
    polled(silent, 3)
    harness.pass_time()
    other = harness.join(group, source, member="other")
    assert [record.value for record in polled(other, 3)] == numbered(3)
    with pytest.raises(Fenced):
        silent.commit([Outgoing(target, b"key", value) for value in outputs])
    other.commit([Outgoing(target, b"key", b"other")])
    eventually(lambda: harness.values(target) == [b"other"])


# Looking


def test_spans_and_committed_tell_the_lag(harness: Harness) -> None:
    """Offsets count from 0 on a fresh topic; a group has no offset before its first commit, and then the next one."""
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


def test_the_first_record_behind_an_offset(harness: Harness) -> None:
    """The oldest that waits is found without reading what is before it; where nothing waits nothing is found."""
    topic, group = harness.topic(2), harness.group()
    harness.publish(topic, numbered(4), key=None)
    consumer, reader = harness.join(group, topic), harness.bus.reader()
    assert polled(consumer, 4)
    consumer.commit([])
    harness.publish(topic, [b"late", b"later"])
    committed = reader.committed(group, [topic])
    assert [record.value for record in reader.first_records(committed).values()] == [b"late"]
    spans = reader.offset_ranges([topic])
    assert reader.first_records({place: span.end for place, span in spans.items()}) == {}
    assert reader.first_records({Partition("nowhere", 0): 0}) == {}
    firsts = reader.first_records(dict.fromkeys(spans, 0))
    assert firsts == {
        place: next(record for record in harness.read(topic) if record.partition == place.number) for place in firsts
    }
    reader.close()


def test_reading_goes_on_where_it_ended(harness: Harness) -> None:
    """From the offset that is named; a partition of which none is named is read from its start."""
    topic, other = harness.topic(), harness.topic()
    harness.publish(topic, numbered(3))
    harness.publish(other, [b"other"])
    reader = harness.bus.reader()
    start_offsets = {Partition(topic, 0): 2}
    assert sorted(record.value for record in reader.read([topic, other], start_offsets=start_offsets)) == [
        b"other",
        numbered(3)[2],
    ]
    assert (
        list(
            reader.read(
                [topic], start_offsets={place: span.end for place, span in reader.offset_ranges([topic]).items()}
            )
        )
        == []
    )
    harness.publish(topic, [b"late"])
    assert [record.value for record in reader.read([topic], start_offsets={Partition(topic, 0): 3})] == [b"late"]
    reader.close()


def test_how_many_came_since_a_moment(harness: Harness) -> None:
    """What was taken at that moment counts; before everything it is all, behind everything nothing."""
    topic = harness.topic()
    place = Partition(topic, 0)
    harness.publish(topic, numbered(3))
    time.sleep(0.01)
    harness.publish(topic, numbered(2))
    times = [record.timestamp for record in harness.read(topic)]
    reader = harness.bus.reader()
    assert reader.offsets_since([topic, "nowhere"], times[0]) == {place: 0}
    assert reader.offsets_since([topic], times[2] + 1) == {place: 3}
    assert reader.offsets_since([topic], times[3]) == {place: 3}
    assert reader.offsets_since([topic], times[-1] + 1) == {place: reader.offset_ranges([topic])[place].end}
    reader.close()


def test_who_works_a_group(harness: Harness) -> None:
    """The living members by name: whoever left, or was silent for longer than the session, is none."""
    topic, group = harness.topic(2), harness.group()
    reader = harness.bus.reader()
    assert reader.members(group) == []
    harness.publish(topic, numbered(2), key=None)
    one = harness.bus.consumer(Membership(group, "one", (topic,)))
    polled(one, 2)
    assert reader.members(group) == ["one"]
    one.close()
    eventually(lambda: reader.members(group) == [])
    reader.close()


def test_a_group_that_worked_everything_has_no_lag(harness: Harness) -> None:
    """Lag comes to zero on a topic of committed batches too, even when each batch was polled to its last record."""
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
    eventually(lambda: harness.lag(group, target) == 0)
