"""Limits how much memory-intensive work runs at the same time in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.arrival import Refused

_RETRY_AFTER_SECONDS = 5


class ConcurrencyLimit:
    """Lets `max_running` threads work at once and `max_waiting` more wait, each for `max_wait_seconds`.

    A waiting thread is one of the threads that answer requests, so `max_waiting` must be small. All doors share the
    limit.
    """

    def __init__(self, max_running: int, max_waiting: int, max_wait_seconds: float) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._max_wait_seconds = max_wait_seconds
        self._slot_freed = threading.Condition()
        self._running = 0
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Number of threads that wait for a slot now."""
        return self._waiting

    @contextmanager
    def slot(self, max_wait_seconds: float | None = None) -> Iterator[None]:
        """Hold one slot until the block ends; `max_wait_seconds` overrides the default of the limit.

        Raises `Refused` (503) if no slot is free in time or too many threads wait already.
        """
        self._acquire(self._max_wait_seconds if max_wait_seconds is None else max(max_wait_seconds, 0.0))
        try:
            yield
        finally:
            with self._slot_freed:
                self._running -= 1
                self._slot_freed.notify()

    def _acquire(self, max_wait_seconds: float) -> None:
        with self._slot_freed:
            if self._running >= self._max_running:
                self._wait(max_wait_seconds)
            self._running += 1

    def _wait(self, max_wait_seconds: float) -> None:
        if self._waiting >= self._max_waiting:
            raise busy()
        self._waiting += 1
        try:
            if not self._slot_freed.wait_for(lambda: self._running < self._max_running, max_wait_seconds):
                raise busy()
        finally:
            self._waiting -= 1


def busy() -> Refused:
    """Return the refusal (503) for too many requests at once. The same request can succeed a little later."""
    return Refused("busy", retry_after=_RETRY_AFTER_SECONDS)
