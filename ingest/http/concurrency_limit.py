"""Limits how much memory-intensive work runs at the same time in this process."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from pages.refusals import Refused

_RETRY_AFTER_SECONDS = 5


class ConcurrencyLimit:
    """Lets `max_running` threads work at once and `max_waiting` more wait, each for `max_wait_seconds`.

    A waiting thread is one of the threads that answer requests, so `max_waiting` must be small. All doors share the
    limit. One client gets half of the slots and a quarter of the waiting places, so that its work leaves slots for
    the others.
    """

    def __init__(self, max_running: int, max_waiting: int, max_wait_seconds: float) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._max_wait_seconds = max_wait_seconds
        self._slot_freed = threading.Condition()
        self._running = 0
        self._waiting = 0
        self._running_by_client: Counter[str] = Counter()
        self._waiting_by_client: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Number of threads that wait for a slot now."""
        return self._waiting

    @contextmanager
    def slot(self, max_wait_seconds: float | None = None, client: str = "") -> Iterator[None]:
        """Hold one slot until the block ends; `max_wait_seconds` overrides the default of the limit.

        `client` names whom the work is for; it is empty for work that no client can cause in any amount. Raises
        `Refused` (503) if no slot is free in time or too many threads wait already.
        """
        self._acquire(self._max_wait_seconds if max_wait_seconds is None else max(max_wait_seconds, 0.0), client)
        try:
            yield
        finally:
            with self._slot_freed:
                self._running -= 1
                _decrease(self._running_by_client, client)
                # The next thread in the queue may be of a client whose share is taken.
                self._slot_freed.notify_all()

    def _acquire(self, max_wait_seconds: float, client: str) -> None:
        with self._slot_freed:
            if not self._has_slot(client):
                self._wait(max_wait_seconds, client)
            self._running += 1
            self._running_by_client[client] += 1

    def _has_slot(self, client: str) -> bool:
        share = max(1, self._max_running // 2)
        return self._running < self._max_running and (not client or self._running_by_client[client] < share)

    def _may_wait(self, client: str) -> bool:
        share = max(1, self._max_waiting // 4)
        return self._waiting < self._max_waiting and (not client or self._waiting_by_client[client] < share)

    def _wait(self, max_wait_seconds: float, client: str) -> None:
        if not self._may_wait(client):
            raise busy()
        self._waiting += 1
        self._waiting_by_client[client] += 1
        try:
            if not self._slot_freed.wait_for(lambda: self._has_slot(client), max_wait_seconds):
                raise busy()
        finally:
            self._waiting -= 1
            _decrease(self._waiting_by_client, client)


def _decrease(counts: Counter[str], client: str) -> None:
    """Subtract one, and forget a client without any."""
    counts[client] -= 1
    if not counts[client]:
        del counts[client]


def busy() -> Refused:
    """Return the refusal (503) for too many requests at once. The same request can succeed a little later."""
    return Refused("busy", retry_after=_RETRY_AFTER_SECONDS)
