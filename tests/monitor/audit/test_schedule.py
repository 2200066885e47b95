"""Audits at a slow pace: what they find is told, and what is away or a fault of ours ends nothing."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import watch
from app.assembly.parts import Parts
from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable
from monitor.alert_conditions import find_alerts
from monitor.audit.audit import Audit
from monitor.audit.schedule import AuditSchedule
from tests.support.log_capture import CapturedLog, captured_log

LOST = Audit(accepted=9, counts=Counter({"no_outcome": 2}))


@pytest.fixture
def log() -> Iterator[CapturedLog]:
    """What is logged."""
    with captured_log() as made:
        yield made


def audits(*found: Audit | Exception) -> Callable[[], Audit]:
    """One after the other."""
    left = list(found)

    def audit() -> Audit:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return audit


def told_by(*found: Audit | Exception) -> list[Mapping[str, int]]:
    """What one step tells of these audits."""
    told: list[Mapping[str, int]] = []
    AuditSchedule(audits(*found), told.append, threading.Event(), 60.0, 0.0).step()
    return told


def test_differences_are_told_by_kind(log: CapturedLog) -> None:
    """After a second look found them too; none where all is well."""
    assert told_by(LOST, LOST) == [{"lost": 2, "doubled": 0, "misfiled": 0}]
    assert told_by(Audit()) == [{"lost": 0, "doubled": 0, "misfiled": 0}]
    assert [line["event"] for line in log.lines] == ["audit.completed", "audit.completed"]


def test_what_passes_by_itself_is_not_told(log: CapturedLog) -> None:
    """The second look counts."""
    assert told_by(LOST, Audit(accepted=9)) == [{"lost": 0, "doubled": 0, "misfiled": 0}]


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (Retry("away"), "audit.skipped"),
        (Stop("no room"), "audit.skipped"),
        (DatabaseUnavailable("away"), "audit.skipped"),
        (KeyError("x"), "audit.failed"),
    ],
)
def test_what_is_away_ends_nothing(log: CapturedLog, error: Exception, event: str) -> None:
    """What was told last still stands."""
    assert told_by(error) == []
    assert [line["event"] for line in log.lines] == [event]


def test_it_audits_until_it_is_stopped(log: CapturedLog) -> None:
    """A stop in the middle of a pause, or before the second look, is log at once."""
    stopping = threading.Event()
    told: list[Mapping[str, int]] = []
    auditing = AuditSchedule(audits(LOST), told.append, stopping, 0.0, 600.0)
    thread = threading.Thread(target=auditing.run)
    thread.start()
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_difference_is_on_the_console(parts: Parts) -> None:
    """From the audit to what needs a person."""
    looking = watch(parts)
    assert "audit" not in {one.name for one in find_alerts(looking.collect(), DIRECTORY)}
    looking.record_audit({"lost": 2, "doubled": 0, "misfiled": 0})
    assert "audit" in {one.name for one in find_alerts(looking.collect(), DIRECTORY)}
    looking.close()
