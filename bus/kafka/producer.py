"""The doors' producer on Kafka: connects at first use, and again when its client can no longer be used."""

import threading
from collections.abc import Callable, Sequence

from kafka.errors import KafkaError

from bus.errors import Reject, Retry
from bus.kafka.bounded_producer import BoundedProducer
from bus.kafka.error_policy import translate
from bus.kafka.in_flight_limit import InFlightLimit
from bus.kafka.settings import KafkaSettings
from bus.port import Outgoing


class DurableProducer:
    """See `bus.port.Producer`."""

    def __init__(self, settings: KafkaSettings, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._in_flight = InFlightLimit(settings.max_in_flight_bytes)
        self._producer: BoundedProducer | None = None
        self._lock = threading.Lock()

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port."""
        for message in messages:
            message.check()
        producer = None
        try:
            producer = self._connected_producer()
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

    def _connected_producer(self) -> BoundedProducer:
        # While the broker is away, one thread waits for it with the lock; the others should not wait in turn.
        if not self._lock.acquire(timeout=self._settings.deadline / 2):
            raise Retry("kafka: still connecting")
        try:
            if self._producer is None:
                self._producer = BoundedProducer(self._settings, self._in_flight, self._monotonic)
            return self._producer
        finally:
            self._lock.release()

    def _discard(self, failed: BoundedProducer) -> None:
        """Make the next publish begin with a new client.

        After a fatal error kafka-python's producer refuses everything. When a message that it had retried runs out of
        time, it loses its producer id and never asks for another: every later send would time out.
        """
        with self._lock:
            if self._producer is failed:
                self._producer = None
        failed.close(0)
