"""Limit of the space that files of all senders take together, so that no number of senders fills the database."""

import threading
from collections.abc import Callable, Iterable

import structlog

from pages.refusals import Refused

# The bytes are measured again after this time. In between, this process adds what it stores.
_MEASURE_SECONDS = 60.0
_RETRY_AFTER_SECONDS = 3_600

_log = structlog.get_logger()


class FileSpace:
    """Space for stored files and for uploads that were announced. Safe for several threads.

    `measures` return the bytes in use, each of one kind, and may raise `DatabaseUnavailable`. `clock` returns seconds.
    Other processes add files in between, so the limit is exact to what they add in a minute.
    """

    def __init__(self, measures: Iterable[Callable[[], int]], max_bytes: int, clock: Callable[[], float]) -> None:
        self._measures = tuple(measures)
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._used_bytes = 0
        self._measured_at: float | None = None

    def take(self, size: int) -> None:
        """Count `size` more bytes. Raise `Refused` (503) if they exceed the limit; reports without files continue."""
        with self._lock:
            now = self._clock()
            if self._measured_at is None or now - self._measured_at >= _MEASURE_SECONDS:
                self._used_bytes, self._measured_at = sum(measure() for measure in self._measures), now
            if self._used_bytes + size > self._max_bytes:
                _log.error("files.full", used_bytes=self._used_bytes)
                raise Refused("files_full", retry_after=_RETRY_AFTER_SECONDS)
            self._used_bytes += size
