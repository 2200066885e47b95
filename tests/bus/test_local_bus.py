"""Properties of the local bus alone: its clock, its retention, its file."""

import threading
from pathlib import Path

import pytest

from bus.errors import Retry
from bus.local import log
from bus.local.bus import LocalBus
from bus.local.consumer import LocalConsumer
from bus.port import Membership, Outgoing, TopicSpec

HOUR = 3600.0
DAY = 24 * HOUR


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that a test may set."""
    return Clock()


@pytest.fixture
def bus(tmp_path: Path, clock: Clock) -> LocalBus:
    """A bus with a topic that keeps its records for ten days."""
    local_bus = LocalBus(tmp_path / "bus.db", clock)
    local_bus.ensure([TopicSpec("topic", partitions=2, retention=10)])
    return local_bus


def publish(bus: LocalBus, *values: bytes) -> None:
    """Publish each value under its own key."""
    producer = bus.producer()
    producer.publish([Outgoing("topic", value, value) for value in values])
    producer.close()


def values(bus: LocalBus) -> list[bytes]:
    """Return all values, sorted."""
    reader = bus.reader()
    stored_values = [record.value for record in reader.read(["topic"])]
    reader.close()
    return sorted(stored_values)


@pytest.mark.parametrize("jump", [-HOUR, HOUR], ids=["back", "forward"])
def test_a_clock_that_jumps_blocks_no_member(bus: LocalBus, clock: Clock, jump: float) -> None:
    """A member that died before the clock was set does not count as living: another gets its records at once."""
    publish(bus, b"1", b"2", b"3", b"4")
    bus.consumer(Membership("group", "dead", ("topic",))).poll(0, 10)
    clock.now += jump
    successor = bus.consumer(Membership("group", "successor", ("topic",)))
    assert len(successor.poll(0, 10)) == 4
    successor.commit([])
    successor.close()


def test_retention_waits_for_the_group(bus: LocalBus, clock: Clock) -> None:
    """Records past their retention are deleted, except those that a group of the topic has not processed yet."""
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


def test_retention_without_a_group(bus: LocalBus, clock: Clock) -> None:
    """A topic without a consumer group, such as dead letters, is kept for its retention and no longer."""
    publish(bus, b"old")
    clock.now += 9 * DAY
    publish(bus, b"young")
    clock.now += 2 * DAY
    bus.ensure([TopicSpec("topic", partitions=2, retention=10)])
    assert values(bus) == [b"young"]


def test_a_damaged_file_counts_as_away(tmp_path: Path, clock: Clock) -> None:
    """The ping raises `Retry`; nothing crashes."""
    bus = LocalBus(tmp_path / "bus.db", clock)
    (tmp_path / "bus.db").write_bytes(b"not a database" * 1000)
    for side in ("bus.db-wal", "bus.db-shm"):
        (tmp_path / side).unlink(missing_ok=True)
    with pytest.raises(Retry):
        bus.ping(1.0)


def test_a_bus_at_rest_reads_no_partition(tmp_path: Path, bus: LocalBus, clock: Clock) -> None:
    """A poll without news asks if the file has changed, whatever the number of topics, and nothing else."""
    connection = log.connect(tmp_path / "bus.db")
    consumer = LocalConsumer(connection, Membership("group", "member", ("topic",)), threading.Condition(), clock)
    assert not consumer.poll(0, 10)
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    assert not consumer.poll(0, 10)
    assert statements == ["PRAGMA data_version"]
    publish(bus, b"new")
    assert [record.value for record in consumer.poll(0, 10)] == [b"new"]
    consumer.close()


def test_a_settled_member_renews_its_session_and_nothing_else(bus: LocalBus, clock: Clock) -> None:
    """A member whose group does not change still belongs to it after several sessions of 30 seconds."""
    consumer = bus.consumer(Membership("group", "member", ("topic",)))
    for _ in range(90):
        assert not consumer.poll(0, 10)
        clock.now += 1
    publish(bus, b"1", b"2", b"3", b"4")
    assert len(consumer.poll(0, 10)) == 4
    consumer.commit([])
    reader = bus.reader()
    assert reader.members("group") == ["member"]
    reader.close()
    consumer.close()


def test_a_group_passes_over_deleted_records(bus: LocalBus, clock: Clock) -> None:
    """A new group begins where all earlier records were deleted after their retention, and gets the next ones."""
    publish(bus, b"old")
    clock.now += 11 * DAY
    bus.ensure([TopicSpec("topic", partitions=2, retention=10)])
    consumer = bus.consumer(Membership("new", "member", ("topic",)))
    assert not consumer.poll(0, 10)
    publish(bus, b"new", b"newer")
    assert {record.value for record in consumer.poll(0, 10)} == {b"new", b"newer"}
    consumer.close()
