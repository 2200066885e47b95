"""The worker: commits outputs and offsets together, and loses no record on any of the three kinds of error."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from bus.errors import Reject, Retry, Stop
from bus.local.bus import LocalBus
from bus.port import MAX_MESSAGE_BYTES, Consumer, Membership, Outgoing, Record, TopicSpec
from bus.worker import Worker
from bus.worker_health import WorkerHealth
from tests.support.waiting import wait_for


class Stage:
    """A stage that calls a function for each batch and records the batches."""

    def __init__(self, handle_batch: Callable[[Sequence[Record]], Sequence[Outgoing]]) -> None:
        self.handle_batch = handle_batch
        self.batches: list[list[bytes]] = []

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        self.batches.append([record.value for record in records])
        return self.handle_batch(records)


@pytest.fixture
def bus(tmp_path: Path) -> LocalBus:
    """A bus with a topic to read, one to write, and one for dead letters."""
    local_bus = LocalBus(tmp_path / "bus.db", lambda: 1_000_000.0)
    local_bus.ensure(TopicSpec(name) for name in ("in", "out", "dead"))
    return local_bus


@pytest.fixture
def publish(bus: LocalBus) -> Iterator[Callable[..., None]]:
    """A function that publishes values to the topic to read."""
    producer = bus.producer()
    yield lambda *values: producer.publish([Outgoing("in", b"k", value, (("h", b"1"),)) for value in values])
    producer.close()


def values(bus: LocalBus, topic: str) -> list[bytes]:
    """Return all values of a topic."""
    reader = bus.reader()
    try:
        return [record.value for record in reader.read([topic])]
    finally:
        reader.close()


# A worker looks for a stop between two polls.
_POLL_SECONDS = 0.05


def run_until(bus: LocalBus, stage: Stage, done: Callable[[], bool], **options: object) -> None:
    """Run a worker in this thread until the condition holds."""
    stopping = threading.Event()
    membership = Membership("group", "member", ("in",))

    def watch() -> None:
        while not done() and not stopping.wait(0.02):
            pass
        stopping.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        Worker(
            "stage",
            lambda: bus.consumer(membership),
            stage,
            "dead",
            stopping,
            time.monotonic,
            poll_seconds=_POLL_SECONDS,
            **options,  # type: ignore[arg-type]
        ).run()
    finally:
        stopping.set()
        watcher.join()


def copy_records(records: Sequence[Record]) -> Sequence[Outgoing]:
    """Return an output for each record."""
    return [Outgoing("out", record.key, record.value) for record in records]


def test_outputs_follow_inputs_in_order(bus: LocalBus, publish: Callable[..., None]) -> None:
    """Outputs of a stage are published in order, and records are not processed again after a restart."""
    publish(b"1", b"2", b"3")
    run_until(bus, Stage(copy_records), lambda: len(values(bus, "out")) == 3)
    publish(b"4")
    run_until(bus, Stage(copy_records), lambda: len(values(bus, "out")) == 4)
    assert values(bus, "out") == [b"1", b"2", b"3", b"4"]


class Pauses(threading.Event):
    """An event whose `wait` runs a function instead of waiting, and records the seconds."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act = act
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Run the function. Return whether the event is set."""
        assert timeout is not None
        self.seconds.append(timeout)
        self._act()
        return self.is_set()


def test_records_gather_during_the_pause(bus: LocalBus, publish: Callable[..., None]) -> None:
    """After a batch that is not full, the worker pauses: what comes meanwhile is one batch. A full one has no pause."""

    def publish_more() -> None:
        if len(pauses.seconds) == 1:
            publish(b"2", b"3", b"4", b"5")
        else:
            pauses.set()

    pauses = Pauses(publish_more)
    publish(b"1")
    stage = Stage(copy_records)
    membership = Membership("group", "member", ("in",))
    Worker("stage", lambda: bus.consumer(membership), stage, "dead", pauses, time.monotonic, batch=3, pause=60.0).run()
    assert stage.batches == [[b"1"], [b"2", b"3", b"4"], [b"5"]]
    assert values(bus, "out") == [b"1", b"2", b"3", b"4", b"5"]
    assert all(0 < seconds <= 60.0 for seconds in pauses.seconds)


def test_without_a_pause_no_record_waits(bus: LocalBus, publish: Callable[..., None]) -> None:
    """The worker polls again as soon as a batch is committed."""
    pauses = Pauses(lambda: pytest.fail("the worker paused"))

    def copy_and_stop(records: Sequence[Record]) -> Sequence[Outgoing]:
        if records[-1].value == b"1":
            publish(b"2")
        else:
            pauses.set()
        return copy_records(records)

    publish(b"1")
    stage = Stage(copy_and_stop)
    Worker(
        "stage", lambda: bus.consumer(Membership("group", "member", ("in",))), stage, "dead", pauses, time.monotonic
    ).run()
    assert stage.batches == [[b"1"], [b"2"]]


def test_a_rejected_record_becomes_a_dead_letter_alone(bus: LocalBus, publish: Callable[..., None]) -> None:
    """The rejected record becomes a dead letter with the reason; the records before and after it are processed."""

    def rejecting(records: Sequence[Record]) -> Sequence[Outgoing]:
        if any(record.value == b"bad" for record in records):
            raise Reject("not_json", "body")
        return copy_records(records)

    publish(b"1", b"bad", b"2")
    run_until(bus, Stage(rejecting), lambda: len(values(bus, "out")) == 2)
    assert values(bus, "out") == [b"1", b"2"]
    reader = bus.reader()
    (dead_letter,) = reader.read(["dead"])
    reader.close()
    assert (dead_letter.key, dead_letter.value) == (b"k", b"bad")
    assert dict(dead_letter.headers) == {
        "h": b"1",
        "dead_stage": b"stage",
        "dead_reason": b"not_json",
        "dead_field": b"body",
        "dead_position": b"in/0/1",
    }


def test_a_retry_loses_nothing_and_keeps_the_order(bus: LocalBus, publish: Callable[..., None]) -> None:
    """While a dependency is away nothing is committed; afterwards the same records are processed in order."""
    failures = iter([Retry("away"), ConnectionError("away")])

    def failing_twice(records: Sequence[Record]) -> Sequence[Outgoing]:
        for failure in failures:
            raise failure
        return copy_records(records)

    publish(b"1", b"2")
    stage = Stage(failing_twice)
    run_until(bus, stage, lambda: len(values(bus, "out")) == 2, transient=(ConnectionError,))
    assert stage.batches == [[b"1", b"2"]] * 3
    assert values(bus, "out") == [b"1", b"2"]
    assert values(bus, "dead") == []


def test_stop_keeps_the_offset(bus: LocalBus, publish: Callable[..., None]) -> None:
    """After `Stop` the worker ends, and the next worker gets the same record."""

    def broken(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Stop("an invariant is broken")

    publish(b"1")
    with pytest.raises(Stop):
        run_until(bus, Stage(broken), lambda: False)
    run_until(bus, Stage(copy_records), lambda: len(values(bus, "out")) == 1)
    assert values(bus, "out") == [b"1"]


def test_a_bug_does_not_lose_the_message(bus: LocalBus, publish: Callable[..., None]) -> None:
    """A message that triggers a bug becomes a dead letter with the type of the error, without the error's text."""

    def buggy(records: Sequence[Record]) -> Sequence[Outgoing]:
        if any(record.value == b"trigger" for record in records):
            raise KeyError("+628000000001")
        return copy_records(records)

    publish(b"1", b"trigger", b"2")
    run_until(bus, Stage(buggy), lambda: len(values(bus, "out")) == 2)
    reader = bus.reader()
    (dead_letter,) = reader.read(["dead"])
    reader.close()
    assert dict(dead_letter.headers)["dead_field"] == b"KeyError"
    assert b"628" not in b"".join(value for _, value in dead_letter.headers)


def test_a_bug_that_every_message_triggers_stops_the_stage(bus: LocalBus, publish: Callable[..., None]) -> None:
    """After many bugs in a row the stage stops, so that not every message becomes a dead letter."""

    def buggy(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise KeyError("x")

    publish(*(str(number).encode() for number in range(30)))
    with pytest.raises(Stop):
        run_until(bus, Stage(buggy), lambda: False)
    assert values(bus, "dead") == []


def test_a_record_without_its_dead_letter_is_not_skipped(bus: LocalBus, publish: Callable[..., None]) -> None:
    """While the topic of dead letters is missing, a rejected record is tried again: its offset stays."""

    def rejecting(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Reject("not_json")

    publish(b"1")
    stopping = threading.Event()
    worker = Worker(
        "stage",
        lambda: bus.consumer(Membership("group", "member", ("in",))),
        Stage(rejecting),
        "no-such-topic",
        stopping,
        time.monotonic,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    wait_for(lambda: "no-such-topic" in worker.worker_health.waits_for)
    stopping.set()
    thread.join()
    reader = bus.reader()
    assert dict(reader.committed("group", ["in"])) == {}
    reader.close()


def test_a_dead_letter_always_fits(bus: LocalBus, publish: Callable[..., None]) -> None:
    """For a record that is too large with its reason, the dead letter has its position, size and hash."""

    def rejecting(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Reject("not_json")

    publish(b"x" * (MAX_MESSAGE_BYTES - 20))
    run_until(bus, Stage(rejecting), lambda: len(values(bus, "dead")) == 1)
    assert values(bus, "dead")[0].startswith(b"999980 bytes, sha256 ")


def test_joining_a_group_is_retried(bus: LocalBus, publish: Callable[..., None]) -> None:
    """A worker that starts while the bus is away waits for it; a fenced worker joins again."""
    publish(b"1")
    failures = iter([Retry("away"), Retry("away")])

    def join() -> Consumer:
        for failure in failures:
            raise failure
        return bus.consumer(Membership("group", "member", ("in",)))

    stopping = threading.Event()
    worker = threading.Thread(target=Worker("stage", join, Stage(copy_records), "dead", stopping, time.monotonic).run)
    worker.start()
    wait_for(lambda: values(bus, "out") == [b"1"])
    second_member = join()
    publish(b"2")
    wait_for(lambda: values(bus, "out") == [b"1", b"2"])
    stopping.set()
    worker.join()
    second_member.close()


def test_batches_are_limited(bus: LocalBus, publish: Callable[..., None]) -> None:
    """No batch has more records than the worker may hold in memory."""
    publish(*(str(number).encode() for number in range(25)))
    stage = Stage(copy_records)
    run_until(bus, stage, lambda: len(values(bus, "out")) == 25, batch=10)
    assert max(len(batch) for batch in stage.batches) <= 10


def test_health_of_a_worker(bus: LocalBus, publish: Callable[..., None]) -> None:
    """Processed, rejected and retried records are counted; `waits_for` names an error until the worker goes on."""
    publish(b"good", b"bad", b"good")
    worker_health, failures = WorkerHealth(lambda: 5.0), [Retry("database away")]
    causes: list[str] = []

    def handle(records: Sequence[Record]) -> Sequence[Outgoing]:
        if failures:
            raise failures.pop()
        causes.append(worker_health.waits_for)
        if any(record.value == b"bad" for record in records):
            raise Reject("bad")
        return ()

    run_until(
        bus,
        Stage(handle),
        lambda: worker_health.worked == 3 and not worker_health.waits_for,
        worker_health=worker_health,
    )
    assert (worker_health.worked, worker_health.rejected, worker_health.retried, worker_health.fenced) == (3, 1, 1, 0)
    assert causes[0] == "database away"
    assert worker_health.silent_seconds == 0.0


def test_fencings_of_one_outage_are_counted_together() -> None:
    """A fencing soon after the last one counts with it; a later one starts the count again."""
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


class SmallBusConsumer:
    """A member of a group on a bus that takes fewer bytes than ours: it refuses larger outputs as Kafka does."""

    def __init__(self, consumer: Consumer, max_bytes: int) -> None:
        self._consumer = consumer
        self._max_bytes = max_bytes
        self.poll, self.rewind, self.close = consumer.poll, consumer.rewind, consumer.close

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port."""
        messages = list(outputs)
        if any(message.size > self._max_bytes for message in messages):
            raise Reject("too_large")
        self._consumer.commit(messages)


def run_on_small_bus(bus: LocalBus, stage: Stage, max_bytes: int, done: Callable[[], bool]) -> None:
    """Run a worker in this thread on a bus that takes `max_bytes`, until the condition holds."""
    stopping = threading.Event()

    def join() -> Consumer:
        return SmallBusConsumer(bus.consumer(Membership("group", "member", ("in",))), max_bytes)

    def watch() -> None:
        wait_for(lambda: done() or stopping.is_set())
        stopping.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        Worker("stage", join, stage, "dead", stopping, time.monotonic, poll_seconds=_POLL_SECONDS).run()
    finally:
        stopping.set()
        watcher.join()


def test_refused_outputs_become_one_dead_letter(bus: LocalBus, publish: Callable[..., None]) -> None:
    """The other records of the batch are processed in order, and the worker goes on with whole batches."""

    def grow(records: Sequence[Record]) -> Sequence[Outgoing]:
        return [Outgoing("out", b"k", record.value * (50 if record.value == b"big" else 1)) for record in records]

    publish(b"1", b"big", b"2")
    run_on_small_bus(bus, Stage(grow), 120, lambda: len(values(bus, "out")) == 2)
    publish(b"3", b"4")
    stage = Stage(grow)
    run_on_small_bus(bus, stage, 120, lambda: len(values(bus, "out")) == 4)
    assert values(bus, "out") == [b"1", b"2", b"3", b"4"]
    assert stage.batches == [[b"3", b"4"]]
    reader = bus.reader()
    (dead_letter,) = reader.read(["dead"])
    reader.close()
    assert dead_letter.value == b"big"
    assert (dead_letter.header("dead_reason"), dead_letter.header("dead_position")) == ("too_large", "in/0/1")


def test_a_refused_dead_letter_is_replaced_by_its_hash(bus: LocalBus, publish: Callable[..., None]) -> None:
    """The record itself stays on its topic, where `dead-letters redrive` finds it."""

    def rejecting(_records: Sequence[Record]) -> Sequence[Outgoing]:
        raise Reject("not_json")

    publish(b"x" * 500)
    run_on_small_bus(bus, Stage(rejecting), 300, lambda: len(values(bus, "dead")) == 1)
    (stub,) = values(bus, "dead")
    assert stub.startswith(b"500 bytes, sha256 ")
    reader = bus.reader()
    (dead_letter,) = reader.read(["dead"])
    reader.close()
    assert (dead_letter.header("dead_reason"), dead_letter.header("dead_position")) == ("not_json", "in/0/0")


def test_a_bus_that_refuses_every_dead_letter_stops_the_worker(bus: LocalBus, publish: Callable[..., None]) -> None:
    """Without a dead letter no record is skipped: its offset stays."""
    publish(b"1")
    with pytest.raises(Stop, match="in/0/0"):
        run_on_small_bus(bus, Stage(copy_records), 1, lambda: False)
    reader = bus.reader()
    assert dict(reader.committed("group", ["in"])) == {}
    reader.close()
