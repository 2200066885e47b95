"""Commits, look-ups and joins that outlast the call that began them. No batch is doubled or lost."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from app.clock import system_clock
from bus.errors import Fenced, Retry
from bus.kafka.bounded_producer import BoundedProducer
from bus.kafka.in_flight_limit import InFlightLimit
from bus.kafka.settings import KafkaSettings
from bus.kafka.topics import leave
from bus.port import Membership, Outgoing, TopicSpec
from tests.bus.kafka.copying import Copying, FreezingListener, FreezingProducer, polled
from tests.bus.kafka.fixture import new_node
from tests.bus.kafka.node import Node
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@pytest.fixture(scope="module")
def node(formatted: Path) -> Iterator[Node]:
    """A broker that these tests may freeze, each leaving it running."""
    new = new_node(formatted)
    new.start()
    yield new
    new.close()


@pytest.fixture
def settings(node: Node) -> KafkaSettings:
    """Settings with a short deadline: a call to a frozen broker ends soon."""
    return KafkaSettings(bootstrap=node.bootstrap, deadline=2.0)


@pytest.fixture
def copying(settings: KafkaSettings) -> Copying:
    """A new group on new topics."""
    return Copying(settings)


def test_a_producer_cannot_commit_after_its_successor_was_opened(settings: KafkaSettings, copying: Copying) -> None:
    """The broker aborts the transaction of the earlier producer, outputs and offsets, and refuses its late commit."""
    copying.publish(b"1")
    consumer = copying.member("one")
    assert polled(consumer, 1) == [b"1"]
    earlier = BoundedProducer(settings, InFlightLimit(1_000_000), time.monotonic, f"{copying.group}-producer")
    earlier.client.begin_transaction()
    earlier.send([Outgoing(copying.copies, b"key", b"late")])
    offsets = {TopicPartition(copying.numbers, 0): OffsetAndMetadata(1, "", -1)}
    earlier.add_offsets(offsets, consumer._client.group_metadata())  # noqa: SLF001 - as the consumer does
    successor = BoundedProducer(settings, InFlightLimit(1_000_000), time.monotonic, f"{copying.group}-producer")
    with pytest.raises(KafkaError):
        earlier.commit()
    consumer.close()
    assert copying.copied() == []
    # The offset was not committed either.
    consumer = copying.member("one")
    assert copying.copy_next(consumer, 1) == [b"1"]
    assert copying.copied() == [b"1"]
    consumer.close()
    earlier.close(0)
    successor.close(0)


def test_a_commit_that_a_frozen_broker_does_later_is_not_repeated(node: Node, copying: Copying) -> None:
    """The commit raises `Retry`. The broker does it when it continues, and the batch does not come again."""
    copying.publish(b"1")
    consumer = copying.member("one")
    consumer._producer = FreezingProducer(consumer._producer, node)  # type: ignore[assignment]  # noqa: SLF001
    try:
        with pytest.raises(Retry):
            copying.copy_next(consumer, 1)
    finally:
        node.resume()
    consumer.rewind()
    wait_for(lambda: copying.copied() == [b"1"])
    copying.publish(b"2")
    assert copying.copy_next(consumer, 1) == [b"2"]
    assert copying.copied() == [b"1", b"2"]
    consumer.close()


def test_a_member_that_was_dropped_during_its_commit_is_fenced(settings: KafkaSettings, copying: Copying) -> None:
    """Another member did the batch and left. The group is empty now, and an empty group takes offsets of anybody."""
    copying.publish(b"1")
    dropped = copying.member("dropped")
    assert polled(dropped, 1) == [b"1"]

    def outputs() -> Iterator[Outgoing]:
        yield Outgoing(copying.copies, b"key", b"of the dropped member")
        leave(settings, system_clock(), copying.group, f"{copying.group}-dropped")
        wait_for(lambda: dropped._client.group_metadata().generation_id < 0)  # noqa: SLF001 - nothing shows it
        other = copying.member("other")
        assert copying.copy_next(other, 1) == [b"1"]
        other.close()

    with pytest.raises(Fenced):
        dropped.commit(outputs())
    dropped.close()
    assert copying.copied() == [b"1"]


def test_offsets_asked_for_before_a_loss_are_not_used_after_it(
    node: Node, settings: KafkaSettings, copying: Copying
) -> None:
    """A member asks for its offsets and loses its partition before it reads them. Another member works meanwhile."""
    copying.publish(b"1", b"2")
    slow = copying.member("slow")
    subscription = slow._client._subscription  # noqa: SLF001 - the broker must stop between assignment and question
    subscription.rebalance_listener = FreezingListener(subscription.rebalance_listener, node)
    wait_for(lambda: not slow.poll(0.3, 1) and bool(slow._client.assignment()))  # noqa: SLF001 - nothing shows it
    subscription.rebalance_listener = subscription.rebalance_listener.listener
    node.resume()
    leave(settings, system_clock(), copying.group, f"{copying.group}-slow")
    wait_for(lambda: slow._client.group_metadata().generation_id < 0)  # noqa: SLF001 - nothing shows it
    other = copying.member("other")
    assert copying.copy_next(other, 2) == [b"1", b"2"]
    other.close()

    def has_joined() -> bool:
        assert not slow.poll(0.3, 1), "it has read what the other member has done"
        return slow._client.group_metadata().generation_id >= 0 and bool(slow._client.assignment())  # noqa: SLF001

    wait_for(has_joined)
    copying.publish(b"3")
    assert copying.copy_next(slow, 1) == [b"3"]
    slow.close()
    assert copying.copied() == [b"1", b"2", b"3"]


def test_a_join_that_outlasts_its_poll_is_completed(copying: Copying) -> None:
    """A new topic leads to another join, and the poll ends while the group waits for the assignment."""
    later = f"later-{copying.numbers}"
    consumer = copying.bus.consumer(Membership(copying.group, "one", (copying.numbers, later)))
    copying.publish(b"1")
    assert copying.copy_next(consumer, 1) == [b"1"]
    client = consumer._client  # noqa: SLF001 - the test needs the moment in which the group waits
    generation = client.group_metadata().generation_id
    copying.bus.ensure([TopicSpec(later)])
    # Otherwise the client would look for new topics after five minutes.
    client._cluster.request_update()  # noqa: SLF001
    wait_for(lambda: not consumer.poll(0, 1) and client.group_metadata().generation_id > generation)
    producer = copying.bus.producer()
    producer.publish([Outgoing(later, b"key", b"2")])
    producer.close()
    assert copying.copy_next(consumer, 1) == [b"2"]
    consumer.close()
