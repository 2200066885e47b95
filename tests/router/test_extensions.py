"""Extensions of a deadline at the router: which ones count, and who hears of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from messages import codec
from messages.shapes import AnswerOutcome, Dispatch, Kind, Reply
from messages.topics import ANSWER_OUTCOMES
from tests.conftest import NOW
from tests.router.test_answers import TEXT, record_of, replies
from tests.router.test_linked import RouterHarness, complaint_of, dispatches
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

REASON = "Data masih dicari di arsip."


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> RouterHarness:
    """A router on each kind of database."""
    return RouterHarness(make_router(engine, fixed_rules_source(), now))


def route_request(router: RouterHarness, kind: Kind = Kind.PERMINTAAN_INFORMASI) -> Dispatch:
    """Route a report of this kind by SMS; return its first dispatch."""
    complaint = complaint_of(1, TEXT, channel="sms")
    report = complaint.report.model_copy(update={"kind": kind})
    (dispatch,) = dispatches(router.route(complaint.model_copy(update={"report": report})))
    return dispatch


def extend(
    router: RouterHarness, dispatch: Dispatch, days: int, taken_at: datetime = NOW, text: str = REASON
) -> tuple[str, list[Reply]]:
    """Route an extension by so many working days; return its outcome and the replies."""
    router.offset += 1
    answer = signed(unsigned_answer(dispatch, "extended", text=text, extension_days=days))
    outputs = router.route_record(record_of(answer, router.offset, taken_at))
    (outcome,) = [
        codec.decode(AnswerOutcome, out.value, out.headers).outcome for out in outputs if out.topic == ANSWER_OUTCOMES
    ]
    return outcome, replies(outputs)


def test_the_sender_of_a_request_reads_days_and_reason(router: RouterHarness) -> None:
    """One SMS; the later response is told too, and a second extension does not count."""
    first = route_request(router)
    outcome, (reply,) = extend(router, first, 7, first.due_at)
    assert (outcome, reply.text) == (
        "counted",
        f"Laporan {first.tracking}: batas waktu Kementerian Kesehatan diperpanjang 7 hari kerja. Alasan: {REASON}",
    )
    assert extend(router, first, 2, text="Masih dicari.") == ("repeated", [])
    assert len(replies(router.route_answer(first, "responded"))) == 1


@pytest.mark.parametrize("days", [0, 8])
def test_days_that_the_row_does_not_allow_change_nothing(router: RouterHarness, days: int) -> None:
    """Nobody is told of them, and a right extension still counts."""
    first = route_request(router)
    assert extend(router, first, days) == ("not-accepted", [])
    assert extend(router, first, 7)[0] == "counted"


def test_an_extension_after_the_deadline_or_an_answer_changes_nothing(router: RouterHarness) -> None:
    """A deadline that has passed stays missed."""
    first = route_request(router)
    assert extend(router, first, 7, first.due_at + timedelta(seconds=1)) == ("not-accepted", [])
    router.route_answer(first, "responded")
    assert extend(router, first, 6) == ("not-accepted", [])


@pytest.mark.parametrize("kind", [Kind.PENGADUAN, Kind.ASPIRASI])
def test_a_complaint_has_no_extension(router: RouterHarness, kind: Kind) -> None:
    """Its row of `clocks.csv` allows none."""
    assert extend(router, route_request(router, kind), 1) == ("not-accepted", [])


def test_the_next_agency_cannot_extend_again(router: RouterHarness) -> None:
    """The citizen has waited once."""
    first = route_request(router)
    assert extend(router, first, 7)[0] == "counted"
    (second,) = dispatches(router.route_answer(first))
    assert extend(router, second, 7) == ("repeated", [])


def test_who_reported_the_same_does_not_hear_of_an_extension(router: RouterHarness) -> None:
    """It is about the deadline of another citizen's case."""
    first = route_request(router)
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    outcome, told = extend(router, first, 7)
    assert (outcome, [reply.tracking for reply in told]) == ("counted", [first.tracking])
