"""Whether a reply goes now, later or not at all. Pure: the time and what went before come in as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
# An address that refused us is asked again after so long: people opt in again, and Twilio still refuses for those who
# did not.
REMEMBERED = timedelta(days=30)
# A call takes two minutes at most; whoever began so long ago and never said how it ended is dead.
LEASE = timedelta(minutes=10)
# After a failure the same reply waits, and so does its way, twice as long each time.
_REPLY_WAITS = (timedelta(seconds=30), timedelta(hours=1))
_WAY_WAITS = (timedelta(seconds=5), timedelta(minutes=15))

# What Twilio says of a message, in the order in which it can happen; what comes late or twice changes nothing.
_STATUSES: Mapping[str, int] = {
    "accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4,
    "delivered": 5, "undelivered": 5, "failed": 5, "canceled": 5, "read": 6,
}  # fmt: skip
LOST = frozenset({"undelivered", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Limits:
    """`per_sender` in a day; `windows` bound the whole way: so many in so long. `oldest` is the age to give up at."""

    per_sender: int
    windows: Sequence[tuple[int, timedelta]]
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class Past:
    """What went before, on this way. `full` holds, for each window, when the oldest that fills it began, if it is full.

    `to_sender` counts the last day; `unreachable` is why the address refused us, and when.
    """

    not_before: datetime
    full: Sequence[datetime | None]
    to_sender: int
    unreachable: tuple[str, datetime] | None


@dataclass(frozen=True, slots=True)
class Go:
    """Now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`, nor anything else on this way."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Withhold:
    """Not at all; `state` is `withheld` or `expired`."""

    reason: str
    state: str = "withheld"


def judge(made_at: datetime, now: datetime, past: Past, limits: Limits) -> Go | Wait | Withhold:
    """What becomes of a reply that was made then."""
    if now - made_at > limits.oldest:
        return Withhold("too_old", "expired")
    if past.unreachable and now - past.unreachable[1] <= REMEMBERED:
        return Withhold(past.unreachable[0])
    # Somebody else may write in a sender's name, a hundred times: the rest of the hundred is not for tomorrow.
    if past.to_sender >= limits.per_sender:
        return Withhold("sender_limit")
    full = zip(past.full, limits.windows, strict=True)
    until = max([past.not_before, *(began + window for began, (_, window) in full if began is not None)])
    return Wait(until) if until > now else Go()


def reply_wait(attempts: int) -> timedelta:
    """How long a reply waits after so many failures."""
    return _doubled(_REPLY_WAITS, attempts)


def way_wait(failures: int) -> timedelta:
    """How long a way waits after so many failures in a row, where its provider does not say."""
    return _doubled(_WAY_WAITS, failures)


def further(known: str, heard: str) -> bool:
    """Whether this status is news: they come unordered, and more than once."""
    return _STATUSES.get(heard, 0) > _STATUSES.get(known, 0)


def _doubled(waits: tuple[timedelta, timedelta], times: int) -> timedelta:
    first, longest = waits
    return min(first * (1 << min(times - 1, 20)), longest)
