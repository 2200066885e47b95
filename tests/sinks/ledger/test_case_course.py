"""The course of a case: which steps count, in which order, and what the sender of a joined report sees."""

from datetime import datetime, timedelta

import pytest

from cases.course.case_course import CaseAnswer, CaseDispatch
from messages.shapes import Verdict
from messages.topics import TRIAGE
from sinks.ledger.case_course import CourseStep, case_course, joined_course
from tests.conftest import NOW

SEMARANG, CENTRAL = "kota-3374", "provinsi-33"


def hours(number: float) -> datetime:
    """Return a time so many hours after the first dispatch."""
    return NOW + timedelta(hours=number)


def answer(hour: float, verdict: Verdict, hop: int = 0, offset: int = 0) -> CaseAnswer:
    """Return an answer that the bus took at this hour."""
    return CaseAnswer(hours(hour), f"agency-answers/0/{offset}", hop, verdict)


FIRST = CaseDispatch(NOW, 0, SEMARANG)
SECOND = CaseDispatch(hours(2), 1, CENTRAL)


def kinds(dispatches: list[CaseDispatch], answers: list[CaseAnswer]) -> tuple[str, list[str]]:
    """Return the state and the kinds of the steps."""
    course = case_course(dispatches, answers)
    return course.state, [step.kind for step in course.steps]


def test_a_late_closing_ends_nothing() -> None:
    """Semarang refused, the province has the case, and Semarang closes. The case stays open."""
    answers = [answer(1, "refused"), answer(3, "closed", offset=1)]
    assert kinds([FIRST, SECOND], answers) == ("diteruskan", ["dispatched", "refused", "dispatched"])


def test_the_state_is_that_of_the_latest_dispatch() -> None:
    """An earlier agency's work does not make the case of the next one look begun."""
    answers = [answer(1, "accepted"), answer(1.5, "refused", offset=1)]
    assert kinds([FIRST, SECOND], answers)[0] == "diteruskan"
    assert kinds([FIRST, SECOND], [*answers, answer(3, "closed", 1)])[0] == "selesai"


@pytest.mark.parametrize("verdict", ["accepted", "responded", "closed"])
def test_an_answer_after_a_move_is_no_step(verdict: Verdict) -> None:
    """A person moved the case; the former agency did not refuse. Its answer in time is a step, a later one is not."""
    assert kinds([FIRST, SECOND], [answer(1, verdict)])[1] == ["dispatched", verdict, "dispatched"]
    assert kinds([FIRST, SECOND], [answer(3, verdict)])[1] == ["dispatched", "dispatched"]


def test_a_refusal_belongs_before_the_next_dispatch() -> None:
    """The clocks of broker and router differ. The refusal led to the dispatch, and stands before it."""
    course = case_course([FIRST, SECOND], [answer(2.1, "refused")])
    assert [step.kind for step in sorted(course.steps, key=lambda step: step.at)] == [
        "dispatched",
        "refused",
        "dispatched",
    ]


def test_an_answer_stands_after_its_dispatch() -> None:
    """The router's clock is ahead of the broker's. The closing is shown, at the time of the dispatch."""
    course = case_course([FIRST], [answer(-1, "closed")])
    assert course.state == "selesai"
    assert course.steps[1:] == (CourseStep(NOW, "closed", SEMARANG),)


def test_answers_of_one_moment_have_the_order_of_the_bus() -> None:
    """Offsets are numbers: 10 comes after 9."""
    answers = [answer(1, "refused", offset=10), answer(1, "closed", offset=9)]
    assert kinds([FIRST], answers) == ("selesai", ["dispatched", "closed"])


def test_a_case_that_triage_closed_is_archived() -> None:
    """Nobody handled it: neither its sender nor one who joined it reads that it was."""
    course = case_course([CaseDispatch(NOW, 0, TRIAGE)], [answer(1, "closed")])
    assert (course.state, [step.kind for step in course.steps]) == ("bukan-laporan", ["dispatched", "closed"])
    joined = joined_course(course, [CaseDispatch(hours(0.5), 0, TRIAGE)], hours(0.5))
    assert (joined.state, [step.kind for step in joined.steps]) == ("bukan-laporan", ["dispatched", "closed"])


def test_a_refused_case_is_on_its_way() -> None:
    """The next dispatch is not in the ledger yet."""
    assert kinds([FIRST], [answer(1, "accepted"), answer(2, "refused")])[0] == "diteruskan"


def test_a_decision_of_triage_is_no_step() -> None:
    """Triage gives the case to an agency: the dispatch says so."""
    triage = CaseDispatch(NOW, 0, TRIAGE)
    assert kinds([triage, SECOND], [answer(1, "refused")]) == ("diteruskan", ["dispatched", "dispatched"])


def test_without_a_dispatch_there_is_no_state_of_an_agency() -> None:
    """The complaint is read, and no more."""
    assert kinds([], [answer(1, "closed")]) == ("diterima", [])


def test_a_join_sees_nothing_from_before_its_arrival() -> None:
    """Times of the first report would tell who copied it that it is in this queue, and since when."""
    answers = [answer(1, "accepted"), answer(6, "responded", offset=1)]
    arrived_at = hours(5)
    own_dispatch = CaseDispatch(hours(5.1), 0, SEMARANG)
    course = joined_course(case_course([FIRST], answers), [own_dispatch], arrived_at)
    assert course.state == "dijawab"
    assert [(step.at, step.kind) for step in course.steps] == [(hours(5.1), "dispatched"), (hours(6), "responded")]


def test_a_close_answers_a_join_and_does_not_finish_it() -> None:
    """Its sender may still object."""
    course = joined_course(case_course([FIRST], [answer(6, "closed")]), [CaseDispatch(hours(5), 0, SEMARANG)], hours(5))
    assert (course.state, [step.kind for step in course.steps]) == ("dijawab", ["dispatched", "responded"])


@pytest.mark.parametrize(("verdict", "state"), [("accepted", "ditangani"), ("closed", "dijawab"), (None, "diteruskan")])
def test_a_join_sees_the_state_of_an_earlier_step(verdict: Verdict | None, state: str) -> None:
    """The state is true for both; the step's time is not shown."""
    answers = [answer(1, verdict)] if verdict else []
    course = joined_course(case_course([FIRST], answers), [CaseDispatch(hours(5), 0, SEMARANG)], hours(5))
    assert (course.state, [step.kind for step in course.steps]) == (state, ["dispatched"])


@pytest.mark.parametrize(
    ("repeated_at", "state"),
    [
        ([], "menunggu-anda"),
        ([hours(1)], "menunggu-anda"),
        ([hours(3)], "ditangani"),
        ([hours(1), hours(3)], "ditangani"),
    ],
)
def test_the_agency_waits_until_the_sender_has_written(repeated_at: list[datetime], state: str) -> None:
    """A message from before the question is no answer to it."""
    assert case_course([FIRST], [answer(2, "asked")], repeated_at).state == state


def test_a_closed_case_stays_closed_when_its_sender_writes() -> None:
    """Only a question waits for the sender."""
    answers = [answer(2, "asked"), answer(4, "closed", offset=1)]
    assert case_course([FIRST], answers, [hours(5)]).state == "selesai"


def test_an_objection_opens_the_case_again() -> None:
    """The dispatch that follows from it is a step of its own, and the state until the agency reacts."""
    reopened = CaseDispatch(hours(5), 1, SEMARANG, reopened=1)
    course = case_course([FIRST, reopened], [answer(4, "closed")])
    assert (course.state, [step.kind for step in course.steps]) == ("dibuka-lagi", ["dispatched", "closed", "reopened"])
    moved = CaseDispatch(hours(6), 2, CENTRAL, reopened=1)
    assert case_course([FIRST, reopened, moved], [answer(4, "closed")]).state == "diteruskan"
    joined = joined_course(course, [CaseDispatch(hours(1), 0, SEMARANG)], hours(1))
    assert (joined.state, [step.kind for step in joined.steps]) == ("diteruskan", ["dispatched", "responded"])


def test_a_question_after_an_answer_is_the_last_word() -> None:
    """When the sender has written, the agency works on it again: it is not answered."""
    answers = [answer(1, "responded"), answer(2, "asked", offset=1)]
    assert case_course([FIRST], answers[:1]).state == "dijawab"
    assert [case_course([FIRST], answers, at).state for at in ((), [hours(3)])] == ["menunggu-anda", "ditangani"]
