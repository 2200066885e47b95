"""Audits again and again, at a slow pace, so that what is lost is known before somebody asks for it."""

import threading
from collections.abc import Callable, Mapping

import structlog

from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable
from monitor.audit.audit import Audit

_KINDS = ("lost", "doubled", "misfiled")

_log = structlog.get_logger()


class Auditing:
    """Runs in a thread of its own. `audit` makes one; `tell` takes how many differences of each kind it found.

    `pause` is in seconds, before each. One that finds something is made again before it is told: a process that was
    killed leaves some differences which pass by themselves.
    """

    def __init__(
        self,
        audit: Callable[[], Audit],
        tell: Callable[[Mapping[str, int]], None],
        stopping: threading.Event,
        pause: float,
        again: float,
    ) -> None:
        self._audit = audit
        self._tell = tell
        self._stopping = stopping
        self._pause = pause
        self._again = again

    def run(self) -> None:
        """Audit until stopped."""
        while not self._stopping.wait(self._pause):
            self.step()

    def step(self) -> None:
        """One audit, or two; what is away then is tried again the next time."""
        try:
            found = self._audit()
            if not found.clean and not self._stopping.wait(self._again):
                found = self._audit()
        except (Retry, Stop, DatabaseUnavailable) as error:
            _log.warning("audit.not_made", cause=str(error))
            return
        except Exception as error:  # noqa: BLE001 - who watches must not take the doors down
            _log.error("audit.unexpected", exc_info=error)
            return
        counts = found.as_json()
        differences = {kind: int(str(counts[kind])) for kind in _KINDS}
        _log.info("audit.made", accepted=found.accepted, pending=found.pending, **differences)
        self._tell(differences)
