"""The loop every stage runs: poll, handle, commit; outputs and offsets together, or nothing."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from bus.errors import Fenced, Reject, Retry, Stop
from bus.port import MAX_MESSAGE_BYTES, Consumer, Outgoing, Record
from bus.worker_health import WorkerHealth

_POLL_SECONDS = 0.5
_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 5.0
# One message that trips a fault of ours is put aside; so many in a row mean that every message would follow it.
_UNEXPECTED_IN_A_ROW = 10

_log = structlog.get_logger()


class Stage(Protocol):
    """What a worker runs. Handling a batch twice must change nothing: a crash may fall between handle and commit."""

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """The messages that follow from these records, in order.

        Raises `Retry` when the world is away, `Reject` when a record can never be worked (the batch is then handled
        one by one, and the guilty one becomes a dead letter), `Stop` when going on would do harm.
        """
        ...


class Worker:
    """Runs one stage on one consumer, in the thread that calls `run`.

    `dead_topic` takes what the stage rejects. `batch` bounds the records in memory. `stopping` ends the loop after
    the batch in hand. `transient` are other libraries' errors that mean what `Retry` means.
    `worker_health` is updated as the worker goes.
    """

    def __init__(
        self,
        name: str,
        join: Callable[[], Consumer],
        stage: Stage,
        dead_topic: str,
        stopping: threading.Event,
        batch: int = 200,
        transient: tuple[type[Exception], ...] = (),
        worker_health: WorkerHealth | None = None,
    ) -> None:
        self._name = name
        self._join = join
        self._stage = stage
        self._dead_topic = dead_topic
        self._stopping = stopping
        self._batch = batch
        self._transient: tuple[type[Exception], ...] = (Retry, *transient)
        self._passed_on: tuple[type[Exception], ...] = (Stop, *self._transient)
        self._backoff = _FIRST_BACKOFF_SECONDS
        self._unexpected: set[str] = set()
        self.worker_health = worker_health or WorkerHealth(time.monotonic)

    def run(self) -> None:
        """Work until stopped, joining the group again where it was lost. Raises `Stop`, the offset where it was."""
        while not self._stopping.is_set():
            try:
                consumer = self._join()
            except Retry as error:
                self._retry(error)
                continue
            try:
                while not self._stopping.is_set():
                    self._work(consumer)
            except Fenced as error:
                # An outage longer than the session, or another process of our name: what was ours may be theirs now.
                self.worker_health.record_fencing()
                self._back_off("stage.fenced", error)
            finally:
                with suppress(Retry):
                    consumer.close()

    def _work(self, consumer: Consumer) -> None:
        self.worker_health.record_iteration()
        try:
            records = consumer.poll(_POLL_SECONDS, self._batch)
            if records:
                outputs = self._handle(records)
                consumer.commit(outputs)
                self._backoff = _FIRST_BACKOFF_SECONDS
                self.worker_health.worked += len(records)
                self.worker_health.rejected += sum(output.topic == self._dead_topic for output in outputs)
            self.worker_health.waits_for = ""
        except self._transient as error:
            self._retry(error)
            consumer.rewind()

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
        """The stage's outputs, with a dead letter in the place of each record it rejects."""
        try:
            outputs = list(self._stage.handle(records))
            for output in outputs:
                output.check()
        except self._passed_on:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must not lose the messages behind it
            if len(records) > 1:
                return [output for record in records for output in self._handle([record])]
            return [self._dead_letter(records[0], self._judge(records[0], error))]
        self._unexpected.clear()
        return outputs

    def _judge(self, record: Record, error: Exception) -> Reject:
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
            kept_in=self._dead_topic,
        )
        why = {"dead_stage": self._name, "dead_reason": error.reason, "dead_field": error.field}
        where = {"dead_position": record.position}
        headers = tuple((name, value.encode()) for name, value in (why | where).items())
        letter = Outgoing(self._dead_topic, record.key, record.value, record.headers + headers)
        if letter.size <= MAX_MESSAGE_BYTES:
            return letter
        # With its reason it no longer fits: the record stays where it is, and the letter says where and which.
        return Outgoing(self._dead_topic, b"", oversized_value_stub(record.value), headers)


def oversized_value_stub(value: bytes) -> bytes:
    """What stands in a dead letter in the place of a value that is too large for one."""
    return f"{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()}".encode()
