"""Counts the posts that X returned today, and enforces the daily limit. X bills each post."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import structlog

from ingest.door_store import DoorStore

# Prefix of the counters. Each day has its own, so that past days can be looked up.
_COUNTER_PREFIX = "twitter.reads."

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DailyReads:
    """Number of posts that X returned on a day (UTC, as X bills), and the limit; 0 means no limit."""

    day: date
    used: int
    limit: int

    @property
    def remaining(self) -> int | None:
        """Number of posts that may still be requested; `None` if there is no limit."""
        return max(self.limit - self.used, 0) if self.limit else None


class ReadsSpent(Exception):
    """Today's reads are used up. `until` is the time when new reads are available."""

    def __init__(self, until: datetime) -> None:
        super().__init__("reads_spent")
        self.until = until


class ReadBudget:
    """Daily count of reads. Safe for several threads and processes; every method may raise `DatabaseUnavailable`.

    A process that ends between X's response and the count leaves one page uncounted.
    """

    def __init__(self, store: DoorStore, limit: int, now: Callable[[], datetime]) -> None:
        self._store = store
        self._limit = limit
        self._now = now
        self._lock = threading.Lock()
        self._last_logged_day: date | None = None

    def today(self) -> DailyReads:
        """Return the reads of today."""
        day = self._today()
        return DailyReads(day, int(self._store.cursor(f"{_COUNTER_PREFIX}{day}") or 0), self._limit)

    def count_reads(self, posts: int) -> None:
        """Count posts that X returned."""
        if posts:
            self._store.increase_counter(f"{_COUNTER_PREFIX}{self._today()}", posts)

    def require_reads(self) -> int | None:
        """Return how many posts may be requested; `None` if there is no limit.

        Raises `ReadsSpent`, and logs it once a day.
        """
        reads = self.today()
        if reads.remaining != 0:
            return reads.remaining
        with self._lock:
            is_first_today, self._last_logged_day = self._last_logged_day != reads.day, reads.day
        if is_first_today:
            _log.warning("x.reads_spent", used=reads.used, limit=reads.limit)
        raise ReadsSpent(datetime.combine(reads.day + timedelta(days=1), time(), UTC))

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()
