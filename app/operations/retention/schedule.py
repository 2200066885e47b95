"""Applies the retention table each night in a thread of its own."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta

import structlog

from app.operations.purge import PurgeReport
from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable
from config.settings import SettingsError
from config.time_zones import TimeZone

# After the nightly archive: what the topics had is archived before anything is purged.
_TIME = time(2, 0, tzinfo=TimeZone.WIB.value)
_PAUSE_SECONDS = 60.0
_FAILURE_PAUSE_SECONDS = 3_600.0

_log = structlog.get_logger()


class RetentionSchedule:
    """`apply` applies the table once. A process that starts waits for the next night."""

    def __init__(
        self, apply: Callable[[], PurgeReport], now: Callable[[], datetime], stopping: threading.Event
    ) -> None:
        self._apply = apply
        self._now = now
        self._stopping = stopping
        self._next = next_night(now())

    def run(self) -> None:
        """Purge every night until the process is asked to stop."""
        while not self._stopping.wait(self.step()):
            pass

    def step(self) -> float:
        """Purge if it is time. Return the seconds until the next look at the clock."""
        if self._now() < self._next:
            return _PAUSE_SECONDS
        try:
            report = self._apply()
        except (Retry, Stop, DatabaseUnavailable, SettingsError) as error:
            _log.warning("retention.postponed", cause=str(error))
            return _FAILURE_PAUSE_SECONDS
        except Exception as error:  # noqa: BLE001 - a failing purge must not stop the monitor
            _log.error("retention.failed", exc_info=error)
            return _FAILURE_PAUSE_SECONDS
        self._next = next_night(self._now())
        _log.info("retention.applied", **{name: count for name, count in report.counts.items() if count})
        for name, cause in report.skipped.items():
            _log.warning("retention.skipped", data=name, cause=cause)
        return _PAUSE_SECONDS


def next_night(now: datetime) -> datetime:
    """Return the next time of the night at which the table is applied."""
    tonight = datetime.combine(now.astimezone(_TIME.tzinfo).date(), _TIME)
    return tonight if now < tonight else tonight + timedelta(days=1)
