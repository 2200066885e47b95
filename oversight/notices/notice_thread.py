"""The thread in which oversight tells of what has become due."""

import threading
from collections.abc import Callable, Sequence

import structlog

from bus.errors import Retry
from config.database import DatabaseUnavailable

_log = structlog.get_logger()


class NoticeThread:
    """A thread's function. `searches` publish what is due; `pause_seconds` is the time between two searches."""

    def __init__(self, searches: Sequence[Callable[[], int]], stopping: threading.Event, pause_seconds: float) -> None:
        self._searches = searches
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Publish until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            for search in self._searches:
                _run(search)


def _run(search: Callable[[], int]) -> None:
    try:
        search()
    except (DatabaseUnavailable, Retry) as error:
        _log.warning("deadlines.waiting", cause=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the next search tries the same events again
        _log.error("deadlines.failed_unexpectedly", exc_info=error)
