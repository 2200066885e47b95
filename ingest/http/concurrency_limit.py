"""Bounds what is worked at once in this process, where each takes much memory; who would wait too long is told so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.arrival import Refused

_RETRY_AFTER_SECONDS = 5


class ConcurrencyLimit:
    """Holds `most` at once. `queue` more may wait for a place, each for `patience` seconds at most.

    For threads, of whatever door: whoever waits holds one of the threads that answer requests, so the queue is short.
    """

    def __init__(self, most: int, queue: int, patience: float) -> None:
        self._most = most
        self._queue = queue
        self._patience = patience
        self._changed = threading.Condition()
        self._inside = 0
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return self._waiting

    @contextmanager
    def slot(self, patience: float | None = None) -> Iterator[None]:
        """A place until the block ends. Raises `Refused` (503) where there is none in time, or the queue is full."""
        self._enter(self._patience if patience is None else max(patience, 0.0))
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def _enter(self, patience: float) -> None:
        with self._changed:
            if self._inside >= self._most:
                self._wait(patience)
            self._inside += 1

    def _wait(self, patience: float) -> None:
        if self._waiting >= self._queue:
            raise busy()
        self._waiting += 1
        try:
            if not self._changed.wait_for(lambda: self._inside < self._most, patience):
                raise busy()
        finally:
            self._waiting -= 1


def busy() -> Refused:
    """There is too much at once; the same a little later will be taken."""
    return Refused("busy", retry_after=_RETRY_AFTER_SECONDS)
