"""Events of a deadline: what oversight and the agency hear of, and when. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from messages import ids

# `due`: the last day before the deadline has begun. `overdue`: the deadline has passed. `twice-overdue` and
# `three-times-overdue`: so many periods have passed since the beginning.
DeadlineEventKind: TypeAlias = Literal["due", "overdue", "twice-overdue", "three-times-overdue"]
# In their order. After one of them, the ones before it are not told any more.
KINDS: Sequence[DeadlineEventKind] = ("due", "overdue", "twice-overdue", "three-times-overdue")


class DeadlineEvent(NamedTuple):
    """An event and its moment."""

    kind: DeadlineEventKind
    at: datetime


class ClockMoments(Protocol):
    """A clock, as far as its events need it."""

    @property
    def complaint_id(self) -> UUID:
        """The case."""

    @property
    def clock(self) -> str:
        """Name of the clock."""

    @property
    def hop(self) -> int:
        """The dispatch that began it."""

    @property
    def last_day_at(self) -> datetime:
        """Beginning of the last day before the deadline."""

    @property
    def due_at(self) -> datetime:
        """The deadline."""

    @property
    def twice_at(self) -> datetime:
        """End of two periods."""

    @property
    def three_times_at(self) -> datetime:
        """End of three periods."""


def deadline_event_id(clock: ClockMoments, kind: DeadlineEventKind) -> UUID:
    """Return the id of an event. It follows from the clock, so that each event is told once."""
    return ids.event_id(clock.complaint_id, f"{kind}:{clock.clock}:{clock.hop}")


def untold_events(clock: ClockMoments, told: Collection[UUID]) -> Sequence[DeadlineEvent]:
    """Return the events of a clock that follow on the last one that was told. `told` are the ids of told events."""
    if not told:
        return list(_events(clock))
    told_kinds = [index for index, kind in enumerate(KINDS) if deadline_event_id(clock, kind) in told]
    return list(_events(clock))[max(told_kinds, default=-1) + 1 :]


def events_to_tell(clock: ClockMoments, told: Collection[UUID], now: datetime) -> Sequence[DeadlineEvent]:
    """Return the events that are to be told now. A deadline that has passed is not announced any more."""
    events = [event for event in untold_events(clock, told) if event.at <= now]
    return events if len(events) == 1 else [event for event in events if event.kind != "due"]


def _events(clock: ClockMoments) -> Iterator[DeadlineEvent]:
    yield DeadlineEvent("due", clock.last_day_at)
    yield DeadlineEvent("overdue", clock.due_at)
    yield DeadlineEvent("twice-overdue", clock.twice_at)
    yield DeadlineEvent("three-times-overdue", clock.three_times_at)
