"""Recommendations: the answer that counts, the stay at an institution, and what remains of a forgotten one."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from messages import ids
from messages.forgotten import remains_of
from messages.recommendation import Recommendation, counted_answer, first_of_stay
from tests.conftest import NOW

ONE, TWO = UUID(int=1), UUID(int=2)


class Dispatched(NamedTuple):
    """A dispatch: its agency and its hop."""

    agency: str
    hop: int


def record(number: int = 1, minutes: int = 0, **changed: object) -> Recommendation:
    """Return a recommendation, or an answer at a time."""
    values = {"message_id": ONE, "complaint_id": ONE, "tracking": "N", "recommendation_id": TWO, "agency": "bumn-pln"}
    at = NOW + timedelta(minutes=minutes)
    return Recommendation.model_validate({"id": UUID(int=number), "at": at, **values, **changed})


def test_the_first_answer_counts_whatever_order_they_came_in() -> None:
    """By the bus's time, and at one moment by the id."""
    answers = [record(5, 2), record(4, 1), record(3, 1)]
    for order in (answers, answers[::-1]):
        assert counted_answer(order) == answers[2]
    assert counted_answer([]) is None


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=8))
def test_a_stay_begins_with_the_last_change_of_the_agency(agencies: list[str]) -> None:
    """All dispatches from it on are of one agency, and the one before it is of another."""
    dispatches = [Dispatched(agency, hop) for hop, agency in enumerate(agencies)]
    first = first_of_stay(dispatches)
    assert {item.agency for item in dispatches[first.hop :]} == {agencies[-1]}
    assert first.hop == 0 or agencies[first.hop - 1] != agencies[-1]


def test_ids_follow_from_the_content() -> None:
    """The same words of one overseer are one recommendation; an answer has the id of its institution and words."""
    first = ids.recommendation_id(ONE, TWO, "review", "Periksa.")
    assert first == ids.recommendation_id(ONE, TWO, "review", "Periksa.")
    others = {
        ids.recommendation_id(TWO, TWO, "review", "Periksa."),
        ids.recommendation_id(ONE, ONE, "review", "Periksa."),
        ids.recommendation_id(ONE, TWO, "other", "Periksa."),
        ids.recommendation_id(ONE, TWO, "review", "Periksa!"),
        ids.recommendation_answer_id(first, "bumn-pln", "followed", "Ya."),
        ids.recommendation_answer_id(first, "kota-3374", "followed", "Ya."),
        ids.recommendation_answer_id(first, "bumn-pln", "not-followed", "Ya."),
    }
    assert (len(others), first in others) == (7, False)


def test_no_word_remains_of_a_forgotten_person() -> None:
    """The ids, the kind and the act stay."""
    remains = remains_of(record(text="Percepat untuk Bu Sekar.", kind="accelerate", actor="Rina"))
    assert remains == record(text="", kind="accelerate", actor="Rina")
