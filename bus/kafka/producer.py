"""The door's producer on Kafka: connects when first used, and again when its client is spent."""

import threading
from collections.abc import Sequence

from kafka.errors import KafkaError

from bus.errors import Reject, Retry
from bus.kafka.bounded_producer import BoundedProducer
from bus.kafka.error_policy import translate
from bus.kafka.in_flight_limit import InFlightLimit
from bus.kafka.settings import KafkaSettings
from bus.port import Outgoing


class DurableProducer:
    """See `bus.port.Producer`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._window = InFlightLimit(settings.max_in_flight_bytes)
        self._producer: BoundedProducer | None = None
        self._lock = threading.Lock()

    @property
    def in_flight(self) -> int:
        """Bytes sent and not yet confirmed."""
        return self._window.held

    @property
    def in_flight_highest(self) -> int:
        """The most bytes that were ever unconfirmed at once."""
        return self._window.highest

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        for message in messages:
            message.check()
        producer = None
        try:
            producer = self._connected()
            producer.send(messages)
        except KafkaError as error:
            failure = translate(error, "publish")
            if producer is not None and not isinstance(failure, Reject):
                self._discard(producer)
            raise failure from error

    def close(self) -> None:
        """See the port."""
        with self._lock:
            if self._producer is not None:
                self._producer.close(self._settings.deadline)
                self._producer = None

    def _connected(self) -> BoundedProducer:
        # While the broker is away the lock's owner waits for it; the others need not all do so in turn.
        if not self._lock.acquire(timeout=self._settings.deadline / 2):
            raise Retry("kafka: still connecting")
        try:
            if self._producer is None:
                self._producer = BoundedProducer(self._settings, self._window)
            return self._producer
        finally:
            self._lock.release()

    def _discard(self, spent: BoundedProducer) -> None:
        """Make the next publish begin with a new client.

        After a fatal error kafka-python's producer refuses all that follows, and when a message that it had retried
        runs out of time it loses its producer id and never asks for another: every later send would time out.
        """
        with self._lock:
            if self._producer is spent:
                self._producer = None
        spent.close(0)
