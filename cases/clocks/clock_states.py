"""States of the clocks of a case at a moment, from its events. Pure.

The result depends only on the events, the tables and the moment: replay, restart and the order of topics change
nothing. A change of the table of clocks changes no clock that runs: the row is that of the day on which it began.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from cases.clocks.case_events import CaseHistory
from cases.clocks.clock_run import ClockRun
from cases.clocks.clock_runs import clock_runs
from cases.clocks.clock_table import CASE_CLOCKS, ClockName, Duty
from cases.clocks.deadlines import Deadlines

# `running`: before its deadline. `paused`: the agency waits for the sender. `met`: done in time. `missed`: the deadline
# passed, if it was done later or not. `dropped`: the case went on without it, before the deadline.
State: TypeAlias = Literal["running", "paused", "met", "missed", "dropped"]

# From so many periods after its beginning on, a clock is twice, and three times overdue.
TWICE, THREE_TIMES = 2, 3


@dataclass(frozen=True, slots=True)
class ClockState:
    """A clock of a case at a moment. Clock and hop name it within its case; an objection also needs its beginning.

    `until` is the end of the run, or the moment of the state while it runs.
    """

    run: ClockRun
    state: State
    due_at: datetime
    until: datetime

    @property
    def clock(self) -> ClockName:
        """Name of the clock."""
        return self.run.row.clock

    @property
    def duty(self) -> Duty:
        """Who must act before the deadline."""
        return self.run.row.duty

    def last_day_at(self, deadlines: Deadlines) -> datetime:
        """Return the moment at which the last day before the deadline begins."""
        return self.run.due_at(deadlines, self.until, self.run.row.days - 1)

    def twice_due_at(self, deadlines: Deadlines) -> datetime:
        """Return the end of two periods."""
        return self.run.due_at(deadlines, self.until, TWICE * self.run.row.days)

    def three_times_due_at(self, deadlines: Deadlines) -> datetime:
        """Return the end of three periods."""
        return self.run.due_at(deadlines, self.until, THREE_TIMES * self.run.row.days)

    def times_overdue(self, deadlines: Deadlines) -> int:
        """Return the number of full periods that have passed: 0 before the deadline."""
        return _full_periods(self.run, deadlines, self.until) if self.due_at < self.until else 0


def clock_states(case: CaseHistory, deadlines: Deadlines, now: datetime) -> Sequence[ClockState]:
    """Return every clock that the case has had until `now`, by name in the order of the table, then by beginning."""
    return states_of_runs(runs_by_clock(case, deadlines, now), deadlines, now)


def runs_by_clock(case: CaseHistory, deadlines: Deadlines, now: datetime) -> Mapping[ClockName, Sequence[ClockRun]]:
    """Return the runs of every clock of a case until `now`, in the order of the table."""
    return clock_runs(case, [clock for clock in deadlines.clocks.names if clock in CASE_CLOCKS], deadlines, now)


def states_of_runs(
    runs: Mapping[ClockName, Sequence[ClockRun]], deadlines: Deadlines, now: datetime
) -> Sequence[ClockState]:
    """Return the states of the runs of `runs_by_clock` at `now`."""
    return [_state(run, deadlines, now) for of_clock in runs.values() for run in of_clock]


def _state(run: ClockRun, deadlines: Deadlines, now: datetime) -> ClockState:
    until = run.ended_at or now
    due_at = run.due_at(deadlines, until)
    return ClockState(run, _state_name(run, due_at, until), due_at, until)


def _state_name(run: ClockRun, due_at: datetime, until: datetime) -> State:
    if until > due_at:
        return "missed"
    if run.ended_at:
        return "dropped" if run.is_dropped else "met"
    return "paused" if run.paused_at else "running"


def _full_periods(run: ClockRun, deadlines: Deadlines, until: datetime) -> int:
    """Return the number of full periods until a moment. The deadline is before it."""

    def ends_later(periods: int) -> bool:
        return run.due_at(deadlines, until, periods * run.row.days) >= until

    most = 2
    while not ends_later(most):
        most *= 2
    return bisect_left(range(most), True, most // 2, key=ends_later) - 1
