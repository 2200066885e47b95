"""Lag of the stages and arrivals of the channels, measured from offsets."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from app.assembly.channels import DIRECTORY
from app.clock import system_clock
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.local.bus import LocalBus
from bus.port import Membership, Outgoing, Partition, Reader, Record, TopicSpec
from messages.topics import raw_topic
from monitor import consumer_lag
from monitor.consumer_lag import ArrivalMeter
from monitor.snapshot import Backlog
from tests.conftest import NOW


@dataclass
class TimedBus:
    """A local bus with a clock that the test sets."""

    path: Path
    seconds: list[float] = field(default_factory=lambda: [NOW.timestamp()])

    def __post_init__(self) -> None:
        """Create the topics of the channels, and one more."""
        self.bus = LocalBus(self.path / "bus.db", lambda: self.seconds[0])
        self.bus.ensure([*(TopicSpec(raw_topic(channel), 2) for channel in DIRECTORY.names), TopicSpec("other")])

    def publish(self, topic: str, *keys: str, ago: timedelta = timedelta()) -> None:
        """Publish one record for each key, appended this long before now."""
        self.seconds[0] = (NOW - ago).timestamp()
        producer = self.bus.producer()
        producer.publish([Outgoing(topic, key.encode(), b"{}") for key in keys])
        producer.close()
        self.seconds[0] = NOW.timestamp()

    def commit(self, group: str, *topics: str, limit: int = 1000) -> None:
        """Commit up to `limit` records of a group."""
        consumer = self.bus.consumer(Membership(group, "one", topics))
        consumer.poll(0.0, limit)
        consumer.commit([])
        consumer.close()


@pytest.fixture
def bus(tmp_path: Path) -> TimedBus:
    """Return a bus with empty topics."""
    return TimedBus(tmp_path)


@pytest.fixture
def reader(bus: TimedBus) -> Iterator[Reader]:
    """Yield a reader of the bus."""
    opened = bus.bus.reader()
    yield opened
    opened.close()


def test_the_backlog_is_counted_by_topic(bus: TimedBus, reader: Reader) -> None:
    """It has the age of the oldest uncommitted record. Topics without backlog are left out."""
    bus.publish("raw-web", "a", "b", "c", ago=timedelta(hours=2))
    bus.commit("normalize", "raw-web", "other")
    bus.publish("raw-web", "a", "d", ago=timedelta(minutes=7))
    bus.publish("raw-web", "b")
    state = consumer_lag.measure_stage(reader, "normalize", ("raw-web", "other"))
    assert state.topics == {"raw-web": Backlog(many=3, oldest=NOW - timedelta(minutes=7))}
    assert (state.waiting.many, state.waiting.seconds(NOW)) == (3, 420.0)
    assert state.members == ()


@pytest.mark.slow
def test_a_transaction_marker_does_not_wait(kafka_bootstrap: str) -> None:
    """On Kafka, a report that a stage published alone takes two offsets: its own, and that of the marker after it."""
    topic, group = f"topic-{uuid4().hex[:12]}", f"group-{uuid4().hex[:12]}"
    kafka = KafkaBus(KafkaSettings(bootstrap=kafka_bootstrap), system_clock())
    kafka.ensure([TopicSpec(topic, 2)])
    with closing(kafka.consumer(Membership("normalize", "one", (topic,)))) as stage, closing(kafka.reader()) as reader:
        stage.poll(0.0, 1)
        stage.commit([Outgoing(topic, b"a", b"{}")])
        ends = sum(span.end for span in reader.offset_ranges([topic]).values())
        state = consumer_lag.measure_stage(reader, group, (topic,))
        assert (ends, state.waiting.many) == (2, 1)
        for number in range(5):
            stage.commit([Outgoing(topic, b"%d" % key, b"{}") for key in range(number)])
        state = consumer_lag.measure_stage(reader, group, (topic,))
        assert (state.waiting.many, set(state.topics)) == (11, {topic})


def test_a_long_backlog_is_not_read(bus: TimedBus, reader: Reader) -> None:
    """Its number is that of its offsets, its age that of its oldest record."""
    bus.publish("raw-web", *map(str, range(500)), ago=timedelta(hours=1))
    state = consumer_lag.measure_stage(reader, "normalize", ("raw-web",))
    assert state.topics == {"raw-web": Backlog(many=500, oldest=NOW - timedelta(hours=1))}


def test_a_group_without_offsets_has_all_records_as_backlog(bus: TimedBus, reader: Reader) -> None:
    """It starts at the first record of each of its topics."""
    bus.publish("raw-web", "a", ago=timedelta(hours=2))
    bus.publish("other", "a", "b", ago=timedelta(hours=1))
    state = consumer_lag.measure_stage(reader, "normalize", ("raw-web", "other"))
    assert {topic: waiting.many for topic, waiting in state.topics.items()} == {"raw-web": 1, "other": 2}
    assert state.waiting.oldest == NOW - timedelta(hours=2)


def test_members_of_the_group_are_listed(bus: TimedBus, reader: Reader) -> None:
    """A member that leaves is no longer listed."""
    consumer = bus.bus.consumer(Membership("router", "host-a", ("other",)))
    assert consumer_lag.measure_stage(reader, "router", ("other",)).members == ("host-a",)
    consumer.close()
    assert consumer_lag.measure_stage(reader, "router", ("other",)).members == ()


def test_arrivals_are_counted_by_channel(bus: TimedBus, reader: Reader) -> None:
    """Arrivals of the last minute and hour, and the hourly mean, which divides by at least a day."""
    bus.publish("raw-sms", "a", "b", "c", ago=timedelta(hours=3))
    bus.publish("raw-sms", "a", ago=timedelta(minutes=30))
    bus.publish("raw-sms", "a", "b", ago=timedelta(seconds=20))
    states = {state.channel: state for state in ArrivalMeter(DIRECTORY.names).measure(reader, NOW)}
    sms, web = states["sms"], states["web"]
    assert (sms.minute, sms.hour, sms.newest) == (2, 3, NOW - timedelta(seconds=20))
    assert sms.usual == pytest.approx(6 / 24)
    assert (web.minute, web.hour, web.usual, web.newest) == (0, 0, 0.0, None)


def test_the_usual_rate_covers_the_week_before_the_newest(bus: TimedBus, reader: Reader) -> None:
    """A silence does not lower the rate. Older arrivals do not count."""
    bus.publish("raw-web", *"abcdefgh", ago=timedelta(days=60))
    bus.publish("raw-web", *"abcdef", ago=timedelta(days=36))
    bus.publish("raw-web", "g", ago=timedelta(days=30))
    (web,) = [state for state in ArrivalMeter(DIRECTORY.names).measure(reader, NOW) if state.channel == "web"]
    assert web.usual == pytest.approx(7 / 168)
    assert (web.hour, web.newest) == (0, NOW - timedelta(days=30))


class CountingReader:
    """A reader that counts the records that it is asked for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.records = 0

    def first_records(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See `bus.port.Reader`."""
        self.records += len(offsets)
        return self._reader.first_records(offsets)

    def __getattr__(self, name: str) -> Any:
        """Return the attribute of the reader."""
        return getattr(self._reader, name)


def test_no_record_is_read_twice_for_the_arrivals(bus: TimedBus, reader: Reader) -> None:
    """What the last measurement read is remembered, and what came since is counted."""
    meter, counting = ArrivalMeter(["web"]), CountingReader(reader)
    bus.publish("raw-web", "a", ago=timedelta(days=9))
    bus.publish("raw-web", *"bc", ago=timedelta(minutes=30))
    (before,) = meter.measure(cast(Reader, counting), NOW)
    assert (before.minute, before.hour, before.total, before.newest) == (0, 2, 3, NOW - timedelta(minutes=30))
    assert before.usual == pytest.approx(2 / 168)
    read = counting.records
    assert meter.measure(cast(Reader, counting), NOW) == (before,)
    assert counting.records == read
    bus.publish("raw-web", "b", ago=timedelta(seconds=5))
    (after,) = meter.measure(cast(Reader, counting), NOW)
    assert (after.minute, after.hour, after.total, after.newest) == (1, 3, 4, NOW - timedelta(seconds=5))
    assert counting.records == read + 1
    (later,) = meter.measure(cast(Reader, counting), NOW + timedelta(hours=2))
    assert (later.minute, later.hour, later.newest) == (0, 0, after.newest)


class ForgetfulReader(CountingReader):
    """A reader that finds no record: each was deleted after its offset was read."""

    def first_records(self, _: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See `bus.port.Reader`."""
        return {}


def test_arrivals_of_unknown_age_are_not_new(bus: TimedBus, reader: Reader) -> None:
    """Otherwise all messages of a channel would count as those of the last minute, and raise an alert."""
    bus.publish("raw-web", *"abc", ago=timedelta(hours=3))
    (web,) = ArrivalMeter(["web"]).measure(cast(Reader, ForgetfulReader(reader)), NOW)
    assert (web.minute, web.hour, web.total, web.newest) == (0, 0, 3, None)
