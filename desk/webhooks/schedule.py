"""Decision after an attempt to deliver: done, try again at a time, give up, or switch the webhook off. Pure.

Time and jitter are arguments. `jitter` is a random number from 0 to below 1.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, TypeAlias

# Waits after each failed attempt: 75 hours in all. Each is varied by `_JITTER_SHARE` up or down, so that the attempts
# of many deliveries do not come at the same moment.
RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_JITTER_SHARE = 0.2
# An address is tried for this long at least: a recovered receiver is sent everything at once, which uses up attempts.
MIN_PERIOD = timedelta(days=3)
# Later notices of a case wait so long behind one that fails, then they are sent before it.
ORDER_PATIENCE = timedelta(minutes=2)
# Failures in a row that open the circuit of a webhook.
CIRCUIT_FAILURES = 5
_CIRCUIT_PAUSE = (timedelta(seconds=30), timedelta(minutes=15))
# Beyond this many doublings the pause has its longest value.
_MAX_DOUBLINGS = 10
# Longest `Retry-After` that is honoured.
MAX_RETRY_AFTER = timedelta(hours=24)

OffReason: TypeAlias = Literal["failing", "gone"]


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """Result of one attempt. `status` is that of the answer, 0 without one. `error` is a constant, empty on success.

    `retry_after` is the wait that a busy receiver asked for (429 or 503). It replaces the usual one, shorter or longer.
    """

    status: int = 0
    error: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """Earlier attempts of the delivery, and state of its webhook: failures since its last success."""

    earlier_attempts: int
    first_attempt_at: datetime | None
    webhook_failures: int
    webhook_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took the notice. If `recovered`, everything that waits for this webhook is due at once."""

    recovered: bool


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at `time`. The whole webhook rests until `paused_until`, if set."""

    time: datetime
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Give up this delivery only: other notices reached the receiver meanwhile."""


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Switch the webhook off. The delivery waits until a person switches it on again."""

    reason: OffReason


Decision: TypeAlias = Delivered | RetryAt | GiveUp | SwitchOff


def decide_after_attempt(result: AttemptResult, progress: DeliveryProgress, now: datetime, jitter: float) -> Decision:
    """Return what follows from the result of an attempt."""
    if not result.error:
        return Delivered(progress.webhook_failures >= CIRCUIT_FAILURES)
    if result.status == HTTPStatus.GONE:
        return SwitchOff("gone")
    first_attempt_at = progress.first_attempt_at or now
    attempts = progress.earlier_attempts + 1
    if attempts > len(RETRY_DELAYS) and now - first_attempt_at >= MIN_PERIOD:
        reached = progress.webhook_success_at is not None and progress.webhook_success_at >= first_attempt_at
        return GiveUp() if reached else SwitchOff("failing")
    return _retry(result, attempts, progress.webhook_failures + 1, now, jitter)


def circuit_is_open(failures: int) -> bool:
    """Return True if the next attempt is a probe: one delivery alone, until it succeeds."""
    return failures >= CIRCUIT_FAILURES


def allowed_deliveries(failures: int, webhook_in_flight: int, agency_in_flight: int, max_per_agency: int) -> int:
    """Return how many more deliveries of a webhook may be in flight now."""
    free = max_per_agency - agency_in_flight
    return max(0, min(free, 1 - webhook_in_flight) if circuit_is_open(failures) else free)


def _retry(result: AttemptResult, attempts: int, failures: int, now: datetime, jitter: float) -> RetryAt:
    factor = 1 + _JITTER_SHARE * (2 * jitter - 1)
    delay = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1] * factor
    pause = _circuit_pause(failures) * factor if circuit_is_open(failures) else timedelta()
    if result.retry_after is not None:
        requested = min(result.retry_after, MAX_RETRY_AFTER)
        delay = max(requested, RETRY_DELAYS[0])
        pause = max(requested, _CIRCUIT_PAUSE[0] if circuit_is_open(failures) else RETRY_DELAYS[0])
    return RetryAt(now + delay, now + pause if pause else None)


def _circuit_pause(failures: int) -> timedelta:
    shortest, longest = _CIRCUIT_PAUSE
    return min(shortest * (1 << min(failures - CIRCUIT_FAILURES, _MAX_DOUBLINGS)), longest)
