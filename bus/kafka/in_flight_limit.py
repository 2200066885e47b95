"""A limit on the bytes in flight, since kafka-python's `send` never waits."""

import threading


class InFlightLimit:
    """Allows at most `limit` bytes in flight. Safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_flight = 0
        self._changed = threading.Condition()

    def acquire(self, size: int, timeout: float) -> bool:
        """Wait up to `timeout` seconds until `size` bytes fit; return False if they never did."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_flight + size <= self._limit, timeout):
                return False
            self._in_flight += size
            return True

    def release(self, size: int) -> None:
        """Free the room of `size` bytes, whose sending has succeeded or failed."""
        with self._changed:
            self._in_flight -= size
            self._changed.notify_all()
