"""Published months of a day, each computed once: the pages for everybody cost little however often they are read."""

from collections.abc import Callable
from datetime import date, datetime
from threading import Lock

from sqlalchemy import Engine

from config.clocks.deadlines import Deadlines
from config.database import read_transaction
from oversight.figures.counts import jakarta_day
from oversight.pages.months import Month
from oversight.public.published_month import PublishedMonth, read_published_month

# Months before the current one that everybody may read. It also limits what is kept.
MOST_MONTHS = 36


class PublishedMonths:
    """The months that have ended. `now` is the clock.

    A month stays as it was first read on a day: numbers that change within a day would show what single cases do.
    """

    def __init__(self, engine: Engine, deadlines: Deadlines, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._deadlines = deadlines
        self._now = now
        self._lock = Lock()
        self._day = date.min
        self._months: dict[Month, PublishedMonth] = {}

    def newest(self) -> Month:
        """Return the last month that has ended."""
        return Month.of(jakarta_day(self._now())).back(1)

    def is_offered(self, month: Month) -> bool:
        """Return whether everybody may read a month."""
        newest = self.newest()
        return newest.back(MOST_MONTHS - 1) <= month <= newest

    def get(self, month: Month) -> PublishedMonth:
        """Return a month that is offered."""
        today = jakarta_day(self._now())
        with self._lock:
            if today != self._day:
                self._day, self._months = today, {}
            if month not in self._months:
                with read_transaction(self._engine) as connection:
                    self._months[month] = read_published_month(connection, month, today, self._deadlines)
            return self._months[month]
