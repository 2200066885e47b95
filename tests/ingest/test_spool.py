"""Messages accepted while the bus is away are stored, limited, and handed over in order."""

import os
import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bus.errors import Reject, Retry, Stop
from bus.port import MAX_MESSAGE_BYTES, Outgoing
from ingest.spool import Spool, SpoolFull
from ingest.spool_drain import SpoolDrain, SpoolingProducer
from tests.conftest import NOW

MOST = 10_000


class Bus:
    """A producer that stores its messages. It raises `away` if that is an error."""

    def __init__(self) -> None:
        self.away: Exception | None = None
        self.taken: list[Outgoing] = []
        self.asked = 0

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        self.asked += 1
        if self.away:
            raise self.away
        self.taken += messages

    def close(self) -> None:
        """See `bus.port.Producer`."""


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Empty spool with little space."""
    empty_spool = Spool(tmp_path / "spool.db", MOST, lambda: NOW)
    yield empty_spool
    empty_spool.close()


@pytest.fixture
def bus() -> Bus:
    """A bus that is not away."""
    return Bus()


def drain_of(spool: Spool, bus: Bus, ready: Callable[[], object] = lambda: None) -> SpoolDrain:
    """Return a drain that a test calls step by step."""
    return SpoolDrain(spool, bus, Path("unused"), ready, threading.Event())


def message(number: int, size: int = 10) -> Outgoing:
    """Return a message that is recognised by its number."""
    return Outgoing("raw-web", b"sender", f"{number}".encode().ljust(size, b"."), (("ce_id", b"\xff%d" % number),))


def test_an_available_bus_gets_the_message_at_once(spool: Spool, bus: Bus) -> None:
    """The spool stays empty while the bus is available."""
    SpoolingProducer(bus, spool).publish([message(1)])
    assert (bus.taken, len(spool)) == ([message(1)], 0)


@pytest.mark.parametrize("away", [Retry("away"), Stop("no right to write")])
def test_messages_accepted_while_the_bus_is_away_are_on_the_disk(spool: Spool, bus: Bus, away: Exception) -> None:
    """Another process that opens the file reads all bytes, with key and headers."""
    bus.away = away
    SpoolingProducer(bus, spool).publish([message(1), message(2)])
    with sqlite3.connect(f"file:{spool.path}?mode=ro", uri=True) as reader:
        assert reader.execute("SELECT count(*) FROM spool").fetchone() == (2,)
    reader.close()
    assert spool.oldest_batch() == (2, [message(1), message(2)])


def test_new_messages_go_behind_waiting_ones(spool: Spool, bus: Bus) -> None:
    """The messages of one sender keep their order. Until the spool is empty, nobody waits for the bus."""
    producer = SpoolingProducer(bus, spool)
    bus.away = Retry("away")
    producer.publish([message(1)])
    bus.away = None
    producer.publish([message(2)])
    assert (bus.taken, bus.asked) == ([], 1)
    while drain_of(spool, bus).drain_batch():
        pass
    producer.publish([message(3)])
    assert bus.taken == [message(1), message(2), message(3)]


def test_a_drain_that_fails_keeps_everything(spool: Spool, bus: Bus) -> None:
    """Messages that the bus did not confirm stay in their order. Confirmed messages are deleted."""
    spool.append([message(1), message(2)])
    bus.away = Retry("away")
    with pytest.raises(Retry):
        drain_of(spool, bus).drain_batch()
    assert len(spool) == 2
    bus.away = None
    assert drain_of(spool, bus).drain_batch() == 2
    assert (bus.taken, len(spool), spool.held_bytes) == ([message(1), message(2)], 0, 0)


def test_killed_between_publishing_and_deleting(tmp_path: Path, bus: Bus) -> None:
    """After a restart the same bytes are published again, which are the same message. No message is missing."""
    path = tmp_path / "spool.db"
    first = Spool(path, MOST, lambda: NOW)
    first.append([message(1)])
    bus.publish(first.oldest_batch()[1])
    first.close()
    second = Spool(path, MOST, lambda: NOW)
    drain_of(second, bus).drain_batch()
    second.close()
    assert bus.taken == [message(1), message(1)]


def test_a_full_spool_promises_nothing(spool: Spool, bus: Bus) -> None:
    """Above its limit the spool stores no message of a batch and says so. After draining it has space again."""
    bus.away = Retry("away")
    producer = SpoolingProducer(bus, spool)
    for number in range(4):
        producer.publish([message(number, 2_400)])
    with pytest.raises(Retry, match="spool is full"):
        producer.publish([message(8, 100), message(9, 2_400)])
    assert (len(spool), spool.held_bytes <= MOST) == (4, True)
    bus.away = None
    drain_of(spool, bus).drain_batch()
    producer.publish([message(5, 2_400)])
    assert [int(out.value.strip(b".")) for out in bus.taken] == [0, 1, 2, 3, 5]


def test_a_full_disk_is_a_full_spool(tmp_path: Path) -> None:
    """A message that the disk cannot store is refused like one above the limit."""
    spool = Spool(tmp_path / "spool.db", MOST, lambda: NOW)
    spool.append([message(1)])
    spool.close()
    with pytest.raises(SpoolFull):
        spool.append([message(2)])


def test_a_disk_is_full_until_a_usual_message_fits(tmp_path: Path) -> None:
    """The spool tries whether a usual message fits, and leaves nothing of the trial on the disk."""
    spool = Spool(tmp_path / "spool.db", 50_000_000, lambda: NOW)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
    stored = refused = 0
    try:
        while refused < 3:
            try:
                spool.append([message(stored, 10_000)])
                stored, refused = stored + 1, 0
            except SpoolFull:
                refused += 1
        was_full = spool.is_full
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert (was_full, spool.is_full) == (True, False)
    assert (len(spool), spool.rejected_count) == (stored, 0)
    assert 0 < spool.fill_ratio < 0.1
    spool.append([message(stored, 10_000)])
    spool.close()


def test_draining_holds_little_in_memory(tmp_path: Path) -> None:
    """A batch has at most two megabytes, or one message that is larger."""
    spool = Spool(tmp_path / "spool.db", 50 * MAX_MESSAGE_BYTES, lambda: NOW)
    spool.append([message(number, 900_000) for number in range(10)])
    _, batch = spool.oldest_batch()
    spool.close()
    assert [out.value[:1] for out in batch] == [b"0", b"1"]


def test_a_message_too_large_for_any_bus_is_refused_at_the_door(spool: Spool, bus: Bus) -> None:
    """It never gets into the spool, where it would block all later messages."""
    bus.away = Retry("away")
    with pytest.raises(Reject):
        SpoolingProducer(bus, spool).publish([message(1, MAX_MESSAGE_BYTES)])
    assert len(spool) == 0


def test_a_message_that_the_bus_rejects_later_is_set_aside(spool: Spool, bus: Bus) -> None:
    """A bus that became stricter does not block the other messages. The file still has the bytes."""
    spool.append([message(1)])
    bus.away = Reject("too_large")
    drain_of(spool, bus).drain_batch()
    bus.away = None
    spool.append([message(2)])
    drain_of(spool, bus).drain_batch()
    assert (bus.taken, len(spool)) == ([message(2)], 0)
    with sqlite3.connect(spool.path) as connection:
        assert connection.execute("SELECT value FROM aside").fetchall() == [(message(1).value,)]
    connection.close()


def test_of_two_processes_one_drains(spool: Spool, bus: Bus, tmp_path: Path) -> None:
    """One process holds the lock and the other waits. When the first ends, the other continues."""
    lock = tmp_path / "spool.lock"
    stopping = [threading.Event(), threading.Event()]
    other_bus = Bus()
    started = threading.Event()
    drains = [
        SpoolDrain(spool, bus, lock, started.set, stopping[0]),
        SpoolDrain(spool, other_bus, lock, lambda: None, stopping[1]),
    ]
    spool.append([message(1)])
    threads = [threading.Thread(target=drain.run) for drain in drains]
    threads[0].start()
    assert started.wait(10)
    threads[1].start()
    stopping[0].set()
    threads[0].join()
    spool.append([message(2)])
    for _ in range(1000):
        if other_bus.taken:
            break
        threading.Event().wait(0.01)
    stopping[1].set()
    threads[1].join()
    assert (bus.taken, other_bus.taken) == ([message(1)], [message(2)])


def test_totals_follow_what_another_process_writes(tmp_path: Path) -> None:
    """A process that knows its spool as empty sees a message of another process, and that it went."""
    spools = [Spool(tmp_path / "spool.db", MOST, lambda: datetime.max.replace(tzinfo=UTC)) for _ in range(2)]
    try:
        first, second = spools
        before = (len(first), first.held_bytes)
        second.append([message(1)])
        stored = (len(first), first.held_bytes)
        second.delete_until(second.oldest_batch()[0])
        assert (before, stored, (len(first), first.held_bytes)) == ((0, 0), (1, message(1).size), (0, 0))
    finally:
        for each_spool in spools:
            each_spool.close()


def test_totals_of_an_unchanged_spool_are_not_read_again(tmp_path: Path) -> None:
    """While the journal is unchanged, no statement reads the file: it is not noticed that it was destroyed."""
    path, journal = tmp_path / "spool.db", tmp_path / "spool.db-wal"
    spools = [Spool(path, MOST, lambda: datetime.max.replace(tzinfo=UTC)) for _ in range(2)]
    try:
        first, second = spools
        first.append([message(1)])
        known, state = len(first), journal.stat()
        second.append([message(2)])
        path.write_bytes(b"no database" * 1_000)
        journal.write_bytes(bytes(state.st_size))
        os.utime(journal, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert (known, len(first), first.corrupt_count) == (1, 1, 0)
    finally:
        for each_spool in spools:
            each_spool.close()
