"""One run of a clock: from its beginning to its end, with the pauses between. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from cases.clocks.clock_table import ClockRow
from cases.clocks.deadlines import Deadlines, Pause
from config.time_zones import agency_time_zone


class Extension(NamedTuple):
    """An extension of a deadline that counts: when, and by how many working days."""

    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class ClockRun:
    """One run, by the row that was valid when it began.

    `hop` is the dispatch that began it (0 for the arrival), `agency` that of its beginning: it has the zone.
    `paused_at`: it stands since then. `ended_at`: what it waits for happened; with `is_dropped`, nobody waits for that
    any more, because the case went on without it.
    `extension`: the agency extended the deadline.
    """

    row: ClockRow
    hop: int
    agency: str
    started_at: datetime
    pauses: tuple[Pause, ...] = ()
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    is_dropped: bool = False
    extension: Extension | None = None

    @property
    def is_open(self) -> bool:
        """True while somebody must act."""
        return self.ended_at is None

    def paused(self, at: datetime) -> "ClockRun":
        """Return the run with the beginning of a pause. A run that stands already stands on."""
        return self if self.paused_at else replace(self, paused_at=at)

    def resumed(self, at: datetime) -> "ClockRun":
        """Return the run with the end of its pause, if it stands."""
        if self.paused_at is None:
            return self
        return replace(self, pauses=(*self.pauses, Pause(self.paused_at, at)), paused_at=None)

    def ended(self, at: datetime, *, is_dropped: bool = False) -> "ClockRun":
        """Return the run with its end."""
        return replace(self.resumed(at), ended_at=at, is_dropped=is_dropped)

    def extended(self, extension: Extension, deadlines: Deadlines) -> "ClockRun":
        """Return the run with an extension, if its row allows it, it is the first one and comes before the deadline.

        A pause moves the deadline and not the last moment of an extension: the router judges it without pauses.
        """
        if self.extension or not 0 < extension.days <= self.row.extension_days:
            return self
        last_moment = deadlines.deadline(self.row, self.started_at, agency_time_zone(self.agency))
        return replace(self, extension=extension) if extension.at <= last_moment else self

    def due_at(self, deadlines: Deadlines, now: datetime, days: int | None = None) -> datetime:
        """Return the deadline, or the end of so many days; both with the days of the extension.

        While the clock stands, the sender might write now.
        """
        pauses: Sequence[Pause] = self.resumed(max(now, self.paused_at or now)).pauses
        if self.extension:
            days = (self.row.days if days is None else days) + self.extension.days
        return deadlines.deadline(self.row, self.started_at, agency_time_zone(self.agency), pauses, days)
