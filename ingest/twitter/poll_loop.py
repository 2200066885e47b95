"""Repeats requests to X. The pause after a failure depends on its cause."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from bus.errors import Retry, Stop, cause_of
from config.database import DatabaseUnavailable
from ingest.twitter.client import XUnavailable
from ingest.twitter.lease import Lease
from ingest.twitter.read_budget import ReadsSpent

# X's rate-limit window.
_MAX_WAIT_SECONDS = 900.0
# First wait, in pauses, when X limits us without naming a time.
_RATE_LIMITED_PAUSES = 4
# Longest wait, in pauses, when X is away.
_MAX_BACKOFF_PAUSES = 8
# Doublings after which the backoff is certainly at its maximum. Keeps the power of two small.
_MAX_DOUBLINGS = 10
# X's clock and ours may differ by a second.
_CLOCK_MARGIN_SECONDS = 1

_log = structlog.get_logger()


class PollLoop:
    """Runs in its own thread. `pause` is the seconds between two calls of `poll`; it grows after a failure.

    It calls `poll` only while this process holds the lease. `failure_cause` is the cause of the last failure; empty
    after a success, and while another process reads X. `part` names the loop in the log.
    """

    def __init__(
        self,
        part: str,
        poll: Callable[[], object],
        now: Callable[[], datetime],
        pause: float,
        stopping: threading.Event,
        lease: Lease,
    ) -> None:
        self._part = part
        self._poll = poll
        self._now = now
        self._pause = pause
        self._stopping = stopping
        self._lease = lease
        self.failure_cause = ""

    def run(self) -> None:
        """Poll until stopped."""
        failures = 0
        while not self._stopping.is_set():
            wait_seconds = self._pause
            try:
                if self._lease.is_held():
                    self._poll()
                failures, self.failure_cause = 0, ""
            except ReadsSpent as spent:
                self.failure_cause = "reads_spent"
                wait_seconds = max((spent.until - self._now()).total_seconds(), 0) + _CLOCK_MARGIN_SECONDS
            except XUnavailable as error:
                failures, self.failure_cause = failures + 1, error.cause
                wait_seconds = self._wait_after(error, failures)
                _log.info("x.request_failed", part=self._part, cause=error.cause, seconds=wait_seconds)
            except (Retry, DatabaseUnavailable) as error:
                failures, self.failure_cause = failures + 1, "not_kept"
                wait_seconds = self._backoff(failures)
                _log.warning("x.store_failed", part=self._part, cause=cause_of(error), seconds=wait_seconds)
            except Stop:
                raise
            except Exception as error:  # noqa: BLE001 - it must not end the process, which has the other doors too
                failures, self.failure_cause = failures + 1, "unexpected"
                wait_seconds = self._backoff(failures)
                _log.error("x.poll_failed", part=self._part, seconds=wait_seconds, exc_info=error)
            self._stopping.wait(wait_seconds)

    def _wait_after(self, error: XUnavailable, failures: int) -> float:
        """Return the seconds to wait after an error of X."""
        if error.reset is not None:
            until_reset = max(error.reset - self._now().timestamp(), 0) + _CLOCK_MARGIN_SECONDS
            # After repeated failures X's reset time is not trusted any more: the wait also grows.
            minimum = self._backoff(failures - 1) if failures > 1 else 0
            return min(max(until_reset, minimum), _MAX_WAIT_SECONDS)
        if error.cause == "rate_limited":
            return min(self._pause * _RATE_LIMITED_PAUSES * failures, _MAX_WAIT_SECONDS)
        return self._backoff(failures)

    def _backoff(self, failures: int) -> float:
        """Return the seconds to wait: one pause, then twice as long with each failure."""
        return self._pause * min(2.0 ** min(failures - 1, _MAX_DOUBLINGS), _MAX_BACKOFF_PAUSES)
