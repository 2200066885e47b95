"""A bound on the bytes in flight, since kafka-python's `send` never waits."""

import threading


class InFlightLimit:
    """At most `limit` bytes are held at a time. Safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._highest = 0
        self._changed = threading.Condition()

    @property
    def held(self) -> int:
        """Bytes in flight now."""
        return self._held

    @property
    def highest(self) -> int:
        """The most bytes that were ever in flight at once."""
        return self._highest

    def take(self, size: int, timeout: float) -> bool:
        """Wait up to `timeout` seconds for room; False when there was none."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._held + size <= self._limit, timeout):
                return False
            self._held += size
            self._highest = max(self._highest, self._held)
            return True

    def give(self, size: int) -> None:
        """These bytes have arrived, or never will."""
        with self._changed:
            self._held -= size
            self._changed.notify_all()
