"""One broker of three is lost. No process ends, and every record is processed once."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from app.assembly.kafka import kafka_settings
from bus.errors import Retry, Stop
from bus.kafka.bus import KafkaBus
from bus.port import Membership, Outgoing, Record, TopicSpec
from bus.watchdog import Watchdog
from bus.worker import Worker
from config.settings import Settings
from tests.bus.kafka.node import Node

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE_SECONDS = 300.0
RECORDS = 60


class Copier:
    """Copies each record to the topic of outputs."""

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """See `bus.worker.Stage`."""
        return [Outgoing("copies", record.key, record.value) for record in records]


def values(bus: KafkaBus, topic: str) -> list[bytes]:
    """Return the values of all committed records, sorted; none while the bus does not answer."""
    with suppress(Retry):
        reader = bus.reader()
        try:
            return sorted(record.value for record in reader.read([topic]))
        finally:
            reader.close()
    return []


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture
def bus(cluster: list[Node], settings: Settings) -> tuple[KafkaBus, list[str]]:
    """The bus with the settings of a process, and the calls that would have ended it."""
    bootstrap = ",".join(node.bootstrap for node in cluster)
    hanging_calls: list[str] = []
    process_settings = settings.model_copy(update={"kafka_bootstrap": bootstrap, "kafka_replication": 3})
    return KafkaBus(kafka_settings(process_settings), Watchdog(hanging_calls.append)), hanging_calls


@pytest.mark.parametrize(("loss", "lost"), [("frozen", 0), ("killed", 1)])
def test_the_loss_of_one_broker_ends_no_process(
    bus: tuple[KafkaBus, list[str]], cluster: list[Node], loss: str, lost: int
) -> None:
    """A frozen broker closes no connection, so its requests wait for their timeout. No call counts as hanging."""
    kafka, hanging_calls = bus
    topic = f"numbers-{loss}-{lost}"
    wait_for(lambda: ensured(kafka, [TopicSpec(topic, 6), TopicSpec("copies", 6), TopicSpec("dead")]))
    stopping = threading.Event()
    membership = Membership(f"group-{topic}", "one", (topic,))
    worker = Worker("copier", lambda: kafka.consumer(membership), Copier(), "dead", stopping)
    thread = threading.Thread(target=worker.run)
    thread.start()
    producer, node = kafka.producer(), cluster[lost]
    try:
        for number in range(RECORDS):
            message = Outgoing(topic, str(number).encode(), f"{topic} {number}".encode())
            wait_for(lambda message=message: published(producer.publish, message))  # type: ignore[misc]  # see mypy
            if number == RECORDS // 3:
                node.pause() if loss == "frozen" else node.kill()
        # A message that was published twice is copied twice: its sender cannot know that the first one arrived.
        wait_for(lambda: len(values(kafka, topic)) >= RECORDS and own_copies(kafka, topic) == values(kafka, topic))
        assert hanging_calls == []
    finally:
        node.resume() if loss == "frozen" else node.start()
        stopping.set()
        thread.join()
        producer.close()
    assert set(own_copies(kafka, topic)) == {f"{topic} {number}".encode() for number in range(RECORDS)}


def own_copies(kafka: KafkaBus, topic: str) -> list[bytes]:
    """Return the values of the copies of this topic's records, sorted; none while the bus does not answer."""
    return [value for value in values(kafka, "copies") if value.startswith(topic.encode() + b" ")]


def published(publish: Callable[[Sequence[Outgoing]], None], message: Outgoing) -> bool:
    """Publish as the spool does; return False if it has to be repeated."""
    try:
        publish([message])
    except Retry:
        return False
    return True


def ensured(kafka: KafkaBus, specs: Sequence[TopicSpec]) -> bool:
    """Create the topics; return False if that has to be repeated, as just after a broker's start."""
    with suppress(Retry, Stop):
        kafka.ensure(specs)
        return True
    return False
