"""The worker: a batch and its offsets together, three ways to fail, and nothing lost by any of them."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bus.errors import Reject, Retry, Stop
from bus.local.bus import LocalBus
from bus.port import MAX_MESSAGE_BYTES, Consumer, Membership, Outgoing, Record, TopicSpec
from bus.worker import Worker
from bus.worker_health import WorkerHealth


class Stage:
    """Does what it is told with each batch, and remembers what it saw."""

    def __init__(self, does: Callable[[Sequence[Record]], Sequence[Outgoing]]) -> None:
        self.does = does
        self.batches: list[list[bytes]] = []

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        self.batches.append([record.value for record in records])
        return self.does(records)


@pytest.fixture
def bus(tmp_path: Path) -> LocalBus:
    """A bus with a topic to read, one to write, and the dead letters."""
    made = LocalBus(tmp_path / "bus.db", lambda: 1_000_000.0)
    made.ensure(TopicSpec(name) for name in ("in", "out", "dead"))
    return made


@pytest.fixture
def publish(bus: LocalBus) -> Iterator[Callable[..., None]]:
    """Puts values on the topic to read."""
    producer = bus.producer()
    yield lambda *values: producer.publish([Outgoing("in", b"k", value, (("h", b"1"),)) for value in values])
    producer.close()


def values(bus: LocalBus, topic: str) -> list[bytes]:
    """All values of a topic."""
    reader = bus.reader()
    try:
        return [record.value for record in reader.read([topic])]
    finally:
        reader.close()


def run_until(bus: LocalBus, stage: Stage, done: Callable[[], bool], **options: object) -> None:
    """Run a worker in this thread until something is true."""
    stopping = threading.Event()
    membership = Membership("group", "member", ("in",))

    def watch() -> None:
        while not done() and not stopping.wait(0.02):
            pass
        stopping.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        Worker("stage", lambda: bus.consumer(membership), stage, "dead", stopping, **options).run()  # type: ignore[arg-type]
    finally:
        stopping.set()
        watcher.join()


def wait_for(done: Callable[[], bool]) -> None:
    """Return when something is true; fail after a while."""
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


def passed_on(records: Sequence[Record]) -> Sequence[Outgoing]:
    """Each record to the other topic."""
    return [Outgoing("out", record.key, record.value) for record in records]


def test_outputs_follow_inputs_in_order(bus: LocalBus, publish: Callable[..., None]) -> None:
    """What a stage returns is published, in order, and is not worked again after a restart."""
    publish(b"1", b"2", b"3")
    run_until(bus, Stage(passed_on), lambda: len(values(bus, "out")) == 3)
    publish(b"4")
    run_until(bus, Stage(passed_on), lambda: len(values(bus, "out")) == 4)
    assert values(bus, "out") == [b"1", b"2", b"3", b"4"]


def test_a_rejected_record_becomes_a_dead_letter_alone(bus: LocalBus, publish: Callable[..., None]) -> None:
    """The guilty record is put aside whole with the reason; those before and behind it go their way."""

    def picky(records: Sequence[Record]) -> Sequence[Outgoing]:
        if any(record.value == b"bad" for record in records):
            raise Reject("not_json", "body")
        return passed_on(records)

    publish(b"1", b"bad", b"2")
    run_until(bus, Stage(picky), lambda: len(values(bus, "out")) == 2)
    assert values(bus, "out") == [b"1", b"2"]
    reader = bus.reader()
    (letter,) = reader.read(["dead"])
    reader.close()
    assert (letter.key, letter.value) == (b"k", b"bad")
    assert dict(letter.headers) == {
        "h": b"1",
        "dead_stage": b"stage",
        "dead_reason": b"not_json",
        "dead_field": b"body",
        "dead_position": b"in/0/1",
    }


def test_a_retry_loses_nothing_and_keeps_the_order(bus: LocalBus, publish: Callable[..., None]) -> None:
    """While the world is away nothing is passed on; when it is back the same records are, in their order."""
    failures = iter([Retry("away"), ConnectionError("away")])

    def unsteady(records: Sequence[Record]) -> Sequence[Outgoing]:
        for failure in failures:
            raise failure
        return passed_on(records)

    publish(b"1", b"2")
    stage = Stage(unsteady)
    run_until(bus, stage, lambda: len(values(bus, "out")) == 2, transient=(ConnectionError,))
    assert stage.batches == [[b"1", b"2"]] * 3
    assert values(bus, "out") == [b"1", b"2"]
    assert values(bus, "dead") == []


def test_stop_keeps_the_offset(bus: LocalBus, publish: Callable[..., None]) -> None:
    """When going on would do harm the worker ends, and the next one finds the record where it was."""

    def broken(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Stop("an invariant is broken")

    publish(b"1")
    with pytest.raises(Stop):
        run_until(bus, Stage(broken), lambda: False)
    run_until(bus, Stage(passed_on), lambda: len(values(bus, "out")) == 1)
    assert values(bus, "out") == [b"1"]


def test_our_own_fault_does_not_lose_the_message(bus: LocalBus, publish: Callable[..., None]) -> None:
    """A bug that one message trips puts that message aside, named by the kind of error and nothing it said."""

    def buggy(records: Sequence[Record]) -> Sequence[Outgoing]:
        if any(record.value == b"trips" for record in records):
            raise KeyError("+628000000001")
        return passed_on(records)

    publish(b"1", b"trips", b"2")
    run_until(bus, Stage(buggy), lambda: len(values(bus, "out")) == 2)
    reader = bus.reader()
    (letter,) = reader.read(["dead"])
    reader.close()
    assert dict(letter.headers)["dead_field"] == b"KeyError"
    assert b"628" not in b"".join(value for _, value in letter.headers)


def test_a_fault_that_every_message_trips_stops_the_stage(bus: LocalBus, publish: Callable[..., None]) -> None:
    """Many in a row is not the messages' fault: the stage stops before it has put everything aside."""

    def buggy(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise KeyError("x")

    publish(*(str(number).encode() for number in range(30)))
    with pytest.raises(Stop):
        run_until(bus, Stage(buggy), lambda: False)
    assert values(bus, "dead") == []


def test_a_dead_letter_that_can_not_be_written_stops_the_worker(bus: LocalBus, publish: Callable[..., None]) -> None:
    """Without its dead letter a rejected record is not passed: its offset stays."""

    def picky(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Reject("not_json")

    publish(b"1")
    stopping = threading.Event()
    worker = Worker(
        "stage", lambda: bus.consumer(Membership("group", "member", ("in",))), Stage(picky), "no-such-topic", stopping
    )
    with pytest.raises(Stop):
        worker.run()
    reader = bus.reader()
    assert dict(reader.committed("group", ["in"])) == {}
    reader.close()


def test_a_dead_letter_always_fits(bus: LocalBus, publish: Callable[..., None]) -> None:
    """A record so large that its reason would not fit beside it leaves a letter that says where and which it was."""

    def picky(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Reject("not_json")

    publish(b"x" * (MAX_MESSAGE_BYTES - 20))
    run_until(bus, Stage(picky), lambda: len(values(bus, "dead")) == 1)
    assert values(bus, "dead")[0].startswith(b"999980 bytes, sha256 ")


def test_a_group_that_can_not_be_joined_is_tried_again(bus: LocalBus, publish: Callable[..., None]) -> None:
    """A stage that starts while the bus is away begins when it is back; one that was fenced joins again."""
    publish(b"1")
    failures = iter([Retry("away"), Retry("away")])

    def join() -> Consumer:
        for failure in failures:
            raise failure
        return bus.consumer(Membership("group", "member", ("in",)))

    stopping = threading.Event()
    worker = threading.Thread(target=Worker("stage", join, Stage(passed_on), "dead", stopping).run)
    worker.start()
    wait_for(lambda: values(bus, "out") == [b"1"])
    other = join()
    publish(b"2")
    wait_for(lambda: values(bus, "out") == [b"1", b"2"])
    stopping.set()
    worker.join()
    other.close()


def test_batches_are_bounded(bus: LocalBus, publish: Callable[..., None]) -> None:
    """No batch holds more than the worker may keep in memory."""
    publish(*(str(number).encode() for number in range(25)))
    stage = Stage(passed_on)
    run_until(bus, stage, lambda: len(values(bus, "out")) == 25, batch=10)
    assert max(len(batch) for batch in stage.batches) <= 10


def test_how_a_worker_is(bus: LocalBus, publish: Callable[..., None]) -> None:
    """What it worked, put aside and tried again is counted; it says what it waits for, and no more once it works."""
    publish(b"good", b"bad", b"good")
    worker_health, away = WorkerHealth(lambda: 5.0), [Retry("database away")]
    waited: list[str] = []

    def does(records: Sequence[Record]) -> Sequence[Outgoing]:
        if away:
            raise away.pop()
        waited.append(worker_health.waits_for)
        if any(record.value == b"bad" for record in records):
            raise Reject("bad")
        return ()

    run_until(
        bus, Stage(does), lambda: worker_health.worked == 3 and not worker_health.waits_for, worker_health=worker_health
    )
    assert (worker_health.worked, worker_health.rejected, worker_health.retried, worker_health.fenced) == (3, 1, 1, 0)
    assert waited[0] == "database away"
    assert worker_health.silent_seconds == 0.0


def test_fenced_now_and_then_is_not_again_and_again() -> None:
    """What is counted is what comes soon after the last."""
    now = [0.0]
    worker_health = WorkerHealth(lambda: now[0])
    assert (worker_health.fenced, worker_health.fenced_seconds) == (0, None)
    counts = []
    for at in (0.0, 5.0, 10.0, 90_000.0):
        now[0] = at
        worker_health.record_fencing()
        counts.append(worker_health.fenced)
    assert counts == [1, 2, 3, 1]
    now[0] += 7.0
    assert worker_health.fenced_seconds == 7.0
