"""A group whose members copy numbers from a topic to another one, and a producer that freezes its broker."""

import uuid
from collections.abc import Iterable
from contextlib import closing, suppress

from kafka import TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener

from app.clock import system_clock
from bus.errors import Retry, Stop
from bus.kafka.bounded_producer import BoundedProducer
from bus.kafka.bus import KafkaBus
from bus.kafka.consumer import TransactionalConsumer
from bus.kafka.settings import KafkaSettings
from bus.port import Consumer, Membership, Outgoing, TopicSpec
from tests.bus.kafka.node import Node
from tests.support.waiting import wait_for

_PATIENCE_SECONDS = 300.0


class Copying:
    """A topic of numbers, and a topic with copies of them, made by the members of one group."""

    def __init__(self, settings: KafkaSettings) -> None:
        name = uuid.uuid4().hex[:12]
        self.bus = KafkaBus(settings, system_clock())
        self.numbers, self.copies, self.group = f"numbers-{name}", f"copies-{name}", f"group-{name}"
        wait_for(self._has_topics)

    def publish(self, *numbers: bytes) -> None:
        """Publish the numbers."""
        producer = self.bus.producer()
        producer.publish([Outgoing(self.numbers, b"key", number) for number in numbers])
        producer.close()

    def member(self, name: str) -> TransactionalConsumer:
        """Join the group with this name."""
        return self.bus.consumer(Membership(self.group, name, (self.numbers,)))

    def copy_next(self, consumer: Consumer, count: int) -> list[bytes]:
        """Copy the next `count` numbers in one batch; return them."""
        numbers = polled(consumer, count)
        consumer.commit([Outgoing(self.copies, b"key", number) for number in numbers])
        return numbers

    def copied(self) -> list[bytes]:
        """Return the values of all committed copies; none while the bus does not answer."""
        with suppress(Retry), closing(self.bus.reader()) as reader:
            return [record.value for record in reader.read([self.copies])]
        return []

    def _has_topics(self) -> bool:
        """Create the topics. A broker that has just started may refuse it for a while."""
        with suppress(Retry, Stop):
            self.bus.ensure([TopicSpec(self.numbers), TopicSpec(self.copies)])
            return True
        return False


class FreezingProducer:
    """A producer whose broker is frozen just before the commit of its transaction: the commit waits in the socket."""

    def __init__(self, producer: BoundedProducer, node: Node) -> None:
        self._producer = producer
        self._node = node

    def commit(self) -> None:
        """See `BoundedProducer`."""
        self._node.pause()
        self._producer.commit()

    def __getattr__(self, name: str) -> object:
        """Return the attribute of the producer."""
        return getattr(self._producer, name)


class FreezingListener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """A listener whose broker is frozen as soon as the member has partitions: it asks in vain for their offsets."""

    def __init__(self, listener: ConsumerRebalanceListener, node: Node) -> None:
        self.listener = listener
        self._node = node

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """See kafka-python."""
        self.listener.on_partitions_revoked(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """See kafka-python."""
        self.listener.on_partitions_assigned(assigned)
        self._node.pause()

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """See kafka-python."""
        self.listener.on_partitions_lost(lost)


def polled(consumer: Consumer, count: int) -> list[bytes]:
    """Poll until `count` records came; return their values."""
    values: list[bytes] = []

    def poll() -> bool:
        values.extend(record.value for record in consumer.poll(0.3, count - len(values)))
        return len(values) >= count

    wait_for(poll)
    return values
