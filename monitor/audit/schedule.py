"""Runs an audit at regular intervals, so that a lost message is known before a citizen asks for it."""

import threading
from collections.abc import Callable, Mapping

import structlog

from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable
from monitor.audit.audit import Audit

_log = structlog.get_logger()


class AuditSchedule:
    """Runs audits in a thread of its own.

    `run_audit` makes one audit; `report` receives its number of differences by kind. `pause` is the time before each
    audit and `confirm_pause` the time before its repetition, both in seconds. An audit with differences is repeated
    before it is reported: a killed process leaves some differences that disappear by themselves.
    """

    def __init__(
        self,
        run_audit: Callable[[], Audit],
        report: Callable[[Mapping[str, int]], None],
        stopping: threading.Event,
        pause: float,
        confirm_pause: float,
    ) -> None:
        self._run_audit = run_audit
        self._report = report
        self._stopping = stopping
        self._pause = pause
        self._confirm_pause = confirm_pause

    def run(self) -> None:
        """Audit until the process is asked to stop."""
        while not self._stopping.wait(self._pause):
            self.step()

    def step(self) -> None:
        """Make one audit, and repeat it if it found differences. If the bus or database is away, skip this one."""
        try:
            audit = self._run_audit()
            if not audit.clean and not self._stopping.wait(self._confirm_pause):
                audit = self._run_audit()
        except (Retry, Stop, DatabaseUnavailable) as error:
            _log.warning("audit.skipped", cause=str(error))
            return
        except Exception as error:  # noqa: BLE001 - a failing audit must not stop the doors of this process
            _log.error("audit.failed", exc_info=error)
            return
        differences = audit.counts_by_kind()
        numbers = {"accepted": audit.accepted, "pending": audit.pending, "records_read": audit.records_read}
        _log.info("audit.completed", **numbers, full_reason=audit.full_reason, **differences)
        self._report(differences)
