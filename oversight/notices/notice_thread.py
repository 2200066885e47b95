"""The thread in which oversight tells of what has become due."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

import structlog

from bus.errors import Retry, cause_of
from config.database import DatabaseUnavailable

# Publishes what is due until a moment; returns the number of events.
Search: TypeAlias = Callable[[datetime], int]

_log = structlog.get_logger()


class NoticeThread:
    """A thread's function. `searches` publish what is due; `pause_seconds` is the time between two searches.

    `read_until` returns the moment until which the read model has everything: see `read_progress`. What is due later
    waits for it.
    """

    def __init__(
        self,
        searches: Sequence[Search],
        read_until: Callable[[], datetime],
        stopping: threading.Event,
        pause_seconds: float,
    ) -> None:
        self._searches = searches
        self._read_until = read_until
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Publish until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            for search in self._searches:
                self._run(search)

    def _run(self, search: Search) -> None:
        try:
            search(self._read_until())
        except (DatabaseUnavailable, Retry) as error:
            _log.warning("deadlines.waiting", cause=cause_of(error))
        except Exception as error:  # noqa: BLE001 - the next search tries the same events again
            _log.error("deadlines.failed_unexpectedly", exc_info=error)
