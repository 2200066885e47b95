"""A digit alone is a rating only while the question for one is open, and only by the sender who was asked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.normalize.conversation.citizen import OTHER_PHONE, Citizen, assert_belongs, assert_own
from tests.normalize.conversation.test_ombudsman_answers import ask
from tests.support import records

REPORT = "Listrik sering padam di Desa Rempoah Kecamatan Baturraden"
OTHER_REPORT = "Jembatan putus di Desa Melung Kecamatan Kedungbanteng, warga memutar"
DAY = 60 * 24


def closed(citizen: Citizen, text: str = REPORT) -> Mapping[str, Any]:
    """Send a report that its agency closes."""
    report = citizen.send(text)
    citizen.answer(report, "closed")
    return report


def rating(message: Mapping[str, Any]) -> int:
    """Return the rating of a message."""
    value: int = message["follow_up"]["rating"]
    return value


def test_a_digit_counts_while_the_question_is_open(citizen: Citizen) -> None:
    """Before the question, and after the answer, it is no rating; nobody else answers it."""
    report = closed(citizen)
    assert rating(citizen.send("3")) == 0
    ask(citizen, report, "rating-asked")
    others = (citizen.send("3", phone=OTHER_PHONE), citizen.send("3", proven=False), citizen.send("6"))
    assert [rating(message) for message in others] == [0, 0, 0]
    answer = citizen.send("4.", 2 * DAY)
    assert_belongs(answer, report, "rates", "asked-for-rating")
    assert rating(answer) == 4
    # The record comes again: it was decided.
    assert citizen.send_again() == answer
    assert rating(citizen.send("2")) == 0


@pytest.mark.parametrize(("days", "counts"), [(13.9, True), (14.1, False)])
def test_the_question_is_open_for_two_weeks(citizen: Citizen, days: float, *, counts: bool) -> None:
    """A digit of later is anything."""
    report = closed(citizen)
    ask(citizen, report, "rating-asked")
    assert (citizen.send("5", days * DAY)["follow_up"]["act"] == "rates") is counts


def test_other_words_leave_the_question_open(citizen: Citizen) -> None:
    """A sender may write a report first, or an objection."""
    report = closed(citizen)
    ask(citizen, report, "rating-asked")
    assert_own(citizen.send(OTHER_REPORT))
    assert_belongs(citizen.send(f"BELUM {report['tracking']} masih padam"), report, "objects", "own-number")
    assert_belongs(citizen.send("1"), report, "rates", "asked-for-rating")


def test_of_two_questions_the_later_one_is_answered_first(citizen: Citizen) -> None:
    """The next digit answers the other one."""
    first, second = closed(citizen), closed(citizen, OTHER_REPORT)
    ask(citizen, second, "rating-asked")
    citizen.now += timedelta(hours=1)
    ask(citizen, first, "rating-asked")
    assert_belongs(citizen.send("2"), first, "rates", "asked-for-rating")
    assert_belongs(citizen.send("5"), second, "rates", "asked-for-rating")
    assert rating(citizen.send("5")) == 0


def test_a_digit_answers_the_agency_that_asked_later(citizen: Citizen) -> None:
    """The question for a rating stays open behind it. An agency that asked before has had its time."""
    report = closed(citizen)
    other = citizen.send(OTHER_REPORT)
    ask(citizen, report, "rating-asked")
    citizen.answer(other, "asked")
    assert_belongs(citizen.send("3"), other, "adds", "answers-question")
    assert_belongs(citizen.send("3"), report, "rates", "asked-for-rating")


def test_an_earlier_question_of_an_agency_waits(citizen: Citizen) -> None:
    """The sender answers what came last."""
    report = closed(citizen)
    other = citizen.send(OTHER_REPORT)
    citizen.answer(other, "asked")
    citizen.now += timedelta(hours=1)
    ask(citizen, report, "rating-asked")
    assert_belongs(citizen.send("3"), report, "rates", "asked-for-rating")
    assert_belongs(citizen.send("3"), other, "adds", "answers-question")


@pytest.mark.parametrize("by_link", [True, False])
def test_a_rating_by_any_way_closes_the_question(citizen: Citizen, *, by_link: bool) -> None:
    """By the own link, or by NILAI with the number."""
    report = closed(citizen)
    ask(citizen, report, "rating-asked")
    if by_link:
        message = records.followed(citizen.parts, report["message_id"], "rates", rating=4, when=citizen.now)
        (rated,) = citizen.handle(records.at(message, 90, citizen.now))
    else:
        rated = citizen.send(f"NILAI {report['tracking']} 4")
    assert (rated["follow_up"]["act"], rating(rated)) == ("rates", 4)
    assert rating(citizen.send("5")) == 0


def test_a_confirmation_asks_again(citizen: Citizen) -> None:
    """SUDAH thanks and asks; one digit answers both questions."""
    report = closed(citizen)
    ask(citizen, report, "rating-asked")
    assert_belongs(citizen.send(f"SUDAH {report['tracking']}"), report, "confirms", "own-number")
    assert_belongs(citizen.send("5"), report, "rates", "asked-for-rating")
    assert rating(citizen.send("5")) == 0
