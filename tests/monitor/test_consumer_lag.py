"""How far each stage is and how much the doors take, from offsets alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from app.assembly.channels import DIRECTORY
from bus.local.bus import LocalBus
from bus.port import Membership, Outgoing, Reader, TopicSpec
from messages.topics import raw_topic
from monitor import consumer_lag
from monitor.snapshot import Backlog
from tests.conftest import NOW


@dataclass
class Bus:
    """A bus whose clock a test sets."""

    path: Path
    seconds: list[float] = field(default_factory=lambda: [NOW.timestamp()])

    def __post_init__(self) -> None:
        """With the topics of the doors, and another."""
        self.bus = LocalBus(self.path / "bus.db", lambda: self.seconds[0])
        self.bus.ensure([*(TopicSpec(raw_topic(channel), 2) for channel in DIRECTORY.names), TopicSpec("other")])

    def publish(self, topic: str, *keys: str, ago: timedelta = timedelta()) -> None:
        """A message under each key, taken so long before now."""
        self.seconds[0] = (NOW - ago).timestamp()
        producer = self.bus.producer()
        producer.publish([Outgoing(topic, key.encode(), b"{}") for key in keys])
        producer.close()
        self.seconds[0] = NOW.timestamp()

    def work(self, group: str, *topics: str, limit: int = 1000) -> None:
        """Let a member work what it finds, and leave."""
        consumer = self.bus.consumer(Membership(group, "one", topics))
        consumer.poll(0.0, limit)
        consumer.commit([])
        consumer.close()


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    """Empty topics."""
    return Bus(tmp_path)


@pytest.fixture
def reader(bus: Bus) -> Iterator[Reader]:
    """A look at them."""
    made = bus.bus.reader()
    yield made
    made.close()


def test_what_waits_is_counted_by_topic(bus: Bus, reader: Reader) -> None:
    """With the age of the oldest that was not worked, however many were; what waits for nothing is left out."""
    bus.publish("raw-web", "a", "b", "c", ago=timedelta(hours=2))
    bus.work("normalize", "raw-web", "other")
    bus.publish("raw-web", "a", "d", ago=timedelta(minutes=7))
    bus.publish("raw-web", "b")
    state = consumer_lag.measure_stage(reader, "normalize", ("raw-web", "other"))
    assert state.topics == {"raw-web": Backlog(many=3, oldest=NOW - timedelta(minutes=7))}
    assert (state.waiting.many, state.waiting.seconds(NOW)) == (3, 420.0)
    assert state.members == ()


def test_a_group_that_never_worked_has_all_before_it(bus: Bus, reader: Reader) -> None:
    """From the first record on, on every topic of it."""
    bus.publish("raw-web", "a", ago=timedelta(hours=2))
    bus.publish("other", "a", "b", ago=timedelta(hours=1))
    state = consumer_lag.measure_stage(reader, "normalize", ("raw-web", "other"))
    assert {topic: waiting.many for topic, waiting in state.topics.items()} == {"raw-web": 1, "other": 2}
    assert state.waiting.oldest == NOW - timedelta(hours=2)


def test_who_works_is_said(bus: Bus, reader: Reader) -> None:
    """As long as the member is there."""
    consumer = bus.bus.consumer(Membership("router", "host-a", ("other",)))
    assert consumer_lag.measure_stage(reader, "router", ("other",)).members == ("host-a",)
    consumer.close()
    assert consumer_lag.measure_stage(reader, "router", ("other",)).members == ()


def test_what_the_doors_took(bus: Bus, reader: Reader) -> None:
    """In the last minute, the last hour, and what is usual in an hour, of a day at least."""
    bus.publish("raw-sms", "a", "b", "c", ago=timedelta(hours=3))
    bus.publish("raw-sms", "a", ago=timedelta(minutes=30))
    bus.publish("raw-sms", "a", "b", ago=timedelta(seconds=20))
    states = {state.channel: state for state in consumer_lag.measure_channels(reader, NOW, DIRECTORY.names)}
    sms, web = states["sms"], states["web"]
    assert (sms.minute, sms.hour, sms.newest) == (2, 3, NOW - timedelta(seconds=20))
    assert sms.usual == pytest.approx(6 / 24)
    assert (web.minute, web.hour, web.usual, web.newest) == (0, 0, 0.0, None)


def test_what_is_usual_is_of_a_week(bus: Bus, reader: Reader) -> None:
    """Of the one before the newest, so that silence does not become usual; what is older does not count."""
    bus.publish("raw-web", *"abcdefgh", ago=timedelta(days=60))
    bus.publish("raw-web", *"abcdef", ago=timedelta(days=36))
    bus.publish("raw-web", "g", ago=timedelta(days=30))
    (web,) = [state for state in consumer_lag.measure_channels(reader, NOW, DIRECTORY.names) if state.channel == "web"]
    assert web.usual == pytest.approx(7 / 168)
    assert (web.hour, web.newest) == (0, NOW - timedelta(days=30))
