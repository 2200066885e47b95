"""A group member on Kafka: outputs and offsets are one transaction, fenced by the group's generation."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any

import structlog
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
from bus.kafka.settings import KafkaClock, KafkaSettings, milliseconds
from bus.port import Membership, Outgoing, Record

# After this many sessions without a record a member asks the broker whether it still belongs to its group.
_SESSIONS_WITHOUT_RECORD = 2
# Outputs that are sent and confirmed within one deadline.
_OUTPUTS_PER_DEADLINE = 1_000
# A broker without news answers a fetch after this time at the latest, and with news at once. Each fetch of 755 queues
# costs client and broker about 10 ms. After a rewind the next fetch may have to wait for the previous one.
_FETCH_WAIT_SECONDS = 5.0
# The delay after which a member hears of a rebalance. kafka-python looks at all queues (4 ms) before each heartbeat.
_HEARTBEAT_SECONDS = 3.0
# A broker that was restarted is there again within this time. Then the log says that it is away, and again later.
_FIRST_SILENCE_SECONDS, _NEXT_SILENCE_SECONDS = 10.0, 60.0
# A process that stops does not wait longer than this for a broker that is away.
_CLOSE_SECONDS = 10.0

_log = structlog.get_logger()


class TransactionalConsumer:
    """See `bus.port.Consumer`.

    After any failure the transaction stays open, and the producer is replaced before the next poll. The new producer
    ends the old one's transaction on the broker within the deadline, which `abort_transaction` does not promise. Only
    then are the committed offsets read.
    """

    def __init__(self, settings: KafkaSettings, clock: KafkaClock, membership: Membership) -> None:
        self._settings = settings
        self._clock = clock
        self._membership = membership
        self._name = f"{membership.group}-{membership.member}"
        self._in_flight = InFlightLimit(settings.max_in_flight_bytes)
        # The offset after the last uncommitted record that was polled.
        self._next: dict[TopicPartition, int] = {}
        # Committed offsets that a transaction's marker may follow. No batch steps over a marker.
        self._trailing: dict[TopicPartition, int] = {}
        self._lost: set[TopicPartition] = set()
        self._assignor = _Assignor()
        self._rewinding = False
        self._producer_failed = False
        # Time at which the membership was last confirmed.
        self._confirmed_at = self._clock.monotonic()
        # Since when the group's broker has been away, and the time of the next line about it in the log.
        self._silent_since: float | None = None
        self._next_line_at = 0.0
        self._is_silence_logged = False
        self._producer = self._open_producer()
        try:
            self._client = self._open_client()
        except BaseException:
            self._producer.close(0)
            raise

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """See the port. Empty while the broker is away, after up to the deadline; `Fenced` where the group says so."""
        until = self._clock.monotonic() + timeout
        try:
            self._recover()
            if not self._next:
                # No batch is open: a partition that was lost before may be assigned again.
                self._lost.clear()
            self._continue_join()
            batches = self._client.poll(milliseconds(until - self._clock.monotonic()), limit)
            if self._assignor.has_missed_generations:
                # These may be records that another member has processed. The next poll reads again.
                return ()
            if not batches:
                self._step_over_markers()
                self._check_membership_on_broker()
                if self._knows_coordinator():
                    self._end_silence()
                else:
                    self._note_silence("the broker of the group is not connected")
        except (KafkaError, Retry) as error:
            failure = translate(error, "poll") if isinstance(error, KafkaError) else error
            if not isinstance(failure, Retry):
                raise failure from error
            self._note_silence(str(failure))
            self._clock.sleep(max(0.0, until - self._clock.monotonic()))
            return ()
        if batches:
            self._confirmed_at = self._clock.monotonic()
            self._end_silence()
        for partition, records in batches.items():
            self._next[partition] = records[-1].offset + 1
        return [record_of(record) for records in batches.values() for record in records]

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port. Raises `Reject` on an output that the broker can never take."""
        if self._rewinding:
            raise Retry("kafka: rewind before the next commit")
        has_outputs, outputs = _peek(outputs)
        if not has_outputs and not self._next:
            return
        member = self._check_membership()
        offsets = {partition: self._position(partition, offset) for partition, offset in self._next.items()}
        try:
            if not has_outputs:
                # The broker checks the group's generation and this member's id, and the call has a time limit.
                self._client.commit(_wrap(offsets), timeout_ms=milliseconds(self._settings.deadline))
            else:
                self._transact(outputs, offsets, member)
        except BaseException as error:
            self._rewinding = True
            self._producer_failed = has_outputs
            if isinstance(error, KafkaError):
                raise self._failure(error) from error
            raise
        self._trailing |= offsets
        self._clear_batch()

    def rewind(self) -> None:
        """See the port. The next `poll` does it, after it has read the committed offsets from the broker."""
        self._rewinding = self._rewinding or bool(self._next)

    def close(self) -> None:
        """See the port."""
        member = self._client.group_metadata()
        with suppress(KafkaError):
            self._client.close(autocommit=False, timeout_ms=milliseconds(min(self._settings.deadline, _CLOSE_SECONDS)))
        # kafka-python does not leave the group for a static member, and the other members would wait for its session.
        if member.member_id:
            with suppress(Retry, Stop):
                topics.leave(self._settings, self._clock, self._membership.group, self._name, member.member_id)
        self._producer.close(0)

    def _transact(self, outputs: Iterable[Outgoing], offsets: dict[TopicPartition, int], member: Any) -> None:
        self._producer.client.begin_transaction()
        # Each part has the deadline for itself: a record may lead to tens of thousands of outputs.
        for part in _parts(outputs):
            self._producer.send(part)
        if offsets:
            self._producer.add_offsets(_wrap(offsets), member)
        self._producer.commit()

    def _failure(self, error: KafkaError) -> Exception:
        failure = translate(error, "commit")
        if isinstance(failure, Fenced) and self._producer_failed:
            # The broker has just answered. Another process may have this member's name, so no new producer is opened.
            with suppress(KafkaError):
                self._producer.abort()
        return failure

    def _check_membership(self) -> Any:
        """Return the membership under which the batch is committed.

        Raises `Fenced` if partitions were lost in the background: a commit would not notice it. The caller commits with
        this value. A value from a later moment may have no generation, and a group without members takes such offsets.
        """
        member = self._client.group_metadata()
        lost = self._lost & self._next.keys()
        if lost or (self._next and (member.generation_id < 0 or self._assignor.has_missed_generations)):
            raise Fenced(f"kafka: {self._name} lost partitions that it was working on")
        return member

    def _position(self, partition: TopicPartition, next_offset: int) -> int:
        """Return the offset past the markers that directly follow the records, so that the lag becomes zero."""
        # The public position() searches all partitions each time: 3 ms with 660 partitions.
        state = self._client._subscription.assignment.get(partition)  # noqa: SLF001
        return next_offset if state is None or state.position is None else max(next_offset, state.position.offset)

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

    def _continue_join(self) -> None:
        """Let the next poll wait for a join that the last one had no time for.

        kafka-python forgets such a join if new partitions were its cause and this member assigns them. The member then
        polls without partitions and without heartbeats, until its group drops it.
        """
        coordinator = self._client._coordinator  # noqa: SLF001 - there is no public way
        if coordinator.rejoining:
            coordinator.request_rejoin()

    def _knows_coordinator(self) -> bool:
        """Return True if the broker of the group is connected. Without it a poll connects again, and is only empty."""
        return not self._client._coordinator.coordinator_unknown()  # noqa: SLF001 - there is no public way

    def _note_silence(self, cause: str) -> None:
        """Let the log say that the group's broker has been away for long, and again later."""
        now = self._clock.monotonic()
        if self._silent_since is None:
            self._silent_since, self._next_line_at = now, now + _FIRST_SILENCE_SECONDS
        if now >= self._next_line_at:
            seconds = round(now - self._silent_since)
            _log.warning("bus.unreachable", group=self._membership.group, cause=cause, seconds=seconds)
            self._next_line_at, self._is_silence_logged = now + _NEXT_SILENCE_SECONDS, True

    def _end_silence(self) -> None:
        if self._silent_since is not None and self._is_silence_logged:
            seconds = round(self._clock.monotonic() - self._silent_since)
            _log.info("bus.reached", group=self._membership.group, seconds=seconds)
        self._silent_since, self._is_silence_logged = None, False

    def _check_membership_on_broker(self) -> None:
        """Raise `Fenced` if the group no longer has this member; the worker then joins again.

        A client may poll for ever although its group has dropped it. So a client that gets no record for long asks the
        broker.
        """
        now = self._clock.monotonic()
        if now - self._confirmed_at < _SESSIONS_WITHOUT_RECORD * self._settings.session_timeout:
            return
        self._confirmed_at = now
        with topics.administration(self._settings, "ask for members") as client:
            if self._name not in topics.members(client, self._membership.group):
                raise Fenced(f"kafka: the group does not know {self._name} any more")

    def _recover(self) -> None:
        if self._assignor.has_missed_generations:
            self._lost.update(self._next)
            self._seek_to_committed(self._client.assignment())
            self._assignor.has_missed_generations = False
        if not self._rewinding:
            return
        if self._producer_failed:
            self._producer.close(0)
            self._producer = self._open_producer()
            self._producer_failed = False
        self._seek_to_committed(self._next.keys() & self._client.assignment())
        self._clear_batch()

    def _seek_to_committed(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            committed = self._client.committed(partition, timeout_ms=milliseconds(self._settings.deadline))
            if committed is None:
                self._client.seek_to_beginning(partition)
            else:
                self._client.seek(partition, committed)

    def _clear_batch(self) -> None:
        self._next.clear()
        self._lost.clear()
        self._rewinding = False

    def _open_producer(self) -> BoundedProducer:
        try:
            return BoundedProducer(
                self._settings, self._in_flight, self._clock.monotonic, self._name, self._membership.outputs
            )
        except KafkaError as error:
            raise translate(error, "begin transactions") from error

    def _open_client(self) -> Any:
        # A returning member gets its earlier partitions from the broker. If it was killed before its topics were known,
        # it would get none for ever. It leaves first, so that the partitions are shared out again.
        topics.leave(self._settings, self._clock, self._membership.group, self._name)
        try:
            client = connect(KafkaConsumer, self._arguments())
        except KafkaError as error:
            raise translate(error, "join") from error
        # A look-up of offsets that ran out of time stays there, and its answer serves the next look-up of the same
        # partitions, however late. Another member may have worked on them meanwhile.
        lookups = client._coordinator._offset_fetch_futures  # noqa: SLF001 - there is no public way
        client.subscribe(self._membership.topics, listener=_Rebalances(self._lost, lookups.clear))
        return client

    def _arguments(self) -> dict[str, Any]:
        client_arguments = self._settings.client()
        return {
            **client_arguments,
            "group_id": self._membership.group,
            "group_instance_id": self._name,
            "partition_assignment_strategy": (self._assignor,),
            "isolation_level": "read_committed",
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            # Nobody reads kafka-python's own metrics.
            "metrics_enabled": False,
            "session_timeout_ms": milliseconds(self._settings.session_timeout),
            "max_poll_interval_ms": milliseconds(self._settings.max_poll_interval),
            "heartbeat_interval_ms": milliseconds(min(_HEARTBEAT_SECONDS, self._settings.session_timeout / 3)),
            # Bytes buffered per fetch; the default is 50 MB.
            "fetch_max_bytes": 16_000_000,
            # The answer must come before the request counts as failed.
            "fetch_max_wait_ms": min(milliseconds(_FETCH_WAIT_SECONDS), client_arguments["request_timeout_ms"] // 4),
        }


class _Assignor(CooperativeStickyAssignor):  # type: ignore[misc]  # kafka-python has no types
    """Shares out partitions, and notes whether the group had generations without this member.

    A member that was silent may join again before it hears that the group went on without it. kafka-python then keeps
    the positions of its partitions, although another member may have worked on them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.has_missed_generations = False

    def on_assignment(self, assignment: Any, generation: int) -> None:
        """Compare with the last generation of this member. It is called at the end of each join."""
        if 0 <= self.generation < generation - 1:
            self.has_missed_generations = True
        super().on_assignment(assignment, generation)


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Records the partitions that were taken from this member, and calls `forget_lookups` at each change."""

    def __init__(self, lost: set[TopicPartition], forget_lookups: Callable[[], None]) -> None:
        self._lost = lost
        self._forget_lookups = forget_lookups

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._forget_lookups()
        self._lost.update(revoked)

    def on_partitions_assigned(self, _assigned: Iterable[TopicPartition]) -> None:
        self._forget_lookups()

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self._forget_lookups()
        self._lost.update(lost)


def _peek(outputs: Iterable[Outgoing]) -> tuple[bool, Iterable[Outgoing]]:
    """Return whether there are outputs, and the outputs. A sequence stays one: its topics are known before sending."""
    if isinstance(outputs, Sequence):
        return bool(outputs), outputs
    iterator = iter(outputs)
    first = list(islice(iterator, 1))
    return bool(first), chain(first, iterator)


def _parts(outputs: Iterable[Outgoing]) -> Iterator[Iterable[Outgoing]]:
    """Yield the outputs in parts. Those of a sequence are sequences. Others are sent as they come."""
    if isinstance(outputs, Sequence):
        for start in range(0, len(outputs), _OUTPUTS_PER_DEADLINE):
            yield outputs[start : start + _OUTPUTS_PER_DEADLINE]
        return
    remaining = iter(outputs)
    for output in remaining:
        yield chain((output,), islice(remaining, _OUTPUTS_PER_DEADLINE - 1))


def _wrap(
    offsets: dict[TopicPartition, int],
) -> dict[TopicPartition, OffsetAndMetadata]:
    return {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}
