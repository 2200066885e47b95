"""Time of a process. Only this module reads the system's clock; all others take a `Clock` or a function of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Time. `now` returns that of day in UTC, `monotonic` seconds that never go back; `sleep` waits seconds."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def timestamp(self) -> float:
        """Return seconds since 1970 UTC."""
        return self.now().timestamp()


def system_clock() -> Clock:
    """Return the clock of this machine, for the place where a process begins."""
    return Clock(utc_now, time.monotonic, time.sleep)


def utc_now() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)
