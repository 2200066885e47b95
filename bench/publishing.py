"""Measures the cost of publishing, as a reference for the other benches of the same run."""

import time
from collections.abc import Sequence

from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Outgoing, TopicSpec
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
        bus = KafkaBus(KafkaSettings(bootstrap=node.bootstrap))
        bus.ensure([TopicSpec("bench")])
        producer = bus.producer()
        producer.publish([Outgoing("bench", b"", values[0])])
        microseconds: dict[str, float] = {}
        for name, size in (("alone", 1), ("in_batches", _BATCH)):
            began = time.process_time()
            for start in range(0, len(values), size):
                producer.publish([Outgoing("bench", b"", value) for value in values[start : start + size]])
            microseconds[name] = round((time.process_time() - began) / len(values) * 1e6)
        producer.close()
    finally:
        node.stop()
    return microseconds
