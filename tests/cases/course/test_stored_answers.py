"""Answers that read models have stored, and the cases for which they count."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from cases.course.affected_cases import with_affected_cases
from cases.course.case_course import CaseAnswer, CaseDispatch, in_order
from cases.course.stored_answers import answers_by_case

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
CASE, REPORT, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
DISPATCHES = {CASE: [CaseDispatch(AT, 0, "bumn-pln"), CaseDispatch(AT + timedelta(days=1), 1, "bumn-pln")]}


def stored(**changes: Any) -> SimpleNamespace:
    """Return an answer to a report that accompanies the case, given an hour after the case came to the agency."""
    answer = {"id": UUID(int=9), "at": AT + timedelta(hours=1), "position": "agency-answers/0/7", "verdict": "accepted"}
    dispatch = {"complaint_id": REPORT, "of": CASE, "own_case": False, "hop": 5, "agency": "bumn-pln"}
    unknown = {"outcome": None, "case_id": None, "case_hop": None}
    return SimpleNamespace(**{**answer, **dispatch, **unknown, "dispatched_at": AT, "extension_days": 0, **changes})


def counted(row: SimpleNamespace) -> list[tuple[UUID, int]]:
    """Return case and hop for which an answer counts."""
    return [(case, answer.hop) for case, answers in answers_by_case([row], DISPATCHES).items() for answer in answers]


def test_the_outcome_of_the_router_decides() -> None:
    """It names case and hop, whatever the clocks say."""
    assert counted(stored(outcome="late", case_id=OTHER, case_hop=3)) == [(OTHER, 3)]


def test_without_an_outcome_an_answer_counts_for_the_case_at_that_time() -> None:
    """One to the case itself for its own dispatch; one to an agency that never had the case for none."""
    assert counted(stored()) == [(CASE, 0)]
    assert counted(stored(at=AT + timedelta(days=2))) == [(CASE, 1)]
    assert counted(stored(own_case=True)) == [(REPORT, 5)]
    assert counted(stored(agency="kota-3374")) == []


def test_answers_of_one_millisecond_have_the_order_of_the_bus() -> None:
    """Ten comes after nine."""
    answers = [CaseAnswer(AT, f"agency-answers/0/{offset}", 0, "responded") for offset in (10, 9)]
    assert [answer.position for answer in in_order(answers)] == ["agency-answers/0/9", "agency-answers/0/10"]


def test_a_fact_changes_all_cases_that_were_accompanied() -> None:
    """Also those that a case accompanied later. A circle of two merges has an end."""
    accompanied: dict[UUID, list[UUID | None]] = {REPORT: [CASE], CASE: [OTHER, REPORT], OTHER: [None]}

    def read_cases(ids: Collection[UUID]) -> Iterable[UUID | None]:
        return [case for id_ in sorted(ids) for case in accompanied[id_]]

    assert with_affected_cases([REPORT], read_cases) == {REPORT, CASE, OTHER}
