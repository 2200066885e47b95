"""A case that was answered is closed by the system, if nobody objects within ten working days."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from desk.acts.answers import OfficerAnswers
from desk.acts.unopposed_closing import UnopposedClosing
from desk.units.tiers import Tier
from messages.shapes import AnswerContent, Complaint, Dispatch, FollowUp, SenderAct
from tests.conftest import NOW
from tests.desk.harness import OFFICER, DeskHarness
from tests.desk.read_model.test_derivation import HEALTH, answer
from tests.desk.read_model.test_sender_messages import view
from tests.router.test_linked import complaint_of
from tests.support.deadlines import DEADLINES

RESPONDED_AT = NOW - timedelta(hours=3)
CASE = "Kemenkes, puskesmas tutup"


@pytest.fixture
def desk(engine: Engine) -> DeskHarness:
    """A router with the desk behind it."""
    return DeskHarness(engine, lambda: NOW)


def closing(desk: DeskHarness, days: int, answers: OfficerAnswers | None = None) -> UnopposedClosing:
    """Return the closing some days later."""
    answers = answers or desk.officer_answers()
    return UnopposedClosing(
        desk.engine, answers, lambda: NOW + timedelta(days=days), threading.Event(), 0.01, DEADLINES
    )


def respond(desk: DeskHarness, number: int = 1) -> Dispatch:
    """Let the agency of a case respond to it."""
    (dispatch,) = desk.send(complaint_of(number, CASE))
    desk.answer(answer(dispatch, "responded", text="Puskesmas buka lagi Senin."), taken_at=RESPONDED_AT)
    return dispatch


def follow_up(number: int, act: SenderAct, of: int = 1) -> Complaint:
    """Return a message about an earlier one."""
    return complaint_of(number, "Masih tutup.", of=of).model_copy(update={"follow_up": FollowUp(act=act)})


def test_a_case_without_objection_is_closed(desk: DeskHarness) -> None:
    """Ten working days are two weeks, and one day is added. It is published once, with words for the sender."""
    respond(desk)
    assert closing(desk, 14).close_due() == 0
    assert closing(desk, 15).close_due() == 1
    assert closing(desk, 15).close_due() == 0
    assert [(given.verdict, given.text) for given in desk.published] == [
        ("closed", "Tidak ada keberatan dalam 10 hari kerja.")
    ]
    desk.deliver()
    assert view(desk).case.state == "selesai"
    assert closing(desk, 40).close_due() == 0


def test_an_old_case_is_left_to_the_agency(desk: DeskHarness) -> None:
    """Its sender does not expect news of it any more."""
    respond(desk)
    assert closing(desk, 70).close_due() == 0


@pytest.mark.parametrize(("act", "closed"), [("adds", 0), ("objects", 0), ("rates", 1), ("confirms", 1)])
def test_a_sender_who_wrote_keeps_it_open(desk: DeskHarness, act: SenderAct, closed: int) -> None:
    """A rating or a confirmation is no objection."""
    respond(desk)
    desk.send(follow_up(2, act))
    assert closing(desk, 15).close_due() == closed


def test_a_citizen_who_joined_keeps_it_open(desk: DeskHarness) -> None:
    """The answer is to all who reported the matter."""
    respond(desk)
    desk.send(complaint_of(2, "saya juga", of=1, kind="joins"))
    desk.send(follow_up(3, "objects", of=2))
    assert closing(desk, 15).close_due() == 0


def test_a_question_after_the_response_keeps_it_open(desk: DeskHarness) -> None:
    """Only a response that stands last counts: the agency asked since."""
    dispatch = respond(desk)
    desk.answer(answer(dispatch, "asked", text="Puskesmas mana?"))
    assert closing(desk, 15).close_due() == 0


def test_an_act_on_its_way_keeps_it_open(desk: DeskHarness) -> None:
    """The officer's question is stored, and the read model does not have it yet."""
    respond(desk)
    draft = AnswerContent(verdict="asked", text="Puskesmas mana?")
    assert desk.officer_answers().give(OFFICER, Tier(HEALTH), "NOMOR1", None, draft).fault is None
    assert closing(desk, 15).close_due() == 0


def test_an_objection_that_the_desk_has_not_read_opens_the_case_again(desk: DeskHarness) -> None:
    """The desk is behind the router: the closing says wrongly that nobody objected."""
    respond(desk)
    desk.router.route_record(desk.router.complaint_record(follow_up(2, "objects")))
    assert closing(desk, 15).close_due() == 1
    (reopening,) = desk.deliver()
    assert (reopening.own_case, reopening.reopened, reopening.agency) == (True, 1, HEALTH)


def test_a_case_that_fails_does_not_stop_the_others(desk: DeskHarness) -> None:
    """A bug with one case is logged."""
    respond(desk)
    respond(desk, number=2)

    class Broken(OfficerAnswers):
        """Fails at the first case."""

        def give(self, *arguments: object) -> object:  # type: ignore[override]
            """Give an answer."""
            if "NOMOR1" in arguments:
                raise ZeroDivisionError
            return desk.officer_answers().give(*arguments)  # type: ignore[arg-type]

    answers = desk.officer_answers()
    answers.__class__ = Broken
    assert closing(desk, 15, answers).close_due() == 1
