"""Objections of senders at the router: a closed case is opened again, and acts that need no answer accompany it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine

from bus.port import Outgoing
from cases.course.verdicts import SYSTEM_ACTOR
from messages import codec
from messages.shapes import Complaint, Dispatch, FollowUp, SenderAct
from messages.topics import AGENCY_ANSWERS, TRIAGE
from tests.conftest import NOW
from tests.router.test_answers import HEALTH, SLEMAN, TEXT, events, replies
from tests.router.test_linked import RouterHarness, complaint_of, dispatches, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.deadlines import DEADLINES
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

OBJECTION = "belum menyala, masih gelap"
LAST_DAY = DEADLINES.objection_deadline(NOW)
# Arrival of objections to a closing at `NOW`.
AFTER_CLOSING = NOW + timedelta(minutes=1)


class Clock:
    """Time of the router, which a test may set."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time


@pytest.fixture
def clock() -> Clock:
    """The router's clock."""
    return Clock()


@pytest.fixture
def router(engine: Engine, clock: Clock) -> RouterHarness:
    """A router on each kind of database."""
    return RouterHarness(make_router(engine, fixed_rules_source(), clock))


def act_of(number: int, of: int, act: SenderAct = "objects", arrival: datetime = AFTER_CLOSING) -> Complaint:
    """Return the follow-up of a sender on the report of another number."""
    follow_up = FollowUp(act=act, rating=4 if act == "rates" else 0)
    return complaint_of(number, OBJECTION, of=of).model_copy(update={"follow_up": follow_up, "at": arrival})


def close_first(router: RouterHarness, text: str = TEXT) -> Dispatch:
    """Route a complaint by SMS and its closing; return the dispatch."""
    (first,) = dispatches(router.route(complaint_of(1, text, channel="sms")))
    router.route_answer(first, "closed")
    return first


def shown(dispatch: Dispatch) -> tuple[str, int, bool, int]:
    """Return agency, hop, whether it is a case, and how often it was reopened."""
    return dispatch.agency, dispatch.hop, dispatch.own_case, dispatch.reopened


@pytest.mark.parametrize("text", [TEXT, "halo selamat pagi"])
def test_an_objection_opens_the_case_again(router: RouterHarness, clock: Clock, text: str) -> None:
    """The same agency, or triage, gets it with a new deadline and the objection at its head. The sender is told."""
    first = close_first(router, text)
    clock.time = LAST_DAY + timedelta(hours=1)
    record = router.complaint_record(act_of(2, of=1, arrival=LAST_DAY))
    outputs = router.route_record(record)
    case, objection = dispatches(outputs)
    assert (shown(case), case.complaint_id) == ((first.agency, 1, True, 1), id_of(1))
    assert (shown(objection), objection.relation.of) == ((first.agency, 0, False, 0), id_of(1))
    assert objection.follow_up.act == "objects"
    assert case.due_at > clock.time
    assert (case.reasons[0].rule, OBJECTION in case.reasons[0].text) == ("reopened", False)
    (reply,) = replies(outputs)
    assert (reply.tracking, reply.text.startswith("Laporan NOMOR1 dibuka lagi di ")) == ("NOMOR1", True)
    assert events(outputs) == []
    # The record again gives the same output, and another record of the message none.
    assert router.route_record(record) == outputs
    assert router.route(act_of(2, of=1, arrival=LAST_DAY)) == []


def test_a_late_objection_is_a_case_of_its_own(router: RouterHarness) -> None:
    """It is at the agency that closed, and names the former case."""
    close_first(router)
    (second,) = dispatches(router.route(act_of(2, of=1, arrival=LAST_DAY + timedelta(minutes=1))))
    assert (shown(second), second.complaint_id) == ((HEALTH, 0, True, 0), id_of(2))
    assert "NOMOR1" in second.reasons[-1].text


def test_an_objection_from_before_the_closing_is_not_about_it(router: RouterHarness) -> None:
    """It is routed later, and is a case of its own: nobody would read it beside the closed one."""
    close_first(router)
    (second,) = dispatches(router.route(act_of(2, of=1, arrival=NOW - timedelta(minutes=1))))
    assert (shown(second), second.complaint_id) == ((HEALTH, 0, True, 0), id_of(2))


def test_an_objection_to_the_response_opens_what_the_system_closed(router: RouterHarness, clock: Clock) -> None:
    """In each order of objection and closing: the service closes only what nobody has objected to."""
    for number, is_routed_first in enumerate((True, False)):
        clock.time, base = NOW, 10 * number
        (first,) = dispatches(router.route(complaint_of(base + 1, TEXT)))
        router.route_answer(first, "responded")
        closing = signed(unsigned_answer(first, "closed").model_copy(update={"actor": SYSTEM_ACTOR}))
        router.offset += 1
        closed_at = NOW + timedelta(days=15)
        encoded = codec.encode(closing, str(closing.complaint_id), "/test")
        record = at(Outgoing(AGENCY_ANSWERS, *encoded), router.offset, closed_at)
        clock.time = closed_at - timedelta(hours=1)
        objection = router.complaint_record(act_of(base + 2, of=base + 1, arrival=clock.time))
        records = [objection, record] if is_routed_first else [record, objection]
        hops = [hop for item in records for hop in dispatches(router.route_record(item))]
        assert (HEALTH, 1, True, 1) in [shown(hop) for hop in hops if hop.complaint_id == id_of(base + 1)]


def test_oversight_hears_of_the_second_reopening(router: RouterHarness) -> None:
    """Further objections to an open case accompany it and open nothing."""
    close_first(router)
    case, _ = dispatches(router.route(act_of(2, of=1)))
    (accompanying,) = dispatches(router.route(act_of(3, of=1)))
    assert shown(accompanying) == (HEALTH, 0, False, 0)
    router.route_answer(case, "closed")
    outputs = router.route(act_of(4, of=2))
    again, _ = dispatches(outputs)
    assert shown(again) == (HEALTH, 2, True, 2)
    assert [reason.rule for reason in again.reasons].count("reopened") == 2
    assert events(outputs) == [("reopened-again", "objected-again")]


def test_two_objections_in_any_order_have_one_result(engine: Engine, clock: Clock) -> None:
    """The first one opens the case, and the second accompanies it."""
    for number, order in enumerate(permutations((2, 3))):
        router = RouterHarness(make_router(engine, fixed_rules_source(), clock), offset=100 * number)
        base = 10 * number
        (first,) = dispatches(router.route(complaint_of(base + 1, TEXT)))
        router.route_answer(first, "closed")
        objections = [
            act_of(base + index, of=base + 1, arrival=AFTER_CLOSING + timedelta(hours=index)) for index in order
        ]
        sent = [hop for objection in objections for hop in dispatches(router.route(objection))]
        assert [shown(hop) for hop in sent] == [(HEALTH, 1, True, 1), (HEALTH, 0, False, 0), (HEALTH, 0, False, 0)]


def test_an_objection_that_is_routed_before_the_closing_opens_the_case_too(router: RouterHarness, clock: Clock) -> None:
    """The router was behind: the sender saw the closing on the page. A closing after an objection stands."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    clock.time = NOW + timedelta(hours=1)
    (objection,) = dispatches(router.route(act_of(2, of=1, arrival=clock.time)))
    assert shown(objection) == (HEALTH, 0, False, 0)
    closing = router.answer_record(first, "closed")
    outputs = router.route_record(closing)
    (case,) = dispatches(outputs)
    assert (shown(case), case.reasons[0].rule) == ((HEALTH, 1, True, 1), "reopened")
    assert len(replies(outputs)) == 2
    assert router.route_record(closing) == outputs
    later = at(Outgoing(closing.topic, *encoded_answer(router, case)), 90, clock.time + timedelta(hours=1))
    assert dispatches(router.route_record(later)) == []


def encoded_answer(router: RouterHarness, case: Dispatch) -> tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]:
    """Return key, value and headers of a closing."""
    record = router.answer_record(case, "closed")
    return record.key, record.value, record.headers


def test_the_objection_of_a_joined_sender_opens_the_own_report(router: RouterHarness) -> None:
    """The case of the other citizen stays closed. The report takes its own later messages along."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT, channel="sms")))
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    router.route(complaint_of(3, "tolong pak", of=2))
    router.route_answer(first, "closed")
    outputs = router.route(act_of(4, of=3))
    hops = {hop.complaint_id: hop for hop in dispatches(outputs)}
    assert set(hops) == {id_of(2), id_of(3), id_of(4)}
    assert shown(hops[id_of(2)]) == (HEALTH, 1, True, 1)
    assert {hop.relation.of for number, hop in hops.items() if number != id_of(2)} == {id_of(2)}
    assert [reply.tracking for reply in replies(outputs)] == ["NOMOR2"]
    (own,) = dispatches(router.route(act_of(5, of=1)))[:1]
    assert (own.complaint_id, shown(own)) == (id_of(1), (HEALTH, 1, True, 1))


@pytest.mark.parametrize("act", ["confirms", "rates", "withdraws", "asks-to-be-forgotten"])
def test_acts_that_need_no_answer_accompany_a_closed_case(router: RouterHarness, act: SenderAct) -> None:
    """The agency reads them there. They open nothing, make no case, and get no reply."""
    close_first(router)
    outputs = router.route(act_of(2, of=1, act=act))
    (hop,) = dispatches(outputs)
    assert (shown(hop), hop.relation.of, hop.follow_up.act) == ((HEALTH, 0, False, 0), id_of(1), act)
    assert len(outputs) == 1


def test_an_addition_after_the_closing_is_a_case_of_its_own(router: RouterHarness) -> None:
    """It may be a new matter. Before the closing it accompanies the case."""
    (first,) = dispatches(router.route(complaint_of(1, TEXT)))
    (added,) = dispatches(router.route(act_of(2, of=1, act="adds")))
    router.route_answer(first, "closed")
    (later,) = dispatches(router.route(act_of(3, of=1, act="adds")))
    assert (shown(added), shown(later)) == ((HEALTH, 0, False, 0), (HEALTH, 0, True, 0))


def test_an_act_without_words_decides_nothing(router: RouterHarness) -> None:
    """At triage only words about the matter lead to an agency."""
    router.route(complaint_of(1, "halo selamat pagi"))
    withdrawal = act_of(2, of=1, act="withdraws").model_copy(update={"report": complaint_of(9, "Kemenkes").report})
    (hop,) = dispatches(router.route(withdrawal))
    assert shown(hop) == (TRIAGE, 0, False, 0)
    objection = act_of(3, of=1).model_copy(update={"report": complaint_of(9, "belum, ini urusan Kemenkes").report})
    assert {hop.agency for hop in dispatches(router.route(objection))} == {HEALTH}


def test_reopenings_count_neither_as_hops_nor_as_refusals(router: RouterHarness) -> None:
    """After six of them the first refusal is an ordinary one and leads to the next agency."""
    case = close_first(router)
    for number in range(2, 8):
        case, _ = dispatches(router.route(act_of(number, of=1)))
        if number < 7:
            router.route_answer(case, "closed")
    outputs = router.route_answer(case)
    (moved, *_) = dispatches(outputs)
    assert (moved.agency, moved.reopened) == (SLEMAN, 6)
    assert events(outputs) == [("refused", "next-alternative")]
    assert outputs_of_reopening(outputs) == []


def outputs_of_reopening(outputs: Sequence[Outgoing]) -> list[str]:
    """Return the replies that a case is open again."""
    return [reply.text for reply in replies(outputs) if "dibuka lagi" in reply.text]
