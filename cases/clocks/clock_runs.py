"""Runs of the clocks of a case: what begins, ends, stops and renews it, by its row. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from cases.clocks.case_events import TRIAGE, CaseEvent, CaseHistory, EventKind, in_order
from cases.clocks.clock_run import ClockRun, Extension
from cases.clocks.clock_table import ClockName, ClockRow, Signal
from cases.clocks.deadlines import Deadlines, Pause

# After one of these the agency does not wait for the sender any more.
_ENDS_OF_WAITING = frozenset({"wrote", "accepted", "responded", "refused", "dispatched", "joined"})

# Signals of events other than dispatches.
_SIGNALS: Mapping[EventKind, Signal] = MappingProxyType(
    {"received": "received", "asked": "asked", "responded": "responded", "closed": "closed"}
)


def clock_runs(
    case: CaseHistory, clocks: Collection[ClockName], deadlines: Deadlines, now: datetime
) -> Mapping[ClockName, Sequence[ClockRun]]:
    """Return the runs of each of these clocks until `now`, the earliest first. Only the last one may be open."""
    events = [(event, _signals(event)) for event in in_order(case.events) if event.at <= now]
    members = [clock_runs(member, clocks, deadlines, now) for member in case.members]
    runs = {}
    for clock in clocks:
        course = _Course(case, clock, deadlines)
        for event, signals in events:
            course.apply(event, signals)
        runs[clock] = course.runs
        for member in members:
            runs[clock] = _with_earlier_start(runs[clock], member[clock], deadlines)
    return runs


class _Course:
    """The runs of a clock while the events of a case are applied one after the other."""

    def __init__(self, case: CaseHistory, clock: ClockName, deadlines: Deadlines) -> None:
        self.runs: list[ClockRun] = []
        self._case = case
        self._clock: ClockName = clock
        self._deadlines = deadlines
        # The agency that has the case; empty before the first dispatch.
        self._agency = ""
        self._accompanies = False
        self._starts = deadlines.clocks.starts.get(clock, frozenset())

    def apply(self, event: CaseEvent, signals: frozenset[Signal]) -> None:
        """Apply one event, known by its signals: first its effect on the clock that runs, then what it begins."""
        is_split = event.kind == "dispatched" and self._accompanies
        # After a split the agency gets the complaint as a new case, also where it lay before.
        is_transfer = is_split or (event.kind == "dispatched" and self._agency not in {"", event.agency})
        if self._is_running:
            self.runs[-1] = _after(self.runs[-1], event, signals, is_transfer=is_transfer)
            if event.kind == "extended" and not any(run.extension for run in self.runs):
                self.runs[-1] = self.runs[-1].extended(Extension(event.at, event.extension_days), self._deadlines)
        if is_split and self._continues_alone(event):
            self.runs[-1] = replace(self.runs[-1], ended_at=None, is_dropped=False)
        if event.kind in {"dispatched", "joined"}:
            self._agency, self._accompanies = event.agency, event.kind == "joined"
        # A dispatch may also begin the run anew.
        if not self._is_running and (event.kind == "dispatched" or signals & self._starts):
            self._begin(event, signals, is_transfer=is_transfer)

    def _begin(self, event: CaseEvent, signals: frozenset[Signal], *, is_transfer: bool) -> None:
        row = self._deadlines.clocks.row(self._clock, event.at, self._case.kind, self._case.topic)
        if row and self._begins(row, event, signals, is_transfer=is_transfer):
            # The sender's days are those of Jakarta: see `Deadlines.objection_deadline`.
            agency = "" if row.duty == "sender" else self._agency
            self.runs.append(ClockRun(row, event.hop, agency, event.at))

    @property
    def _is_running(self) -> bool:
        return bool(self.runs) and self.runs[-1].is_open

    def _continues_alone(self, event: CaseEvent) -> bool:
        """Return whether the clock that was dropped when the complaint came to another case goes on after the split."""
        last = self.runs[-1] if self.runs else None
        if last is None or not last.is_dropped:
            return False
        return last.row.transfer == "continue" or last.agency == event.agency

    def _begins(self, row: ClockRow, event: CaseEvent, signals: frozenset[Signal], *, is_transfer: bool) -> bool:
        """Return whether an event begins a run: by its row, or anew. A dispatch begins it only for who must act."""
        if event.kind == "received":
            return "received" in row.starts and not self.runs
        if event.kind != "dispatched":
            return bool(signals & row.starts)
        is_duty = row.duty != "sender" and (row.duty == "triage") == (event.agency == TRIAGE)
        if event.is_reopening:
            return row.reopening == "anew" and (is_duty or "received" in row.starts)
        if self.runs:
            return is_transfer and row.transfer == "anew" and is_duty
        return is_duty and bool(signals & row.starts)


def _after(run: ClockRun, event: CaseEvent, signals: frozenset[Signal], *, is_transfer: bool) -> ClockRun:
    """Return a run that is open after an event."""
    if signals & run.row.ends:
        return run.ended(event.at)
    if event.kind in {"withdrawn", "joined"}:
        return run.ended(event.at, is_dropped=True)
    if _is_renewed(run, event, signals, is_transfer=is_transfer):
        return run.ended(event.at, is_dropped=True)
    if signals & run.row.pauses:
        return run.resumed(event.at).paused(event.at)
    return run.resumed(event.at) if event.kind in _ENDS_OF_WAITING else run


def _is_renewed(run: ClockRun, event: CaseEvent, signals: frozenset[Signal], *, is_transfer: bool) -> bool:
    """Return whether an event makes a new run of this one: a transfer, a reopening, or another answer."""
    if event.is_reopening:
        return run.row.reopening == "anew"
    if is_transfer:
        return run.row.transfer == "anew"
    return run.row.duty == "sender" and bool(signals & run.row.starts)


def _signals(event: CaseEvent) -> frozenset[Signal]:
    """Return what the rows know an event as."""
    if signal := _SIGNALS.get(event.kind):
        return frozenset({signal})
    signals: set[Signal] = set()
    if event.kind in {"dispatched", "joined"} and event.agency != TRIAGE:
        signals.add("forwarded")
    if event.kind == "dispatched" and event.agency != TRIAGE:
        signals.add("dispatched")
    if event.is_reopening:
        signals.add("reopened")
    return frozenset(signals)


def _with_earlier_start(
    runs: Sequence[ClockRun], member_runs: Sequence[ClockRun], deadlines: Deadlines
) -> list[ClockRun]:
    """Return the runs of a case, each with the beginning of the member's run if that is earlier.

    The member's run is the one that was dropped when it came to the case. It must have been at the same agency, unless
    the clock begins with the arrival. Its row, zone, pauses and extension come with its beginning.
    """
    joined = next((run for run in reversed(member_runs) if run.is_dropped), None)
    return [_earlier(run, joined, deadlines) if joined else run for run in runs]


def _earlier(run: ClockRun, joined: ClockRun, deadlines: Deadlines) -> ClockRun:
    joined_at = joined.ended_at
    if joined_at is None or not joined.started_at < run.started_at <= joined_at or _ended_before(run, joined_at):
        return run
    if "received" not in run.row.starts and joined.agency != run.agency:
        return run
    # Before it came to the case, the clock stood as its own agency waited.
    own_pauses = (Pause(max(start, joined_at), end) for start, end in run.pauses)
    pauses = (*joined.pauses, *(pause for pause in own_pauses if pause.start < pause.end))
    earlier = replace(
        run,
        row=joined.row,
        agency=joined.agency,
        started_at=joined.started_at,
        pauses=pauses,
        extension=joined.extension,
    )
    # An extension of the case counts if it was given before the earlier deadline.
    return earlier.extended(run.extension, deadlines) if run.extension else earlier


def _ended_before(run: ClockRun, at: datetime) -> bool:
    return run.ended_at is not None and run.ended_at < at
