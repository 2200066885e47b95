"""What only the embedded bus can meet: its clock, its retention, its file."""

from pathlib import Path

import pytest

from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Membership, Outgoing, TopicSpec

HOUR = 3600.0
DAY = 24 * HOUR


class Clock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that a test may set."""
    return Clock()


@pytest.fixture
def bus(tmp_path: Path, clock: Clock) -> LocalBus:
    """A bus with a topic that keeps its records for ten days."""
    made = LocalBus(tmp_path / "bus.db", clock)
    made.ensure([TopicSpec("topic", partitions=2, retention=10)])
    return made


def publish(bus: LocalBus, *values: bytes) -> None:
    """Each under its own key."""
    producer = bus.producer()
    producer.publish([Outgoing("topic", value, value) for value in values])
    producer.close()


def values(bus: LocalBus) -> list[bytes]:
    """All that is there."""
    reader = bus.reader()
    found = [record.value for record in reader.read(["topic"])]
    reader.close()
    return sorted(found)


@pytest.mark.parametrize("jump", [-HOUR, HOUR], ids=["back", "forward"])
def test_a_clock_that_jumps_keeps_nobody_from_working(bus: LocalBus, clock: Clock, jump: float) -> None:
    """A member that died before the clock was set does not seem to live after: another works its records at once."""
    publish(bus, b"1", b"2", b"3", b"4")
    bus.consumer(Membership("group", "dead", ("topic",))).poll(0, 10)
    clock.now += jump
    heir = bus.consumer(Membership("group", "heir", ("topic",)))
    assert len(heir.poll(0, 10)) == 4
    heir.commit([])
    heir.close()


def test_retention_waits_for_the_group(bus: LocalBus, clock: Clock) -> None:
    """What is past its time goes, but nothing that a group of the topic has yet to work."""
    publish(bus, b"worked")
    consumer = bus.consumer(Membership("group", "member", ("topic",)))
    consumer.poll(0, 10)
    consumer.commit([])
    consumer.close()
    publish(bus, b"worked", b"not yet")
    clock.now += 11 * DAY
    bus.ensure([TopicSpec("topic", partitions=2, retention=10)])
    assert b"not yet" in values(bus)
    assert values(bus).count(b"worked") == 1


def test_retention_where_nobody_works(bus: LocalBus, clock: Clock) -> None:
    """A topic that only people look at, as dead letters, is kept for its time and no longer."""
    publish(bus, b"old")
    clock.now += 9 * DAY
    publish(bus, b"young")
    clock.now += 2 * DAY
    bus.ensure([TopicSpec("topic", partitions=2, retention=10)])
    assert values(bus) == [b"young"]


def test_a_file_that_is_no_bus_is_said_to_be_away(tmp_path: Path, clock: Clock) -> None:
    """Readiness says so; nothing crashes."""
    bus = LocalBus(tmp_path / "bus.db", clock)
    (tmp_path / "bus.db").write_bytes(b"not a database" * 1000)
    for side in ("bus.db-wal", "bus.db-shm"):
        (tmp_path / side).unlink(missing_ok=True)
    with pytest.raises(Retry):
        bus.ping(1.0)
