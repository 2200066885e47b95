"""The audit schedule reports differences, and continues after an error."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import snapshot_collector
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
    """Yield the log of the test."""
    with captured_log() as captured:
        yield captured


def audit_results(*results: Audit | Exception) -> Callable[[], Audit]:
    """Return a function that returns or raises one result after the other."""
    remaining = list(results)

    def audit() -> Audit:
        result = remaining.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    return audit


def reports_of_step(*results: Audit | Exception) -> list[Mapping[str, int]]:
    """Return the reports of one step with these audit results."""
    reports: list[Mapping[str, int]] = []
    AuditSchedule(audit_results(*results), reports.append, threading.Event(), 60.0, 0.0).step()
    return reports


def test_differences_are_reported_by_kind(log: CapturedLog) -> None:
    """They are reported after a second audit confirmed them. An audit without differences is reported too."""
    assert reports_of_step(LOST, LOST) == [{"lost": 2, "doubled": 0, "misfiled": 0, "miscounted": 0}]
    assert reports_of_step(Audit()) == [{"lost": 0, "doubled": 0, "misfiled": 0, "miscounted": 0}]
    assert [line["event"] for line in log.lines] == ["audit.completed", "audit.completed"]


def test_a_temporary_difference_is_not_reported(log: CapturedLog) -> None:
    """The second audit counts."""
    assert reports_of_step(LOST, Audit(accepted=9)) == [{"lost": 0, "doubled": 0, "misfiled": 0, "miscounted": 0}]


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (Retry("away"), "audit.skipped"),
        (Stop("no room"), "audit.skipped"),
        (DatabaseUnavailable("away"), "audit.skipped"),
        (KeyError("x"), "audit.failed"),
    ],
)
def test_an_error_skips_the_audit(log: CapturedLog, error: Exception, event: str) -> None:
    """Nothing is reported, so the previous report stays."""
    assert reports_of_step(error) == []
    assert [line["event"] for line in log.lines] == [event]


def test_a_stop_ends_the_pause(log: CapturedLog) -> None:
    """This also holds for the pause before the second audit."""
    stopping = threading.Event()
    reports: list[Mapping[str, int]] = []
    schedule = AuditSchedule(audit_results(LOST), reports.append, stopping, 0.0, 600.0)
    thread = threading.Thread(target=schedule.run)
    thread.start()
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_difference_raises_an_alert(parts: Parts) -> None:
    """The counts of the audit are part of the next snapshot."""
    collector = snapshot_collector(parts)
    assert "audit" not in {alert.name for alert in find_alerts(collector.collect(), DIRECTORY)}
    collector.record_audit({"lost": 2, "doubled": 0, "misfiled": 0, "miscounted": 0})
    assert "audit" in {alert.name for alert in find_alerts(collector.collect(), DIRECTORY)}
    collector.close()
