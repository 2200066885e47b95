"""The loop of every stage: poll, handle, commit. Outputs and offsets are committed together or not at all."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from bus.errors import Fenced, Reject, Retry, Stop
from bus.port import MAX_MESSAGE_BYTES, Consumer, Headers, Outgoing, Record
from bus.worker_health import WorkerHealth

_POLL_SECONDS = 1.0
_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 5.0
# One message that triggers a bug becomes a dead letter. This many in a row mean that every message would.
_UNEXPECTED_IN_A_ROW = 10
# Headers of a dead letter that explain it: `dead_stage`, `dead_reason`, `dead_field`, `dead_position`.
_EXPLANATION_HEADERS = 4

_log = structlog.get_logger()


class Stage(Protocol):
    """One stage. Handling a batch twice must change nothing: a crash may happen between `handle` and the commit."""

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Return the messages that follow from these records, in order.

        Raises `Retry` when a dependency is away, `Reject` when a record can never be processed (the batch is then
        handled record by record, and the one at fault becomes a dead letter), `Stop` when going on would do harm.
        """
        ...


class Worker:
    """Runs one stage on one consumer, in the thread that calls `run`.

    `dead_letter_topic` takes the records that the stage rejects. `batch` limits the records in memory. `stopping` ends
    the loop after the current batch. `transient` are errors of other libraries that have the meaning of `Retry`.
    `worker_health` is updated by the worker. `monotonic` gives seconds that never go back.

    A record that comes after a rest is handled at once. While records keep coming, `pause` seconds pass between the
    beginnings of two batches, so that one transaction has several records. A full batch is followed at once.
    `poll_seconds` is how long a poll waits for records; a stop waits as long.
    """

    def __init__(
        self,
        name: str,
        join: Callable[[], Consumer],
        stage: Stage,
        dead_letter_topic: str,
        stopping: threading.Event,
        monotonic: Callable[[], float],
        batch: int = 200,
        transient: tuple[type[Exception], ...] = (),
        worker_health: WorkerHealth | None = None,
        pause: float = 0.0,
        poll_seconds: float = _POLL_SECONDS,
    ) -> None:
        self._name = name
        self._join = join
        self._stage = stage
        self._dead_letter_topic = dead_letter_topic
        self._stopping = stopping
        self._monotonic = monotonic
        self._batch = batch
        self._pause = pause
        self._poll_seconds = poll_seconds
        self._transient: tuple[type[Exception], ...] = (Retry, *transient)
        # Errors of a stage that are no fault of one record.
        self._worker_errors: tuple[type[Exception], ...] = (Stop, *self._transient)
        self._backoff = _FIRST_BACKOFF_SECONDS
        # Positions of the records that triggered a bug since the last batch without one.
        self._unexpected: set[str] = set()
        # Records that are still to be polled one by one, after the bus has refused the outputs of their batch.
        self._single_records = 0
        # The dead letters of records whose outputs the bus has refused, by the position of the record.
        self._replacements: dict[str, Outgoing] = {}
        self.worker_health = worker_health or WorkerHealth(monotonic)

    def run(self) -> None:
        """Work until stopped; join the group again after it was lost. Raises `Stop` and leaves the offset unchanged."""
        while not self._stopping.is_set():
            try:
                consumer = self._join()
            except Retry as error:
                self._retry(error)
                continue
            try:
                while not self._stopping.is_set():
                    self._process_batch(consumer)
            except Fenced as error:
                # The outage was longer than the session, or another process has our name: another member may own the
                # partitions now.
                self.worker_health.record_fencing()
                self._back_off("stage.fenced", error)
            finally:
                with suppress(Retry):
                    consumer.close()

    def _process_batch(self, consumer: Consumer) -> None:
        self.worker_health.record_iteration()
        try:
            limit = 1 if self._single_records else self._batch
            records = consumer.poll(self._poll_seconds, limit)
            began_at = self._monotonic()
            if records:
                self._work(consumer, records)
            self.worker_health.waits_for = ""
            if 0 < len(records) < limit:
                self._let_records_gather(began_at)
        except self._transient as error:
            self._retry(error)
            consumer.rewind()

    def _let_records_gather(self, began_at: float) -> None:
        remaining = began_at + self._pause - self._monotonic()
        if remaining > 0:
            self._stopping.wait(remaining)

    def _work(self, consumer: Consumer, records: Sequence[Record]) -> None:
        """Handle a batch and commit it. If the bus refuses an output, nothing is committed: see `_isolate`."""
        outputs = self._handle(records)
        try:
            consumer.commit(outputs)
        except Reject as refusal:
            self._isolate(records, outputs, refusal)
            consumer.rewind()
            return
        self._single_records = max(0, self._single_records - len(records))
        self._replacements.clear()
        self._backoff = _FIRST_BACKOFF_SECONDS
        self.worker_health.worked += len(records)
        self.worker_health.rejected += sum(output.topic == self._dead_letter_topic for output in outputs)

    def _isolate(self, records: Sequence[Record], outputs: Sequence[Outgoing], refusal: Reject) -> None:
        """Let the records of a refused batch come one by one, and replace the outputs of a single record.

        The limit of the broker or of a topic may be lower than ours.
        """
        _log.warning("stage.outputs_refused", stage=self._name, reason=refusal.reason, records=len(records))
        self._single_records = max(self._single_records, len(records))
        if len(records) == 1:
            self._replacements[records[0].position] = self._replace(records[0], outputs[0], refusal)

    def _replace(self, record: Record, refused: Outgoing, refusal: Reject) -> Outgoing:
        """Return a dead letter, or instead of a dead letter one without the record's bytes.

        Raises `Stop` if the bus refuses that too: without its dead letter no record is skipped.
        """
        if refused.topic != self._dead_letter_topic:
            return self._dead_letter(record, refusal)
        stub = self._stub(record, refused.headers[-_EXPLANATION_HEADERS:])
        if refused == stub:
            raise Stop(f"{self._name}: the bus refuses the dead letter of {record.position}: {refusal}") from refusal
        return stub

    def _retry(self, error: Exception) -> None:
        self.worker_health.retried += 1
        self._back_off("stage.retry", error)

    def _back_off(self, event: str, error: Exception) -> None:
        self.worker_health.record_iteration()
        self.worker_health.waits_for = str(error)
        _log.warning(event, stage=self._name, cause=str(error), seconds=self._backoff)
        self._stopping.wait(self._backoff)
        self._backoff = min(self._backoff * 2, _LONGEST_BACKOFF_SECONDS)

    def _handle(self, records: Sequence[Record]) -> list[Outgoing]:
        """Return the stage's outputs, with a dead letter for each record that it rejects.

        A single record whose outputs the bus has refused is not handled again.
        """
        if len(records) == 1 and (dead_letter := self._replacements.get(records[0].position)):
            return [dead_letter]
        try:
            outputs = list(self._stage.handle(records))
            for output in outputs:
                output.check()
        except self._worker_errors:
            raise
        except Exception as error:  # noqa: BLE001 - a bug must not lose the messages after this one
            if len(records) > 1:
                return [output for record in records for output in self._handle([record])]
            return [self._dead_letter(records[0], self._rejection(records[0], error))]
        self._unexpected.clear()
        return outputs

    def _rejection(self, record: Record, error: Exception) -> Reject:
        """Return the error as a rejection of the record. Raises `Stop` after too many bugs in a row."""
        if isinstance(error, Reject):
            return error
        self._unexpected.add(record.position)
        if len(self._unexpected) >= _UNEXPECTED_IN_A_ROW:
            raise Stop(f"{self._name}: {len(self._unexpected)} unexpected errors in a row") from error
        _log.error("stage.unexpected", stage=self._name, exc_info=error)
        return Reject("unexpected", type(error).__name__)

    def _dead_letter(self, record: Record, error: Reject) -> Outgoing:
        _log.warning(
            "stage.rejected",
            stage=self._name,
            reason=error.reason,
            field=error.field,
            at=record.position,
            kept_in=self._dead_letter_topic,
        )
        explanation = {
            "dead_stage": self._name,
            "dead_reason": error.reason,
            "dead_field": error.field,
            "dead_position": record.position,
        }
        headers = tuple((name, value.encode()) for name, value in explanation.items())
        dead_letter = Outgoing(self._dead_letter_topic, record.key, record.value, record.headers + headers)
        return dead_letter if dead_letter.size <= MAX_MESSAGE_BYTES else self._stub(record, headers)

    def _stub(self, record: Record, explanation: Headers) -> Outgoing:
        """Return a dead letter that is small. The record stays on its topic; this names its position and hash."""
        return Outgoing(self._dead_letter_topic, b"", oversized_value_stub(record.value), explanation)


def oversized_value_stub(value: bytes) -> bytes:
    """Return the text that replaces a value that is too large for a dead letter."""
    return f"{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()}".encode()
