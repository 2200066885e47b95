"""Course of a case as the status page shows it: the steps that count, in order, and the state. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from messages.case_course import AnsweredDispatch, CaseAnswer, CaseDispatch, answered_dispatches
from messages.topics import TRIAGE
from messages.verdicts import CaseState

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
# SP4N-LAPOR's own name: triage closed the case with a reason, and no agency has handled it.
ARCHIVED_STATE = "arsip"


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


def case_course(
    dispatches: Sequence[CaseDispatch], answers: Sequence[CaseAnswer], repeated_at: Sequence[datetime] = ()
) -> CaseCourse:
    """Return the course of a case. `dispatches` are ordered by hop; answers may come in any order.

    `repeated_at` are the times of the sender's further messages.
    An answer that came after the next dispatch does not count, and neither does one that the table of verdicts does not
    accept. A refusal by triage is a decision, not a refusal: the dispatch that follows names the agency.
    """
    state, steps = UNDISPATCHED_STATE, []
    for answered in answered_dispatches(dispatches, answers):
        dispatch, state = answered.dispatch, _shown_state(answered, repeated_at)
        steps.append(CourseStep(dispatch.at, "dispatched", dispatch.agency))
        steps += [
            CourseStep(_shown_time(answer, answered), answer.verdict, dispatch.agency)
            for answer in answered.counted_answers
            if not (answer.verdict == "refused" and dispatch.agency == TRIAGE)
        ]
    return CaseCourse(state, tuple(steps))


def joined_course(course: CaseCourse, own_dispatches: Sequence[CaseDispatch], received_at: datetime) -> CaseCourse:
    """Return the course that the sender of a joined report sees: their own dispatches, and later answers to the case.

    Earlier steps are another citizen's: their times would tell who copied an anonymous report when it was sent. A
    closing by an agency answers this report and does not finish it: its sender has not agreed. A closing by triage ends
    this report too: nobody handles it. A question is not to this sender.
    """
    answers = [
        CourseStep(step.at, "responded" if step.kind == "closed" and step.agency != TRIAGE else step.kind, step.agency)
        for step in course.steps
        if step.kind not in {"dispatched", "asked"} and step.at >= received_at
    ]
    dispatches = [CourseStep(dispatch.at, "dispatched", dispatch.agency) for dispatch in own_dispatches]
    # Of one moment, a refusal comes before the dispatch that follows from it.
    steps = sorted([*answers, *dispatches], key=lambda step: step.at)
    return CaseCourse("proses" if course.state in {"selesai", "tunda"} else course.state, tuple(steps))


def _shown_state(answered: AnsweredDispatch, repeated_at: Sequence[datetime]) -> str:
    is_archived = answered.state == "selesai" and answered.dispatch.agency == TRIAGE
    return ARCHIVED_STATE if is_archived else _SHOWN_STATES[answered.state_after_messages(repeated_at)]


def _shown_time(answer: CaseAnswer, answered: AnsweredDispatch) -> datetime:
    """Return a time between the dispatch and the next one: the clocks of broker and router may differ."""
    at = max(answer.at, answered.dispatch.at)
    return min(at, answered.next_dispatch.at) if answered.next_dispatch else at
