"""One kafka-python producer with limits: on the bytes in flight, on time, and with the outcome of every message."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError, UnknownTopicOrPartitionError
from kafka.structs import OffsetAndMetadata

from bus.errors import Retry, UnknownTopic
from bus.kafka.clients import connect
from bus.kafka.in_flight_limit import InFlightLimit
from bus.kafka.settings import KafkaSettings, milliseconds
from bus.port import Outgoing


class BoundedProducer:
    """Sends messages and waits for their outcome. Safe between threads, except for transactions."""

    def __init__(
        self,
        settings: KafkaSettings,
        in_flight: InFlightLimit,
        monotonic: Callable[[], float],
        transactional_id: str | None = None,
        topics: Iterable[str] = (),
    ) -> None:
        """Connect, and ask for the metadata of `topics`.

        With a transactional id, end the transaction of an earlier producer with this id, and fence it.

        Raises kafka-python's errors.
        """
        self._deadline = settings.deadline
        self._metadata_wait = settings.deadline / 2
        self._in_flight = in_flight
        self._monotonic = monotonic
        self._announced: set[str] = set()
        self.client = connect(
            KafkaProducer,
            self._arguments(settings) | {"transactional_id": transactional_id},
        )
        self._announce(set(topics))
        if transactional_id is not None:
            try:
                self.client.init_transactions()
            except BaseException:
                self.close(0)
                raise

    def send(self, messages: Iterable[Outgoing]) -> None:
        """Send all, in order, and return when each is durable. Raises `Retry`, `Reject` or kafka-python's errors."""
        until = self._monotonic() + self._deadline
        if isinstance(messages, Sequence):
            self._announce({message.topic for message in messages})
        futures = [(message.topic, self._send(message, until)) for message in messages]
        for topic, future in futures:
            # A future that failed raises its error here: `flush` would only log it.
            with _topic_named(topic):
                future.get(timeout=max(0.0, until - self._monotonic()))

    def add_offsets(self, offsets: dict[TopicPartition, OffsetAndMetadata], member: Any) -> None:
        """Add the offsets of a group's member to the open transaction. Raises kafka-python's errors."""
        self._complete("add offsets", lambda transactions: transactions.send_offsets_to_transaction(offsets, member))

    def commit(self) -> None:
        """Commit the open transaction. Raises kafka-python's errors. After a timeout the outcome is not known."""
        self._complete("commit", lambda transactions: transactions.begin_commit())
        self._forget_partitions()

    def abort(self) -> None:
        """Abort the open transaction. Raises kafka-python's errors."""
        self._complete("abort", lambda transactions: transactions.begin_abort())

    def close(self, wait: float) -> None:
        """Let the messages in flight finish within `wait` seconds, fail the rest, and end the sending thread."""
        try:
            self.client.close(timeout=wait)
        except KafkaError:
            # Closing flushes first, and a flush that takes too long leaves the thread running for ever.
            self.client._sender.force_close()  # noqa: SLF001 - there is no public way
            self.client._closed = True  # noqa: SLF001 - else the garbage collector closes it again, and fails again

    def _complete(self, name: str, begin: Callable[[Any], Any]) -> None:
        """Begin a step of the transaction, and wait for it until the deadline.

        The methods of `KafkaProducer` wait without a limit. kafka-python forgets the request if the coordinator cannot
        be connected, so they would wait for ever.
        """
        result = begin(self.client._transaction_manager)  # noqa: SLF001 - the public methods have no time limit
        self.client._sender.wakeup()  # noqa: SLF001
        if not result.wait(milliseconds(self._deadline)):
            raise KafkaTimeoutError(f"{name}: no outcome after {self._deadline:g} s")

    def _forget_partitions(self) -> None:
        """Remove the empty queues of all partitions.

        kafka-python keeps one for each partition that it ever wrote to, and looks at all of them about ten times a
        transaction. Nothing is under way after a commit, and transactions belong to one thread.
        """
        queues = self.client._accumulator._batches  # noqa: SLF001 - there is no public way
        for partition in list(queues):
            if not queues[partition]:
                del queues[partition]

    def _announce(self, topics: set[str]) -> None:
        """Request the metadata of all new topics at once: each send() to a new topic would wait 0.1 s for it."""
        for topic in topics - self._announced:
            self.client._sender.add_topic(topic)  # noqa: SLF001 - there is no public way for many
        self._announced |= topics

    def _send(self, message: Outgoing, until: float) -> Any:
        message.check()
        # send() itself may wait for metadata. The time after that must still be within the deadline.
        wait = until - self._metadata_wait - self._monotonic()
        if wait <= 0 or not self._in_flight.acquire(message.size, wait):
            raise Retry("kafka: too many bytes are waiting for the broker")
        try:
            with _topic_named(message.topic):
                future = self.client.send(message.topic, message.value, message.key, list(message.headers))
        except BaseException as error:
            self._in_flight.release(message.size)
            if isinstance(error, KafkaTimeoutError):
                # `send` waits only for the metadata of the topic, and kafka-python does not name it.
                raise UnknownTopic(message.topic) from error
            raise
        future.add_both(lambda _: self._in_flight.release(message.size))
        return future

    def _arguments(self, settings: KafkaSettings) -> dict[str, Any]:
        return {
            **settings.client(),
            # Explicit, so that a setting in conflict raises instead of turning it off.
            "enable_idempotence": True,
            "acks": "all",
            # Measured: a third of the bytes of no compression, at the same processor time.
            "compression_type": "zstd",
            # One batch per partition is under way at a time: large batches, sent soon. Measured: with 5 ms a
            # transaction of 20 messages takes twice as long and costs the same; with 0 messages to many queues cost
            # the broker several times as much.
            "batch_size": 128 * 1024,
            "linger_ms": 2,
            "max_block_ms": milliseconds(self._metadata_wait),
            "delivery_timeout_ms": milliseconds(settings.deadline),
            # Between two transactions of one id the broker says "not yet" for a moment; the default waits 100 ms.
            "retry_backoff_ms": 20,
            "transaction_timeout_ms": milliseconds(settings.transaction_timeout),
            "allow_auto_create_topics": False,
            # Nobody reads kafka-python's own metrics.
            "metrics_enabled": False,
        }


@contextmanager
def _topic_named(topic: str) -> Iterator[None]:
    """Raise `UnknownTopic` where kafka-python reports an unknown topic without its name."""
    try:
        yield
    except UnknownTopicOrPartitionError as error:
        raise UnknownTopic(topic) from error
