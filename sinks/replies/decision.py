"""Decision to send a reply now, later or not at all.

Pure functions: the time and the delivery history come in as values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
# An address that refused us is tried again after this time: people opt in again, and Twilio still refuses for those
# who did not.
UNREACHABLE_PERIOD = timedelta(days=30)
# A provider call takes two minutes at most. A reply that has been `sending` for longer belongs to a dead process.
SENDING_TIMEOUT = timedelta(minutes=10)
# First and longest wait after a failure, for the reply itself and for its provider. The wait doubles each time.
_REPLY_BACKOFF = (timedelta(seconds=30), timedelta(hours=1))
_PROVIDER_BACKOFF = (timedelta(seconds=5), timedelta(minutes=15))
# Beyond this many doublings every wait has reached its longest value; a larger shift would only cost memory.
_MAX_DOUBLINGS = 20

# Twilio's message statuses in the order in which they can happen. A status that arrives late or twice changes nothing.
_STATUS_ORDER: Mapping[str, int] = {
    "accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4,
    "delivered": 5, "undelivered": 5, "failed": 5, "canceled": 5, "read": 6,
}  # fmt: skip
UNDELIVERED_STATUSES = frozenset({"undelivered", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Limits of one channel.

    `per_sender` replies a day go to one sender or one address. `windows` limit the whole channel: a number of replies
    in a period. A reply older than `max_age` is not sent any more.
    """

    per_sender: int
    windows: Sequence[tuple[int, timedelta]]
    max_age: timedelta


@dataclass(frozen=True, slots=True)
class DeliveryHistory:
    """Deliveries of one channel up to now.

    The provider is paused until `paused_until`. `window_starts` has one entry for each of the limits' windows: the time
    at which the oldest delivery that fills the window began, or `None` while the window has room.
    `sent_to_sender` counts the last day, to the sender and to the address. `unreachable` is the reason and the time of
    the address's refusal.
    """

    paused_until: datetime
    window_starts: Sequence[datetime | None]
    sent_to_sender: int
    unreachable: tuple[str, datetime] | None


@dataclass(frozen=True, slots=True)
class SendNow:
    """The reply may be sent now."""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing may be sent on this channel before `time`."""

    time: datetime


@dataclass(frozen=True, slots=True)
class Withhold:
    """The reply is never sent; `state` is `withheld` or `expired`."""

    reason: str
    state: str = "withheld"


def decide_delivery(
    made_at: datetime, now: datetime, history: DeliveryHistory, limits: ReplyLimits
) -> SendNow | WaitUntil | Withhold:
    """Return the decision about a reply that was made at `made_at`."""
    if now - made_at > limits.max_age:
        return Withhold("too_old", "expired")
    if history.unreachable and now - history.unreachable[1] <= UNREACHABLE_PERIOD:
        return Withhold(history.unreachable[0])
    # Somebody may write a hundred SMS in another person's name. The replies over the limit do not wait for tomorrow.
    if history.sent_to_sender >= limits.per_sender:
        return Withhold("sender_limit")
    windows = zip(history.window_starts, limits.windows, strict=True)
    window_ends = [start + period for start, (_, period) in windows if start is not None]
    earliest = max([history.paused_until, *window_ends])
    return WaitUntil(earliest) if earliest > now else SendNow()


def reply_backoff(attempts: int) -> timedelta:
    """Return the time that a reply waits after this many failed attempts."""
    return _doubled(_REPLY_BACKOFF, attempts)


def provider_backoff(failures: int) -> timedelta:
    """Return the time that a provider rests after this many failures in a row, if it names no time itself."""
    return _doubled(_PROVIDER_BACKOFF, failures)


def is_later_status(current: str, received: str) -> bool:
    """Return True if the received status comes after the current one. Statuses arrive unordered and repeatedly."""
    return _STATUS_ORDER.get(received, 0) > _STATUS_ORDER.get(current, 0)


def _doubled(backoff: tuple[timedelta, timedelta], times: int) -> timedelta:
    first, longest = backoff
    return min(first * (1 << min(times - 1, _MAX_DOUBLINGS)), longest)
