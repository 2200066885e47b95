"""A stage without its broker says so in the log: its polls are only empty."""

from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import pytest

from app.clock import system_clock
from bus.kafka import consumer
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Consumer, Membership, Outgoing, TopicSpec
from tests.bus.kafka.node import Node
from tests.support.log_capture import captured_log

pytestmark = pytest.mark.slow

# More polls of a second than any machine needs.
MAX_POLLS = 240


def poll_until(stage: Consumer, condition: Callable[[], bool]) -> None:
    """Poll until the condition is true."""
    for _ in range(MAX_POLLS):
        if condition():
            return
        stage.poll(1.0, 10)
    raise AssertionError("it has not come")


def test_the_log_says_that_the_broker_is_away_and_back(own_node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the group and the cause. A broker that was away for a moment is not mentioned."""
    monkeypatch.setattr(consumer, "_FIRST_SILENCE_SECONDS", 1.0)
    topic, group = f"topic-{uuid4().hex[:12]}", f"group-{uuid4().hex[:12]}"
    kafka = KafkaBus(KafkaSettings(bootstrap=own_node.bootstrap), system_clock())
    kafka.ensure([TopicSpec(topic)])
    with closing(kafka.producer()) as producer:
        producer.publish([Outgoing(topic, b"a", b"{}")])
    with captured_log() as log, closing(kafka.consumer(Membership(group, "one", (topic,)))) as stage:
        poll_until(stage, lambda: bool(stage.poll(1.0, 10)))
        assert log.lines == []
        own_node.kill()
        poll_until(stage, lambda: bool(log.lines))
        line = log.lines[0]
        assert (line["event"], line["group"], bool(line["cause"])) == ("bus.unreachable", group, True)
        own_node.start()
        poll_until(stage, lambda: log.lines[-1]["event"] == "bus.reached")
