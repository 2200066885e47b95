"""A group member on Kafka: outputs and offsets are one transaction, fenced by the group's generation."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from bus.errors import Fenced, Retry, Stop
from bus.kafka import topics
from bus.kafka.bounded_producer import BoundedProducer
from bus.kafka.clients import connect
from bus.kafka.error_policy import translate
from bus.kafka.in_flight_limit import InFlightLimit
from bus.kafka.records import record_of
from bus.kafka.settings import KafkaSettings, milliseconds
from bus.port import Membership, Outgoing, Record
from bus.watchdog import Watchdog

# After so many sessions without a record a member asks whether its group still has it.
_SESSIONS = 2


class TransactionalConsumer:
    """See `bus.port.Consumer`.

    After any failure the transaction is left open and the producer is replaced before the next poll: the new one
    ends the old one's transaction on the broker, whichever way it stood, and within the deadline, which
    `abort_transaction` does not promise. Only then are the committed offsets asked for.
    """

    def __init__(self, settings: KafkaSettings, membership: Membership, watchdog: Watchdog) -> None:
        self._settings = settings
        self._membership = membership
        self._watchdog = watchdog
        self._name = f"{membership.group}-{membership.member}"
        self._window = InFlightLimit(settings.max_in_flight_bytes)
        # What was polled and not committed: the first offset and the one after the last.
        self._first: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        # Committed, but what follows there may be a transaction's marker, which no batch will ever step over.
        self._trailing: dict[TopicPartition, int] = {}
        self._lost: set[TopicPartition] = set()
        self._rewinding = False
        self._spent = False
        # When we last knew that the group has us.
        self._known = time.monotonic()
        self._producer = self._open_outbox()
        try:
            self._client = self._open_client()
        except BaseException:
            self._producer.close(0)
            raise

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """See the port. Empty while the broker is away, after up to the deadline; `Fenced` where the group says so."""
        until = time.monotonic() + timeout
        try:
            self._recover()
            if not self._next:
                # Nothing is underway: what was lost before may have come back since.
                self._lost.clear()
            found = self._client.poll(milliseconds(until - time.monotonic()), limit)
            if not found:
                self._step_over_markers()
                self._ask_if_known()
        except (KafkaError, Retry) as error:
            failure = translate(error, "poll") if isinstance(error, KafkaError) else error
            if not isinstance(failure, Retry):
                raise failure from error
            time.sleep(max(0.0, until - time.monotonic()))
            return ()
        if found:
            self._known = time.monotonic()
        for partition, records in found.items():
            self._first.setdefault(partition, records[0].offset)
            self._next[partition] = records[-1].offset + 1
        return [record_of(record) for records in found.values() for record in records]

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port. Raises `Reject` on an output that the broker can never take."""
        if self._rewinding:
            raise Retry("kafka: rewind before the next commit")
        sending, outputs = _peek(outputs)
        if not sending and not self._next:
            return
        self._check_membership()
        offsets = {partition: self._position(partition, after) for partition, after in self._next.items()}
        try:
            if not sending:
                # Fenced by the group's generation and this member's id; and bounded in time, as a transaction is not.
                self._client.commit(_wrap(offsets), timeout_ms=milliseconds(self._settings.deadline))
            else:
                self._transact(outputs, offsets)
        except BaseException as error:
            self._rewinding = True
            self._spent = sending
            if isinstance(error, KafkaError):
                raise self._failure(error) from error
            raise
        self._trailing |= offsets
        self._forget()

    def rewind(self) -> None:
        """See the port. Takes place in the next `poll`, which asks the broker where the last commit was."""
        self._rewinding = self._rewinding or bool(self._next)

    def close(self) -> None:
        """See the port."""
        member = self._client.group_metadata()
        with suppress(KafkaError):
            self._client.close(autocommit=False, timeout_ms=milliseconds(self._settings.deadline))
        # kafka-python lets a static member's session run out instead of leaving; the others would wait for that.
        if member.member_id:
            with suppress(Retry, Stop):
                topics.leave(self._settings, self._membership.group, self._name, member.member_id)
        self._producer.close(0)

    def _transact(self, outputs: Iterable[Outgoing], offsets: dict[TopicPartition, int]) -> None:
        producer, seconds = self._producer.client, self._settings.deadline
        producer.begin_transaction()
        self._producer.send(outputs)
        if offsets:
            with self._watchdog.limit("send_offsets_to_transaction", seconds):
                producer.send_offsets_to_transaction(_wrap(offsets), self._client.group_metadata())
        with self._watchdog.limit("commit_transaction", seconds):
            producer.commit_transaction()

    def _failure(self, error: KafkaError) -> Exception:
        failure = translate(error, "commit")
        if isinstance(failure, Fenced) and self._spent:
            # The broker has just answered. Another may have this member's name by now: no new producer here.
            with (
                suppress(KafkaError),
                self._watchdog.limit("abort_transaction", self._settings.deadline),
            ):
                self._producer.client.abort_transaction()
        return failure

    def _check_membership(self) -> None:
        """A membership lost in the background would be committed with as if there were no group."""
        lost = self._lost & self._next.keys()
        if lost or (self._next and self._client.group_metadata().generation_id < 0):
            raise Fenced(f"kafka: {self._name} lost partitions that it was working on")

    def _position(self, partition: TopicPartition, after: int) -> int:
        """Past the markers that followed the records at once, so that lag comes to zero."""
        # The public position() looks through all partitions each time: 3 ms where there are 660.
        state = self._client._subscription.assignment.get(partition)  # noqa: SLF001
        return after if state is None or state.position is None else max(after, state.position.offset)

    def _step_over_markers(self) -> None:
        if self._next:
            return
        positions = {partition: self._position(partition, offset) for partition, offset in self._trailing.items()}
        moved = {
            partition: position for partition, position in positions.items() if position > self._trailing[partition]
        }
        self._trailing.clear()
        if moved:
            self._client.commit(_wrap(moved), timeout_ms=milliseconds(self._settings.deadline))

    def _ask_if_known(self) -> None:
        """A client was seen to poll on without its group, which had forgotten it in an outage, and to hear of nothing.

        So one that gets nothing for long asks the broker itself. Raises `Fenced`: whoever runs it joins anew.
        """
        now = time.monotonic()
        if now - self._known < _SESSIONS * self._settings.session_timeout:
            return
        self._known = now
        with topics.administration(self._settings, "ask for members") as client:
            if self._name not in topics.members(client, self._membership.group):
                raise Fenced(f"kafka: the group does not know {self._name} any more")

    def _recover(self) -> None:
        if not self._rewinding:
            return
        if self._spent:
            self._producer.close(0)
            self._producer = self._open_outbox()
            self._spent = False
        for partition in self._first.keys() & self._client.assignment():
            committed = self._client.committed(partition, timeout_ms=milliseconds(self._settings.deadline))
            self._client.seek(partition, self._first[partition] if committed is None else committed)
        self._forget()

    def _forget(self) -> None:
        self._first.clear()
        self._next.clear()
        self._lost.clear()
        self._rewinding = False

    def _open_outbox(self) -> BoundedProducer:
        try:
            return BoundedProducer(self._settings, self._window, transactional_id=self._name)
        except KafkaError as error:
            raise translate(error, "begin transactions") from error

    def _open_client(self) -> Any:
        # The broker gives a member that comes back the partitions it had, and if it was killed before its topics
        # were known, that is none, for ever. Out first, so that they are shared out anew.
        topics.leave(self._settings, self._membership.group, self._name)
        try:
            client = connect(KafkaConsumer, self._arguments())
        except KafkaError as error:
            raise translate(error, "join") from error
        client.subscribe(self._membership.topics, listener=_Losses(self._lost))
        return client

    def _arguments(self) -> dict[str, Any]:
        return {
            **self._settings.client(),
            "group_id": self._membership.group,
            "group_instance_id": self._name,
            "partition_assignment_strategy": (CooperativeStickyAssignor(),),
            "isolation_level": "read_committed",
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "session_timeout_ms": milliseconds(self._settings.session_timeout),
            "max_poll_interval_ms": milliseconds(self._settings.max_poll_interval),
            # How late a member hears of a rebalance.
            "heartbeat_interval_ms": min(1000, milliseconds(self._settings.session_timeout / 3)),
            # Bytes buffered per fetch; the default is 50 MB.
            "fetch_max_bytes": 16_000_000,
        }


class _Losses(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Notes the partitions that were taken away."""

    def __init__(self, lost: set[TopicPartition]) -> None:
        self._lost = lost

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._lost.update(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        pass

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self._lost.update(lost)


def _peek(outputs: Iterable[Outgoing]) -> tuple[bool, Iterable[Outgoing]]:
    """Whether there are any, and all of them. A sequence stays one: its topics can be known before it is sent."""
    if isinstance(outputs, Sequence):
        return bool(outputs), outputs
    rest = iter(outputs)
    first = list(islice(rest, 1))
    return bool(first), chain(first, rest)


def _wrap(
    offsets: dict[TopicPartition, int],
) -> dict[TopicPartition, OffsetAndMetadata]:
    return {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}
