"""Missing topics on the embedded bus, and topics that are not as the service asks for."""

import time
from pathlib import Path

import pytest

from bus.ensured_topics import EnsuredTopics
from bus.errors import TopicsRefused, UnknownTopic
from bus.local.bus import LocalBus
from bus.port import Outgoing, TopicSpec


@pytest.fixture
def bus(tmp_path: Path) -> LocalBus:
    """A bus without topics."""
    return LocalBus(tmp_path / "bus.db", time.time)


def test_an_unknown_topic_is_named(bus: LocalBus) -> None:
    """The error names the topic, and the message can be sent once the topic exists."""
    producer, message = bus.producer(), Outgoing("queue", b"", b"complaint")
    with pytest.raises(UnknownTopic, match="queue"):
        producer.publish([message])
    EnsuredTopics(bus.ensure, lambda: [TopicSpec("queue")], time.monotonic).replace_missing("queue")
    producer.publish([message])
    producer.close()


def test_a_topic_with_fewer_partitions_takes_messages(bus: LocalBus) -> None:
    """It is named, the topics after it are created, and messages to it are not rejected."""
    bus.ensure([TopicSpec("small")])
    topics = EnsuredTopics(bus.ensure, lambda: [TopicSpec("small", 6), TopicSpec("queue")], time.monotonic, 0.0)
    topics.ensure()
    assert topics.refused == {"small": "it has 1 partitions, 6 are asked for"}
    producer = bus.producer()
    for name in ("small", "queue"):
        message = Outgoing(name, b"", b"complaint")
        assert topics.takes(name)
        producer.publish([message])
    producer.close()


def test_every_topic_that_is_too_small_is_named(bus: LocalBus) -> None:
    """An operator corrects all of them at once."""
    bus.ensure([TopicSpec("one"), TopicSpec("two")])
    with pytest.raises(TopicsRefused, match=r"one.*two"):
        bus.ensure([TopicSpec("one", 2), TopicSpec("two", 2)])
