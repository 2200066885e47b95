"""The Kafka bus, assembled."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bus.kafka import topics
from bus.kafka.consumer import TransactionalConsumer
from bus.kafka.producer import DurableProducer
from bus.kafka.reader import CommittedReader
from bus.kafka.settings import KafkaClock, KafkaSettings
from bus.port import Membership, TopicSpec

# Limit of one look-up. It may fail while a broker is lost: it is repeated, and nothing depends on it.
_READ_SECONDS = 10.0


class KafkaBus:
    """See `bus.port.Bus`. All but `producer` raise `Retry` when the broker is away."""

    def __init__(self, settings: KafkaSettings, clock: KafkaClock) -> None:
        self._settings = settings
        self._clock = clock

    def ensure(self, topic_specs: Iterable[TopicSpec]) -> None:
        """See the port."""
        topics.ensure(self._settings, topic_specs)

    def differences(self, topic_specs: Iterable[TopicSpec]) -> Sequence[str]:
        """See the port."""
        return topics.differences(self._settings, topic_specs)

    def producer(self) -> DurableProducer:
        """See the port. It connects at the first publish, so that a door opens while the broker is away."""
        return DurableProducer(self._settings, self._clock.monotonic)

    def consumer(self, membership: Membership) -> TransactionalConsumer:
        """See the port."""
        return TransactionalConsumer(self._settings, self._clock, membership)

    def reader(self) -> CommittedReader:
        """See the port."""
        settings = replace(self._settings, deadline=min(self._settings.deadline, _READ_SECONDS))
        return CommittedReader(settings, self._clock.monotonic)

    def ping(self, timeout: float) -> None:
        """See the port. It opens a new connection, so that the result is that of a new client."""
        with topics.administration(self._settings, "ping", timeout):
            pass
