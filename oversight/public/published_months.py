"""Published months of a day, each computed once: the pages for everybody cost little however often they are read."""

from collections.abc import Callable
from datetime import date, datetime
from threading import Lock

from sqlalchemy import Engine

from config.database import snapshot_transaction
from oversight.figures.counts import jakarta_day
from oversight.pages.months import Month
from oversight.public.published_month import PublishedMonth, read_published_month

# Months before the current one that everybody may read. It also limits what is kept.
MOST_MONTHS = 36


class MonthNotReady(Exception):
    """Another request computes a month, which takes seconds in a large service."""


class PublishedMonths:
    """The months that have ended. `now` is the clock, `order_key` the secret of the orders of rows (`suppression`).

    A month stays as it was first read on a day: numbers that change within a day would show what single cases do.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], order_key: bytes) -> None:
        self._engine = engine
        self._order_key = order_key
        self._now = now
        self._lock = Lock()
        self._months: dict[tuple[date, Month], PublishedMonth] = {}

    def newest(self) -> Month:
        """Return the last month that has ended."""
        return Month.of(jakarta_day(self._now())).back(1)

    def is_offered(self, month: Month) -> bool:
        """Return whether everybody may read a month."""
        newest = self.newest()
        return newest.back(MOST_MONTHS - 1) <= month <= newest

    def get(self, month: Month) -> PublishedMonth:
        """Return a month that is offered. Raises `MonthNotReady` while another request computes one.

        Readers never wait for each other: the threads that they would hold take reports in, too.
        """
        today = jakarta_day(self._now())
        published = self._months.get((today, month))
        if published is not None:
            return published
        if not self._lock.acquire(blocking=False):
            raise MonthNotReady
        try:
            self._months = {key: kept for key, kept in self._months.items() if key[0] == today}
            with snapshot_transaction(self._engine) as connection:
                published = read_published_month(connection, month, today, self._order_key)
            self._months[today, month] = published
            return published
        finally:
            self._lock.release()
