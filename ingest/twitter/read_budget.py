"""How many posts X may be asked for in a day: each is billed, so they are counted, and bounded where that is set."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import structlog

from ingest.door_store import DoorStore

# One number a day, so that each day can still be looked up.
_READS = "twitter.reads."

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reads:
    """Posts that X gave on a day (UTC, as X bills), and how many it may be asked for; 0: any number."""

    day: date
    used: int
    limit: int

    @property
    def left(self) -> int | None:
        """How many more; `None`: any number."""
        return max(self.limit - self.used, 0) if self.limit else None


class ReadsSpent(Exception):
    """Today's reads are used up. `until` is when there are new ones."""

    def __init__(self, until: datetime) -> None:
        super().__init__("reads_spent")
        self.until = until


class ReadBudget:
    """Safe for several threads and processes; every method may raise `DatabaseUnavailable`.

    A process that ends between X's answer and the count leaves one page uncounted.
    """

    def __init__(self, store: DoorStore, limit: int, now: Callable[[], datetime]) -> None:
        self._store = store
        self._limit = limit
        self._now = now
        self._lock = threading.Lock()
        self._said: date | None = None

    def today(self) -> Reads:
        """What was used so far."""
        day = self._now().astimezone(UTC).date()
        return Reads(day, int(self._store.cursor(f"{_READS}{day}") or 0), self._limit)

    def spend(self, posts: int) -> None:
        """Count posts that X gave."""
        if posts:
            self._store.increase_counter(f"{_READS}{self._now().astimezone(UTC).date()}", posts)

    def must_have(self) -> int | None:
        """How many posts may be asked for; `None`: any number. Raises `ReadsSpent`, which the log says once a day."""
        reads = self.today()
        if reads.left != 0:
            return reads.left
        with self._lock:
            first, self._said = self._said != reads.day, reads.day
        if first:
            _log.warning("x.reads_spent", used=reads.used, limit=reads.limit)
        raise ReadsSpent(datetime.combine(reads.day + timedelta(days=1), time(), UTC))
