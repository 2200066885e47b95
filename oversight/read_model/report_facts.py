"""All facts of one report, and the history of its clocks that follows from them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from cases.clocks.case_events import TRIAGE, CaseEvent, CaseHistory
from cases.clocks.clock_run import ClockRun
from cases.clocks.clock_states import ClockState, runs_by_clock, states_of_runs
from cases.clocks.clock_table import ClockName
from cases.clocks.deadlines import Deadlines
from cases.course.case_course import ANSWERING_ACTS, AnsweredDispatch, CaseAnswer, CaseDispatch, answered_dispatches
from cases.derivations.shared_facts import StoredDispatch
from messages.shapes import SenderAct


class SenderMessage(NamedTuple):
    """A further message of the case's sender: the time at which it came to the case, what the sender does, its id.

    `rating` is that of the act `rates`, from 1 to 5; 0 of any other.
    """

    at: datetime
    act: SenderAct
    complaint_id: UUID
    rating: int = 0


# Without slots: it keeps its courses.
@dataclass(frozen=True)
class ReportFacts:
    """A report. `dispatches` are ordered by hop, `answers` are those that were given to it or for it.

    `is_merged`: by the latest decision it repeats or joins another one; `is_merged_by_person`: a person decided so.
    `answer_rows` have the content of these answers, and perhaps of others, by id. `messages` are those of its sender,
    while it is a case. `members` are the reports that accompany it and arrived before it or were cases: only they can
    change its clocks. `is_part`: a person divided it from another report.
    """

    id: UUID
    tracking: str
    received_at: datetime
    channel: str
    kind: str
    act: SenderAct
    is_merged: bool
    is_merged_by_person: bool
    dispatches: tuple[StoredDispatch, ...] = ()
    answers: tuple[CaseAnswer, ...] = ()
    answer_rows: Mapping[UUID | None, Any] = field(default_factory=dict)
    messages: tuple[SenderMessage, ...] = ()
    members: tuple["ReportFacts", ...] = ()
    asked_about_ombudsman_at: datetime | None = None
    asked_for_rating_at: datetime | None = None
    handed_over_at: datetime | None = None
    is_part: bool = False

    @property
    def is_own_case(self) -> bool:
        """True if it is a case: by its latest dispatch, and before the first one by its relation."""
        return self.dispatches[-1].own_case if self.dispatches else not self.is_merged

    @cached_property
    def courses(self) -> Sequence[AnsweredDispatch]:
        """Each dispatch with its answers."""
        dispatches = [CaseDispatch(item.at, item.hop, item.agency, item.reopened) for item in self.dispatches]
        return answered_dispatches(dispatches, self.answers)


class CaseClocks(NamedTuple):
    """The clocks of a case as of its last event, which was at `at`: their states, and their runs by clock."""

    at: datetime
    states: Sequence[ClockState]
    runs: Mapping[ClockName, Sequence[ClockRun]]


def case_clocks(facts: ReportFacts, deadlines: Deadlines) -> CaseClocks | None:
    """Return the clocks of a case; `None` for a report that is none. The present time has no part in it."""
    if not facts.is_own_case:
        return None
    history = clock_history(facts)
    last_event_at = max(event.at for event in history.events)
    runs = runs_by_clock(history, deadlines, last_event_at)
    return CaseClocks(last_event_at, states_of_runs(runs, deadlines, last_event_at), runs)


def clock_history(facts: ReportFacts) -> CaseHistory:
    """Return the events of a report for its clocks."""
    topic = facts.dispatches[0].topic if facts.dispatches else ""
    # A part went with its report until it was divided from it: a clock that goes on after a transfer began then.
    arrival = (CaseEvent(facts.received_at, "joined", agency=TRIAGE),) if facts.is_part else ()
    events = (
        CaseEvent(facts.received_at, "received"),
        *arrival,
        *_dispatched(facts),
        *_answered(facts),
        *_written(facts),
    )
    return CaseHistory(tuple(events), facts.kind, topic, tuple(map(clock_history, facts.members)))


def _dispatched(facts: ReportFacts) -> Iterator[CaseEvent]:
    reopened = [0, *(dispatch.reopened for dispatch in facts.dispatches)]
    for dispatch, (before, after) in zip(facts.dispatches, pairwise(reopened), strict=True):
        if dispatch.own_case:
            yield CaseEvent(dispatch.at, "dispatched", dispatch.hop, dispatch.agency, after > before)
        else:
            yield CaseEvent(dispatch.at, "joined", dispatch.hop, dispatch.agency)


def _answered(facts: ReportFacts) -> Iterator[CaseEvent]:
    for course in facts.courses:
        for answer in course.counted_answers:
            yield CaseEvent(answer.at, answer.verdict, answer.hop, extension_days=answer.extension_days)


def _written(facts: ReportFacts) -> Iterator[CaseEvent]:
    for message in facts.messages:
        if message.act == "withdraws":
            yield CaseEvent(message.at, "withdrawn")
        elif message.act in ANSWERING_ACTS:
            yield CaseEvent(message.at, "wrote")
