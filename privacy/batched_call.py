"""A call that several threads share: values that wait while one call is made are handed over together to the next."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass, field

from privacy.bounded_call import CallNotAnswered, PausingCall


@dataclass(slots=True)
class _Batch:
    """Values of one call, and its outcome."""

    values: set[str] = field(default_factory=set)
    outcome: Future[None] = field(default_factory=Future)


class BatchedCall:
    """Calls `handle` with the values of all threads that wait, through `call`, which bounds the wait.

    One call is made at a time. Under load one transaction so has the keys of many senders.
    """

    def __init__(self, handle: Callable[[Collection[str]], None], call: PausingCall[None]) -> None:
        self._handle = handle
        self._call = call
        self._lock = threading.Lock()
        # Held by the thread that makes the call for a batch.
        self._turn = threading.Lock()
        self._next_batch: _Batch | None = None

    def __call__(self, values: Collection[str]) -> None:
        """Return when a call with these values has ended. Raises its error, or `CallNotAnswered`."""
        with self._lock:
            is_first = self._next_batch is None
            batch = self._next_batch = self._next_batch or _Batch()
            batch.values.update(values)
        if is_first:
            self._run(batch)
        try:
            # Before the thread that makes the call, this may be a second wait for the call before it.
            batch.outcome.result(2 * self._call.patience_seconds)
        except TimeoutError:
            raise CallNotAnswered("the call of another thread did not end in time") from None

    def _run(self, batch: _Batch) -> None:
        """Make the call of a batch after the one before it. No value joins a batch whose call has begun."""
        has_turn = self._turn.acquire(timeout=self._call.patience_seconds)
        with self._lock:
            self._next_batch = None
        try:
            if not has_turn:
                raise CallNotAnswered("the call before did not end in time")  # noqa: TRY301 - one place ends a batch
            self._call(lambda: self._handle(batch.values))
        except Exception as error:  # noqa: BLE001 - each caller gets it
            batch.outcome.set_exception(error)
        else:
            batch.outcome.set_result(None)
        finally:
            if has_turn:
                self._turn.release()
