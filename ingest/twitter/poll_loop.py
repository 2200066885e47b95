"""Looks at X again and again, and waits as long as it takes after each way in which something is away."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from bus.errors import Retry
from config.database import DatabaseUnavailable
from ingest.twitter.client import XAway
from ingest.twitter.read_budget import ReadsSpent

# X's rate-limit window.
_LONGEST_WAIT_SECONDS = 900.0
# How many pauses to wait at first when X limits us without saying for how long, and at most when X is away.
_LIMITED_PAUSES = 4
_AWAY_PAUSES = 8

_log = structlog.get_logger()


class Looking:
    """Runs in a thread of its own. `pause` is the seconds between two looks; after a failure it grows."""

    def __init__(
        self,
        part: str,
        look: Callable[[], object],
        now: Callable[[], datetime],
        pause: float,
        stopping: threading.Event,
    ) -> None:
        self._part = part
        self._look = look
        self._now = now
        self._pause = pause
        self._stopping = stopping
        # Why the last look found nothing out; empty when it did.
        self.why = ""

    def run(self) -> None:
        """Look until stopped."""
        failures = 0
        while not self._stopping.is_set():
            wait = self._pause
            try:
                self._look()
                failures, self.why = 0, ""
            except ReadsSpent as spent:
                self.why = "reads_spent"
                wait = max((spent.until - self._now()).total_seconds(), 0) + 1
            except XAway as error:
                failures, self.why = failures + 1, error.cause
                wait = self._wait_for(error, failures)
                _log.info("x.away", part=self._part, cause=error.cause, seconds=wait)
            except (Retry, DatabaseUnavailable) as error:
                failures, self.why = failures + 1, "not_kept"
                wait = self._backoff(failures)
                _log.warning("x.not_kept", part=self._part, cause=type(error).__name__, seconds=wait)
            self._stopping.wait(wait)

    def _wait_for(self, error: XAway, failures: int) -> float:
        if error.reset is not None:
            # One second more: X's clock and ours need not agree. Said again and again to be over, it is not believed.
            told = max(error.reset - self._now().timestamp(), 0) + 1
            return min(max(told, self._backoff(failures - 1) if failures > 1 else 0), _LONGEST_WAIT_SECONDS)
        if error.cause == "rate_limited":
            return min(self._pause * _LIMITED_PAUSES * failures, _LONGEST_WAIT_SECONDS)
        return self._backoff(failures)

    def _backoff(self, failures: int) -> float:
        return self._pause * min(2.0 ** min(failures - 1, 10), _AWAY_PAUSES)
