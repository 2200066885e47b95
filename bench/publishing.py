"""Measures the cost of publishing, as a reference for the other benches of the same run."""

import time
from collections.abc import Sequence
from contextlib import closing

from app.clock import system_clock
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Bus, Outgoing, TopicSpec
from tests.bus.kafka.node import Node

_BATCH = 200


def publish_alone(values: Sequence[bytes]) -> float:
    """Return microseconds of processor time for a message that is published alone, as a door does."""
    return publish(values)["alone"]


def publish(values: Sequence[bytes]) -> dict[str, float]:
    """Return microseconds of processor time for a message, `alone` and `in_batches`, with the doors' producer.

    The broker is a real Kafka in another process. Its processor time is not counted.
    """
    node = Node()
    node.start()
    try:
        bus = KafkaBus(KafkaSettings(bootstrap=node.bootstrap), system_clock())
        bus.ensure([TopicSpec("bench")])
        messages = [Outgoing("bench", b"", value) for value in values]
        return {
            "alone": round(publish_on(bus, messages, batch=1)),
            "in_batches": round(publish_on(bus, messages)),
        }
    finally:
        node.close()


def publish_on(bus: Bus, messages: Sequence[Outgoing], batch: int = _BATCH) -> float:
    """Publish messages on a bus in batches. Return microseconds of processor time for a message.

    The first batch does not count: the producer connects then.
    """
    with closing(bus.producer()) as producer:
        producer.publish(messages[:batch])
        began = time.process_time()
        for start in range(batch, len(messages), batch):
            producer.publish(messages[start : start + batch])
        return (time.process_time() - began) / max(1, len(messages) - batch) * 1e6
