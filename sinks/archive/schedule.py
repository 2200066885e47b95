"""Archives each night in a thread of its own."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta

import structlog

from bus.errors import Retry, Stop
from sinks.archive.archiver import ArchiveReport
from sinks.archive.manifest import JAKARTA

# In the night few citizens write, and the day before is complete.
_TIME = time(1, 0, tzinfo=JAKARTA)
# Pause between two looks at the clock, and after a run that failed.
_PAUSE_SECONDS = 60.0
_FAILURE_PAUSE_SECONDS = 3_600.0

_log = structlog.get_logger()


class ArchiveSchedule:
    """`archive` makes one run. `last_run` returns the time of the last complete run, `None` without one."""

    def __init__(
        self,
        archive: Callable[[], ArchiveReport],
        last_run: Callable[[], datetime | None],
        now: Callable[[], datetime],
        stopping: threading.Event,
    ) -> None:
        self._archive = archive
        self._last_run = last_run
        self._now = now
        self._stopping = stopping

    def run(self) -> None:
        """Archive every night until the process is asked to stop."""
        while not self._stopping.wait(self.step()):
            pass

    def step(self) -> float:
        """Archive if it is time. Return the seconds until the next look at the clock."""
        try:
            if not is_due(self._now(), self._last_run()):
                return _PAUSE_SECONDS
            report = self._archive()
        except (Retry, Stop) as error:
            _log.warning("archive.skipped", cause=str(error))
            return _FAILURE_PAUSE_SECONDS
        except Exception as error:  # noqa: BLE001 - a failing archive must not stop the doors of this process
            _log.error("archive.failed", exc_info=error)
            return _FAILURE_PAUSE_SECONDS
        _log.info("archive.completed", records=sum(report.records.values()), files=report.files)
        if report.redrawn.files:
            _log.info("archive.redrawn", records=report.redrawn.records, files=report.redrawn.files)
        for gap in report.gaps:
            _log.error("archive.gap_found", topic=gap.topic, partition=gap.partition, first=gap.start, last=gap.end - 1)
        return _PAUSE_SECONDS


def is_due(now: datetime, last_run: datetime | None) -> bool:
    """Return whether no run has been completed since the last time of the night at which one is made."""
    tonight = datetime.combine(now.astimezone(JAKARTA).date(), _TIME)
    latest = tonight if tonight <= now else tonight - timedelta(days=1)
    return last_run is None or last_run < latest
