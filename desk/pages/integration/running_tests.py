"""Limits the test notices that are sent at the same moment.

A test occupies a thread of the server until the receiver has answered, 15 seconds at most. Without a limit, the tests
of one agency with a slow receiver could occupy all threads.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Tests at once, of all agencies.
MAX_RUNNING_TESTS = 4


class RunningTests:
    """One test at a time for each agency, and `limit` for all agencies."""

    def __init__(self, limit: int = MAX_RUNNING_TESTS) -> None:
        self._limit = limit
        self._agencies: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def start(self, agency: str) -> Iterator[bool]:
        """Yield True if the agency may send a test now. The test ends with the `with` statement."""
        with self._lock:
            may_start = agency not in self._agencies and len(self._agencies) < self._limit
            if may_start:
                self._agencies.add(agency)
        try:
            yield may_start
        finally:
            if may_start:
                with self._lock:
                    self._agencies.discard(agency)
