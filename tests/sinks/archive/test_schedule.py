"""The monitor archives once a night."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bus.errors import Retry
from sinks.archive.archiver import ArchiveReport
from sinks.archive.manifest import Gap
from sinks.archive.schedule import ArchiveSchedule, is_due
from tests.support.log_capture import captured_log

# 01:00 in Jakarta.
NIGHT = datetime(2026, 3, 31, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since_night", "last_run", "is_expected"),
    [
        (timedelta(), None, True),
        (timedelta(), timedelta(hours=-1), True),
        (timedelta(hours=5), timedelta(minutes=3), False),
        (timedelta(hours=23, minutes=59), timedelta(), False),
        (timedelta(hours=24), timedelta(), True),
        (timedelta(hours=-1), timedelta(hours=-26), True),
    ],
)
def test_once_a_night(since_night: timedelta, last_run: timedelta | None, *, is_expected: bool) -> None:
    """A run is due once after each 01:00 in Jakarta, also after a night in which the monitor did not run."""
    assert is_due(NIGHT + since_night, None if last_run is None else NIGHT + last_run) is is_expected


def test_failures_are_logged_and_gaps_named() -> None:
    """A run that fails is tried again later, and the gaps of a run are logged."""
    outcomes: list[ArchiveReport | Exception] = [
        Retry("away"),
        KeyError("bug"),
        ArchiveReport({"complaints": 2}, 1, [Gap(topic="complaints", partition=0, start=0, end=5)]),
    ]

    def archive() -> ArchiveReport:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    schedule = ArchiveSchedule(archive, lambda: None, lambda: NIGHT, threading.Event())
    with captured_log() as log:
        pauses = [schedule.step() for _ in range(3)]
    assert [line["event"] for line in log.lines] == [
        *("archive.skipped", "archive.failed", "archive.completed", "archive.gap_found")
    ]
    assert (log.lines[2]["records"], log.lines[3]["last"]) == (2, 4)
    assert pauses[0] > pauses[2]
