"""A case that was answered is closed by the system, if its sender does not object within ten working days."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from desk.acts.unopposed_closing import UnopposedClosing
from messages.replies.reply_texts import UNOPPOSED_TEXT
from messages.shapes import FollowUp, SenderAct
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.read_model.test_sender_messages import view
from tests.desk.read_model.test_sink import answer
from tests.router.test_linked import complaint_of

RESPONDED_AT = NOW - timedelta(hours=3)


@pytest.fixture
def desk(engine: Engine) -> DeskHarness:
    """A router with the desk behind it."""
    return DeskHarness(engine, lambda: NOW)


def closing(desk: DeskHarness, days: int) -> UnopposedClosing:
    """Return the closing some days later."""
    return UnopposedClosing(
        desk.engine, desk.officer_answers(), lambda: NOW + timedelta(days=days), threading.Event(), 0.01
    )


def respond(desk: DeskHarness) -> None:
    """Let the agency of a case respond to it."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "responded", text="Puskesmas buka lagi Senin."), taken_at=RESPONDED_AT)


def test_a_case_without_objection_is_closed(desk: DeskHarness) -> None:
    """Ten working days are two weeks. The closing is published once, with words for the sender."""
    respond(desk)
    assert closing(desk, 13).close_due() == 0
    assert closing(desk, 15).close_due() == 1
    assert closing(desk, 15).close_due() == 0
    assert [(given.verdict, given.text) for given in desk.published] == [("closed", UNOPPOSED_TEXT)]
    desk.deliver()
    assert view(desk).case.state == "selesai"
    assert closing(desk, 40).close_due() == 0


@pytest.mark.parametrize(("act", "closed"), [("adds", 0), ("objects", 0), ("rates", 1), ("confirms", 1)])
def test_a_sender_who_wrote_keeps_it_open(desk: DeskHarness, act: SenderAct, closed: int) -> None:
    """A rating or a confirmation is no objection."""
    respond(desk)
    desk.send(complaint_of(2, "Masih tutup.", of=1).model_copy(update={"follow_up": FollowUp(act=act)}))
    assert closing(desk, 15).close_due() == closed


def test_a_question_after_the_response_keeps_it_open(desk: DeskHarness) -> None:
    """Only a response that stands last counts: the agency asked since."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "responded", text="Buka Senin."))
    desk.answer(answer(dispatch, "asked", text="Puskesmas mana?"))
    assert closing(desk, 15).close_due() == 0
