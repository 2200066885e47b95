"""Course of a case: the steps that count, in order, and the state that follows from them. Pure.

The bus's time orders answers. An agency's clock has no part in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from messages.shapes import Verdict
from messages.topics import TRIAGE
from messages.verdicts import CaseState, case_progress

# SP4N-LAPOR's own names of the states: belum ditindaklanjuti, proses, selesai. A refused case waits for its next
# dispatch.
_SHOWN_STATES: dict[CaseState, str] = {
    "terdisposisi": "terdisposisi",
    "proses": "proses",
    "tunda": "tunda",
    "selesai": "selesai",
    "ditolak": "terdisposisi",
}
UNDISPATCHED_STATE = "terverifikasi"


@dataclass(frozen=True, slots=True)
class CaseDispatch:
    """One dispatch of a case."""

    at: datetime
    hop: int
    agency: str


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """Answer to the dispatch with this hop. `at` is the bus's time, `position` that of the record."""

    at: datetime
    position: str
    hop: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CourseStep:
    """One step. `kind` is `dispatched` or a verdict; `agency` is a code."""

    at: datetime
    kind: str
    agency: str


@dataclass(frozen=True, slots=True)
class CaseCourse:
    """Steps of a case that count, in order, and its state."""

    state: str
    steps: tuple[CourseStep, ...]


def case_course(dispatches: Sequence[CaseDispatch], answers: Sequence[CaseAnswer]) -> CaseCourse:
    """Return the course of a case. `dispatches` are ordered by hop; answers may come in any order.

    An answer that came after the next dispatch does not count, and neither does one that the table of verdicts does not
    accept. A refusal by triage is a decision, not a refusal: the dispatch that follows names the agency.
    """
    state, steps = UNDISPATCHED_STATE, []
    for dispatch, next_dispatch in zip_longest(dispatches, dispatches[1:]):
        in_time = [answer for answer in _in_order(answers, dispatch) if not _is_late(answer, next_dispatch)]
        progress = case_progress([answer.verdict for answer in in_time], dispatch.agency)
        state = _SHOWN_STATES[progress.state]
        counted = [answer for answer, counts in zip(in_time, progress.counted, strict=True) if counts]
        steps.append(CourseStep(dispatch.at, "dispatched", dispatch.agency))
        steps += [
            CourseStep(_shown_time(answer, dispatch, next_dispatch), answer.verdict, dispatch.agency)
            for answer in counted
            if not (answer.verdict == "refused" and dispatch.agency == TRIAGE)
        ]
    return CaseCourse(state, tuple(steps))


def joined_course(course: CaseCourse, own_dispatches: Sequence[CaseDispatch], received_at: datetime) -> CaseCourse:
    """Return the course that the sender of a joined report sees: their own dispatches, and later answers to the case.

    Earlier steps are another citizen's: their times would tell who copied an anonymous report when it was sent. A
    closing answers this report and does not finish it: its sender has not agreed. A question is not to this sender.
    """
    answers = [
        CourseStep(step.at, "responded" if step.kind == "closed" else step.kind, step.agency)
        for step in course.steps
        if step.kind not in {"dispatched", "asked"} and step.at >= received_at
    ]
    dispatches = [CourseStep(dispatch.at, "dispatched", dispatch.agency) for dispatch in own_dispatches]
    # Of one moment, a refusal comes before the dispatch that follows from it.
    steps = sorted([*answers, *dispatches], key=lambda step: step.at)
    return CaseCourse("proses" if course.state in {"selesai", "tunda"} else course.state, tuple(steps))


def _in_order(answers: Sequence[CaseAnswer], dispatch: CaseDispatch) -> Sequence[CaseAnswer]:
    return sorted(
        (answer for answer in answers if answer.hop == dispatch.hop),
        key=lambda answer: (answer.at, _offset(answer.position)),
    )


def _offset(position: str) -> int:
    """Return the offset in `topic/partition/offset`; 0 for an answer from before positions were stored.

    The answers to one complaint have one key, and so one partition.
    """
    return int(position.rpartition("/")[2] or 0)


def _is_late(answer: CaseAnswer, next_dispatch: CaseDispatch | None) -> bool:
    """Return True if the case had moved. A refusal moves the case itself: it is never late by the clocks."""
    return next_dispatch is not None and answer.verdict != "refused" and answer.at >= next_dispatch.at


def _shown_time(answer: CaseAnswer, dispatch: CaseDispatch, next_dispatch: CaseDispatch | None) -> datetime:
    """Return a time between the dispatch and the next one: the clocks of broker and router may differ."""
    at = max(answer.at, dispatch.at)
    return min(at, next_dispatch.at) if next_dispatch else at
