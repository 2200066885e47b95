"""Course of a case as its sender sees it: the steps that count, in order, and the facts of its state. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cases.course.case_course import AnsweredDispatch, CaseAnswer, CaseDispatch, answered_dispatches
from cases.course.report_state import ReportFacts, report_state
from cases.course.verdicts import CaseState
from messages.replies.report_states import ReportState
from messages.topics import TRIAGE

# Kinds of the steps with which a case comes to an agency.
ARRIVALS = frozenset({"dispatched", "reopened"})


@dataclass(frozen=True, slots=True)
class CourseStep:
    """One step. `kind` is `dispatched`, `reopened`, `withdrawn` or a verdict; `agency` is a code.

    `answer_id` is the id of the answer with the verdict, and `answered_id` the complaint that it was given to.
    """

    at: datetime
    kind: str
    agency: str
    answer_id: UUID | None = None
    answered_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CaseCourse:
    """Steps of a case that count, in order, and the facts that its state follows from."""

    facts: ReportFacts
    steps: tuple[CourseStep, ...]

    def is_asking_since(self, at: datetime) -> bool:
        """Return whether the agency waits for an answer of the case's sender to a question of after this time."""
        asked_at = [step.at for step in self.steps if step.kind == "asked"]
        return self.facts.case_state == "tunda" and bool(asked_at) and asked_at[-1] >= at

    @property
    def state(self) -> ReportState:
        """The state of the case."""
        return report_state(self.facts)


def case_course(
    dispatches: Sequence[CaseDispatch], answers: Sequence[CaseAnswer], repeated_at: Sequence[datetime] = ()
) -> CaseCourse:
    """Return the course of a case. `dispatches` are ordered by hop; answers may come in any order.

    `repeated_at` are the times of the sender's further messages.
    An answer that came after the next dispatch does not count, and neither does one that the table of verdicts does not
    accept. A refusal by triage is a decision, not a refusal: the dispatch that follows names the agency.
    """
    steps: list[CourseStep] = []
    reopenings = _reopening_hops(dispatches)
    answered = answered_dispatches(dispatches, answers)
    for arrival in answered:
        dispatch = arrival.dispatch
        kind = "reopened" if dispatch.hop in reopenings else "dispatched"
        steps.append(CourseStep(dispatch.at, kind, dispatch.agency))
        steps += [
            CourseStep(arrival.shown_time(answer), answer.verdict, dispatch.agency, answer.id, answer.answered_id)
            for answer in arrival.counted_answers
            if not (answer.verdict == "refused" and dispatch.agency == TRIAGE)
        ]
    return CaseCourse(_facts(answered[-1], reopenings, repeated_at) if answered else ReportFacts(), tuple(steps))


def joined_course(
    course: CaseCourse, own_dispatches: Sequence[CaseDispatch], received_at: datetime, *, is_silent: bool = False
) -> CaseCourse:
    """Return the course that the sender of a joined report sees: their own dispatches, and later answers to the case.

    `is_silent`: the case is anonymous or confidential. Then its state follows from these steps alone: an earlier state
    would tell who copied the report that somebody wrote it before.

    Earlier steps are another citizen's: their times would tell who copied an anonymous report when it was sent. A
    closing by an agency answers this report and does not finish it: its sender has not agreed. A closing by triage ends
    this report too: nobody handles it. A question and an extension are not to this sender, and another citizen's
    objection is not theirs.
    """
    answers = [
        replace(step, kind="responded") if step.kind == "closed" and step.agency != TRIAGE else step
        for step in course.steps
        if step.kind not in {*ARRIVALS, "asked", "extended"} and step.at >= received_at
    ]
    dispatches = [CourseStep(dispatch.at, "dispatched", dispatch.agency) for dispatch in own_dispatches]
    # Of one moment, a refusal comes before the dispatch that follows from it.
    steps = sorted([*answers, *dispatches], key=lambda step: step.at)
    facts = _facts_since(steps) if is_silent else _joined_facts(course.facts)
    return CaseCourse(facts, tuple(steps))


def withdrawn_course(course: CaseCourse, withdrawn_at: datetime) -> CaseCourse:
    """Return the course of a report that its sender withdrew."""
    step = CourseStep(withdrawn_at, "withdrawn", "")
    return CaseCourse(replace(course.facts, is_withdrawn=True), (*course.steps, step))


def _joined_facts(facts: ReportFacts) -> ReportFacts:
    if facts.case_state == "selesai" and facts.agency != TRIAGE:
        return replace(facts, case_state="proses", is_answered=True)
    return replace(facts, case_state="proses" if facts.case_state == "tunda" else facts.case_state, is_reopened=False)


def _facts_since(steps: Sequence[CourseStep]) -> ReportFacts:
    """Return the facts of a report of which these steps are all that happened."""
    latest = max((index for index, step in enumerate(steps) if step.kind in ARRIVALS), default=None)
    if latest is None:
        return ReportFacts()
    kinds = {step.kind for step in steps[latest + 1 :]}
    case_state: CaseState = "proses" if kinds & {"accepted", "responded"} else "terdisposisi"
    if kinds & {"closed", "refused"}:
        case_state = "selesai" if "closed" in kinds else "ditolak"
    return ReportFacts(agency=steps[latest].agency, case_state=case_state, is_answered="responded" in kinds)


def _facts(latest: AnsweredDispatch, reopenings: frozenset[int], repeated_at: Sequence[datetime]) -> ReportFacts:
    exchanges = [answer.verdict for answer in latest.counted_answers if answer.verdict in {"asked", "responded"}]
    return ReportFacts(
        agency=latest.dispatch.agency,
        case_state=latest.state_after_messages(repeated_at),
        is_answered=exchanges[-1:] == ["responded"],
        is_reopened=latest.dispatch.hop in reopenings,
    )


def _reopening_hops(dispatches: Sequence[CaseDispatch]) -> frozenset[int]:
    """Return the hops of the dispatches that are there because the sender objected."""
    # The first dispatch of a report that joined another citizen's case may be one.
    counts = [0, *(dispatch.reopened for dispatch in dispatches)]
    return frozenset(
        dispatch.hop for dispatch, before in zip(dispatches, counts, strict=False) if dispatch.reopened > before
    )
