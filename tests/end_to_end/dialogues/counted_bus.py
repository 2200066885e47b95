"""Counts the records of a bus, so that a test knows what a consumer group has not processed yet.

It only counts: all writers of the bus must be in this process.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from bus.port import Bus, Consumer, Membership, Outgoing, Producer, Reader, TopicSpec


class CountedBus:
    """See `bus.port.Bus`. It passes every call on to another bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._written: Counter[str] = Counter()

    def written(self, topics: Iterable[str]) -> int:
        """Return the number of records that were written to the topics."""
        return sum(self._written[topic] for topic in topics)

    def ensure(self, topics: Iterable[TopicSpec]) -> None:
        """See the port."""
        self._bus.ensure(topics)

    def differences(self, topics: Iterable[TopicSpec]) -> Sequence[str]:
        """See the port."""
        return self._bus.differences(topics)

    def producer(self) -> Producer:
        """See the port."""
        return _CountedProducer(self._bus.producer(), self._written)

    def consumer(self, membership: Membership) -> Consumer:
        """See the port."""
        return _CountedConsumer(self._bus.consumer(membership), self._written)

    def reader(self) -> Reader:
        """See the port."""
        return self._bus.reader()

    def ping(self, timeout: float) -> None:
        """See the port."""
        self._bus.ping(timeout)


class _CountedProducer:
    def __init__(self, producer: Producer, written: Counter[str]) -> None:
        self._producer = producer
        self._written = written
        self.close = producer.close

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        self._producer.publish(messages)
        self._written.update(message.topic for message in messages)


class _CountedConsumer:
    def __init__(self, consumer: Consumer, written: Counter[str]) -> None:
        self._consumer = consumer
        self._written = written
        self.poll, self.rewind, self.close = consumer.poll, consumer.rewind, consumer.close

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port."""
        messages = list(outputs)
        self._consumer.commit(messages)
        self._written.update(message.topic for message in messages)
