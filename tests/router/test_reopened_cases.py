"""Cases that were opened again: answers that are replayed or stale, and what other agencies and senders get."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bus.port import Outgoing
from messages import codec
from messages.shapes import Dispatch, Verdict
from messages.topics import AGENCY_ANSWERS, TRIAGE
from tests.conftest import NOW
from tests.router.test_answers import HEALTH, SLEMAN, TEXT, events, replies
from tests.router.test_corrections import CorrectionHarness
from tests.router.test_linked import complaint_of, dispatches, id_of
from tests.router.test_objections import OBJECTION, Clock, act_of, close_first, shown
from tests.sinks.ledger.test_status import counted
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

WITHOUT_PLACE = "jalan rusak parah di"


@pytest.fixture
def clock() -> Clock:
    """The router's clock."""
    return Clock()


@pytest.fixture
def router(engine: Engine, clock: Clock) -> CorrectionHarness:
    """A router on each kind of database."""
    return CorrectionHarness(make_router(engine, fixed_rules_source(), clock))


def sent(outputs: Sequence[Outgoing]) -> list[tuple[str, str, str]]:
    """Return number, kind and beginning of each reply."""
    return [(reply.tracking, reply.kind, reply.text[:40]) for reply in replies(outputs)]


def test_a_replayed_closing_opens_nothing(router: CorrectionHarness, clock: Clock) -> None:
    """The case was opened again and closed again. The first closing is an old answer."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    closing = router.answer_record(first, "closed")
    outputs = router.route_record(closing)
    clock.time = NOW + timedelta(hours=1)
    case, _ = dispatches(router.route(act_of(2, of=1, arrival=clock.time)))
    clock.time = NOW + timedelta(hours=2)
    assert dispatches(router.route_record(at(answer_message(router, case, "closed"), 90, clock.time))) == []
    for _ in range(2):
        assert router.route_record(closing) == outputs


def answer_message(router: CorrectionHarness, case: Dispatch, verdict: Verdict) -> Outgoing:
    """Return the message of an answer."""
    record = router.answer_record(case, verdict)
    return Outgoing(record.topic, record.key, record.value, record.headers)


def test_a_replayed_answer_to_an_accompanying_report_keeps_its_replies(router: CorrectionHarness, clock: Clock) -> None:
    """The sender has heard of that response. The response to the reopened case is another one."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    (repeat,) = dispatches(router.route(complaint_of(2, "lagi", of=1, channel="sms")))
    response = router.answer_record(repeat, "responded")
    outputs = router.route_record(response)
    router.route_answer(first, "closed")
    clock.time = NOW + timedelta(hours=1)
    case = dispatches(router.route(act_of(3, of=1)))[0]
    assert router.route_record(response) == outputs
    (later,) = replies(router.route_answer(case, "responded"))
    assert later.id not in {reply.id for reply in replies(outputs)}


def test_a_stale_answer_to_an_accompanying_report_is_late(router: CorrectionHarness, clock: Clock) -> None:
    """It was given before the objection. The case stays open, and takes what follows."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    (repeat,) = dispatches(router.route(complaint_of(2, "lagi", of=1)))
    router.route_answer(first, "closed")
    clock.time = NOW + timedelta(hours=1)
    router.route(act_of(3, of=1))
    stale = router.answer_record(repeat, "responded")
    outputs = router.route_record(stale)
    assert (dispatches(outputs), events(outputs)) == ([], [("answer-not-counted", "late: responded")])
    assert router.route_record(stale) == outputs
    (further,) = dispatches(router.route(complaint_of(4, "lagi pak", of=1)))
    assert (shown(further), further.relation.of) == ((HEALTH, 0, False, 0), id_of(1))


def test_a_later_joined_sender_hears_of_later_answers_alone(router: CorrectionHarness, clock: Clock) -> None:
    """A replay tells them nothing, so the next answer is not taken for one that they had."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    # The router is behind: the bus took the answer before the report that is routed first.
    response = at(answer_message(router, first, "responded"), 40, NOW - timedelta(minutes=1))
    clock.time = NOW + timedelta(hours=1)
    outputs = router.route_record(response)
    assert [reply.tracking for reply in replies(outputs)] == ["NOMOR1", "NOMOR2"]
    clock.time = NOW + timedelta(hours=2)
    router.route(complaint_of(3, "saya juga", of=1, kind="joins", channel="sms"))
    assert router.route_record(response) == outputs
    assert {reply.tracking for reply in replies(router.route_answer(first, "closed"))} >= {"NOMOR1", "NOMOR3"}


def test_no_other_agency_reads_the_words_of_an_objection(router: CorrectionHarness) -> None:
    """A report that joined the case takes its reasons along. The objection itself accompanies its own case."""
    close_first(router)
    case, objection = dispatches(router.route(act_of(2, of=1)))
    assert objection.report.text == OBJECTION
    (joined,) = dispatches(router.route(complaint_of(5, "saya juga", of=1, kind="joins", channel="sms")))
    router.route_answer(case, "closed")
    own = dispatches(router.route(act_of(6, of=5)))[0]
    moved = dispatches(router.route_answer(own, "refused", SLEMAN))
    assert {hop.agency for hop in moved} == {SLEMAN}
    for dispatch in (case, joined, own, *moved):
        assert all(OBJECTION not in reason.text for reason in dispatch.reasons)
    assert "Dibuka lagi (ke-1)" in case.reasons[0].text


def test_a_report_is_not_merged_into_a_closed_case(router: CorrectionHarness) -> None:
    """Nobody would read it there. The case was closed after the person had decided."""
    close_first(router)
    router.route(complaint_of(7, TEXT, channel="sms"))
    assert router.merge(7, of=1) == []
    router.route(act_of(2, of=1))
    assert len(router.merge(7, of=1, sequence=1)) == 1


def test_a_repeat_after_the_closing_is_not_asked_for_its_place(router: CorrectionHarness) -> None:
    """It goes to the agency that closed the case."""
    close_first(router)
    (reply,) = replies(router.route(complaint_of(2, WITHOUT_PLACE, of=1, channel="sms")))
    assert (reply.kind, "sudah kami teruskan" in reply.text) == ("dispatched", True)


def test_a_sender_at_triage_hears_of_the_agency_after_a_reopening(router: CorrectionHarness) -> None:
    """The question for the place went out before, and the agency is named once."""
    (first,) = dispatches(router.route(complaint_of(1, WITHOUT_PLACE, channel="sms")))
    assert first.agency == TRIAGE
    router.route_answer(first, "closed")
    case = dispatches(router.route(act_of(2, of=1)))[0]
    outputs = router.route_answer(case, "refused", SLEMAN)
    assert sent(outputs) == [("NOMOR1", "dispatched", "Laporan NOMOR1 sudah kami teruskan ke Ka")]
    (moved, *_) = dispatches(outputs)
    again = router.route_answer(moved, "refused", HEALTH)
    assert {reply.id for reply in replies(again)} <= {reply.id for reply in replies(outputs)}


def test_the_sender_of_a_case_gets_no_words_about_another_report(router: CorrectionHarness) -> None:
    """An answer to a report that joined the case may be about that citizen. The verdict is the case's."""
    router.route(complaint_of(1, TEXT, channel="sms"))
    (joined,) = dispatches(router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms")))
    (repeat_of_joined,) = dispatches(router.route(complaint_of(3, "di rumah saya", of=2, channel="sms")))
    (own_repeat,) = dispatches(router.route(complaint_of(4, "lagi", of=1, channel="sms")))
    router.route(complaint_of(5, TEXT, channel="sms"))
    (merged,) = router.merge(5, of=1, kind="repeat")
    for dispatch, has_words in ((joined, False), (repeat_of_joined, False), (merged, False), (own_repeat, True)):
        answer = signed(unsigned_answer(dispatch, "responded", text="Petugas sudah ke rumah itu."))
        router.offset += 1
        encoded = codec.encode(answer, str(answer.complaint_id), "/test")
        response = at(Outgoing(AGENCY_ANSWERS, *encoded), router.offset)
        outputs = router.route_record(response)
        told = {reply.tracking: answer.text in reply.text for reply in replies(outputs)}
        assert told == {"NOMOR1": has_words, "NOMOR2": False}
        assert router.route_record(response) == outputs


def test_a_question_reads_no_joined_reports(router: CorrectionHarness, engine: Engine) -> None:
    """There may be thousands. A response and a closing read them once."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    verdicts: Sequence[Verdict] = ("accepted", "asked", "responded", "closed")
    readings = {}
    for verdict in verdicts:
        with counted(engine) as statements:
            router.route_answer(first, verdict)
        # A list of complaints asks which of them others follow.
        readings[verdict] = sum(bool(re.search(r"router_dispatch\.follows = (?!ANY)", one)) for one in statements)
    assert readings == {"accepted": 0, "asked": 0, "responded": 1, "closed": 1}
