"""Agencies' answers at the router: late, forged and repeated ones, and complaints that follow a closed case."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from messages import codec
from messages.answer_check import AnswerCheck, AnswerKeys
from messages.shapes import AgencyAnswer, Channel, Dispatch, OversightEvent, Reply, Verdict
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, OVERSIGHT, REPLIES, TRIAGE
from tests.conftest import NOW
from tests.router.test_linked import RouterHarness, complaint_of, dispatches, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

HEALTH, SLEMAN, YOGYA, PLN = "kementerian-kemenkes", "kabupaten-3404", "provinsi-34", "bumn-pln"
TEXT = "Mohon Kemenkes datang ke Kab. Sleman"


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> RouterHarness:
    """A router on each kind of database."""
    return RouterHarness(make_router(engine, fixed_rules_source(), now))


def record_of(answer: AgencyAnswer, offset: int, taken_at: datetime = NOW) -> Record:
    """Return the record of an answer."""
    key, value, headers = codec.encode(answer, str(answer.complaint_id), "/agency")
    return Record(AGENCY_ANSWERS, 0, offset, int(taken_at.timestamp() * 1000), key, value, headers)


def route_first(router: RouterHarness, number: int = 1, text: str = TEXT) -> Dispatch:
    """Route a complaint by SMS; return its first dispatch."""
    (dispatch,) = dispatches(router.route(complaint_of(number, text, channel="sms")))
    return dispatch


def events(outputs: Sequence[Outgoing]) -> list[tuple[str, str]]:
    """Return event and reason of the events for oversight."""
    decoded = [codec.decode(OversightEvent, out.value, out.headers) for out in outputs if out.topic == OVERSIGHT]
    return [(event.event, event.reason) for event in decoded]


def replies(outputs: Sequence[Outgoing]) -> list[Reply]:
    """Return the replies to senders."""
    return [codec.decode(Reply, out.value, out.headers) for out in outputs if out.topic == REPLIES]


@pytest.mark.parametrize("verdict", ["accepted", "responded", "closed"])
def test_a_late_answer_tells_nobody(router: RouterHarness, verdict: Verdict) -> None:
    """The agency refused, and the case is elsewhere. Oversight hears; the sender and the next agency do not."""
    first = route_first(router)
    (second,) = dispatches(router.route_answer(first))
    outputs = router.route_answer(first, verdict)
    assert events(outputs) == [("answer-not-counted", f"late: {verdict}")]
    assert [output.topic for output in outputs] == [OVERSIGHT, ANSWER_OUTCOMES]
    assert second.agency == SLEMAN


def test_the_next_agency_is_heard_after_a_late_answer(router: RouterHarness) -> None:
    """The sender gets the answer of the agency that has the case, even if the former one answered too."""
    first = route_first(router)
    (first_response,) = replies(router.route_answer(first, "responded"))
    (second,) = dispatches(router.route_answer(first))
    assert replies(router.route_answer(first, "closed")) == []
    (second_response,) = replies(router.route_answer(second, "responded"))
    (closing,) = replies(router.route_answer(second, "closed"))
    assert "Kabupaten Sleman" in second_response.text
    assert "sudah selesai ditangani oleh Kabupaten Sleman" in closing.text
    assert len({first_response.id, second_response.id, closing.id}) == 3


def test_a_sender_hears_that_triage_closed_the_case(router: RouterHarness) -> None:
    """No agency gets the report, and the text does not say that somebody handled it."""
    at_triage = route_first(router, text="halo selamat pagi")
    assert at_triage.agency == TRIAGE
    (closing,) = replies(router.route_answer(at_triage, "closed"))
    assert closing.text.startswith(f"Laporan {at_triage.tracking} tidak kami teruskan ke instansi.")


@pytest.mark.parametrize("public", [True, False])
def test_a_reply_says_that_there_are_pictures(router: RouterHarness, *, public: bool) -> None:
    """With the link that shows them. Who joined the case is told of those that everybody may see."""
    first = route_first(router)
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    unsigned = unsigned_answer(first, "responded", text="Sudah.", pictures=(id_of(9),), pictures_public=public)
    answer = signed(unsigned)
    own, joined = replies(router.route_record(record_of(answer, router.offset + 1)))
    assert "Sudah. Foto: http" in own.text
    assert ("lihat foto: http" in joined.text) is public


def test_a_reply_says_that_there_is_a_document(router: RouterHarness) -> None:
    """With the link that leads to it. Who joined the case is not told of it."""
    first = route_first(router)
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    unsigned = unsigned_answer(first, "responded", text="Sudah.", document=id_of(9), pictures_public=True)
    own, joined = replies(router.route_record(record_of(signed(unsigned), router.offset + 1)))
    assert "Sudah. Dokumen: http" in own.text
    assert "okumen" not in joined.text


def test_a_refusal_after_a_closing_moves_nothing(router: RouterHarness) -> None:
    """The sender was told that the matter is finished."""
    first = route_first(router)
    assert len(replies(router.route_answer(first, "closed"))) == 1
    outputs = router.route_answer(first, "refused")
    assert dispatches(outputs) == []
    assert events(outputs) == [("answer-not-counted", "not-accepted: refused")]


def test_a_second_delivery_of_an_answer_changes_nothing(router: RouterHarness) -> None:
    """The same record leads to equal output. Another one leads to the same outcome alone, also after the case moved."""
    first = route_first(router)
    responded, refused = router.answer_record(first, "responded"), router.answer_record(first, "refused")
    outputs = [router.route_record(record) for record in (responded, refused)]
    assert [router.route_record(record) for record in (responded, refused)] == outputs
    assert router.route_answer(first, "responded") == outputs[0][-1:]
    assert router.route_answer(first, "refused") == outputs[1][-1:]


def test_a_late_answer_stays_late(router: RouterHarness) -> None:
    """A replay gives the same event."""
    first = route_first(router)
    router.route_answer(first)
    late = router.answer_record(first, "closed")
    assert router.route_record(late) == router.route_record(late)


FORGERIES: dict[str, tuple[dict[str, Any], str]] = {
    "no authenticator": ({"authenticator": ""}, "no_authenticator"),
    "in the name of the next agency": ({"agency": SLEMAN}, "wrong_authenticator"),
    "a code of no institution": ({"agency": "kota-\x1b[2J"}, "unknown_agency"),
    "another text": ({"text": "lain"}, "wrong_authenticator"),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_answer_is_rejected(router: RouterHarness, case: str) -> None:
    """It becomes a dead letter with the reason."""
    changed, reason = FORGERIES[case]
    first = route_first(router)
    (second,) = dispatches(router.route_answer(first))
    forged = signed(unsigned_answer(second, "closed", agency=first.agency)).model_copy(update=changed)
    with pytest.raises(Reject, match=reason):
        router.route_record(record_of(forged, 99))


def test_an_agency_answers_only_its_own_dispatches(router: RouterHarness) -> None:
    """The agency that refused can compute the next dispatch's id. Its own key does not help."""
    first = route_first(router)
    (second,) = dispatches(router.route_answer(first))
    with pytest.raises(Reject, match="unknown_dispatch"):
        router.route_record(record_of(signed(unsigned_answer(second, "closed", agency=first.agency)), 99))


def test_a_processed_answer_outlives_its_key(engine: Engine, now: Callable[[], datetime]) -> None:
    """A replay after the key was withdrawn gives the same output. A new record with that key is rejected."""
    harness = RouterHarness(make_router(engine, fixed_rules_source(), now))
    first = route_first(harness)
    record = harness.answer_record(first, "responded")
    outputs = harness.route_record(record)
    later_keys = AnswerKeys(b"key of the tests", {HEALTH: 2})
    harness.stage = make_router(engine, fixed_rules_source(), now, AnswerCheck(later_keys))
    assert harness.route_record(record) == outputs
    with pytest.raises(Reject, match="withdrawn_key"):
        harness.route_answer(first, "closed")


def test_the_time_of_the_bus_counts(router: RouterHarness) -> None:
    """The agency's clock may be wrong, or its answer was handed in days later: the reply is as old as the record."""
    first = route_first(router)
    taken_at = NOW + timedelta(days=9)
    for days, offset in ((-9, 50), (9, 51)):
        answer = signed(unsigned_answer(first, "responded", at=NOW + timedelta(days=days), text=str(days)))
        (reply,) = replies(router.route_record(record_of(answer, offset, taken_at)))
        assert reply.at == taken_at


def test_a_join_hears_that_a_case_was_answered(router: RouterHarness) -> None:
    """The agency closed the case of another citizen. Whether this matter is finished, its own sender will say."""
    first = route_first(router)
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="sms"))
    texts = {reply.tracking: reply.text for reply in replies(router.route_answer(first, "closed"))}
    assert "sudah selesai ditangani oleh Kementerian Kesehatan" in texts["NOMOR1"]
    assert "sudah ditanggapi oleh Kementerian Kesehatan" in texts["NOMOR2"]


def test_a_join_gets_no_words_by_email(router: RouterHarness) -> None:
    """They may be about the citizen of the case. Nobody is asked if something is solved that they cannot see."""
    first = route_first(router)
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel="web"))
    texts = {reply.tracking: reply.mail_text for reply in replies(router.route_answer(first, "closed"))}
    assert texts["NOMOR2"] == "Laporan NOMOR2 sudah ditanggapi oleh Kementerian Kesehatan."


@pytest.mark.parametrize(("channel", "count"), [("sms", 2), ("twitter", 1)])
def test_a_join_hears_of_the_response_and_of_the_closing(router: RouterHarness, channel: Channel, count: int) -> None:
    """Nobody may miss the time in which one can object. On X there is one public reply about an answer."""
    first = route_first(router)
    router.route(complaint_of(2, "saya juga", of=1, kind="joins", channel=channel))
    verdicts: tuple[Verdict, ...] = ("responded", "closed")
    told = [
        reply
        for verdict in verdicts
        for reply in replies(router.route_answer(first, verdict))
        if reply.tracking == "NOMOR2"
    ]
    assert len({reply.id for reply in told}) == count
    assert not [reply.text for reply in told if "NOMOR1" in reply.text or "selesai ditangani" in reply.text]


def test_a_repeat_of_a_closed_case_is_a_new_case(router: RouterHarness) -> None:
    """The agency that closed gets it in its queue, with a reason. Its sender hears where it went."""
    first = route_first(router)
    router.route_answer(first, "closed")
    outputs = router.route(complaint_of(2, "masih gelap, tolong PLN", of=1, channel="sms"))
    (second,) = dispatches(outputs)
    assert (second.agency, second.own_case, second.relation.kind, second.relation.of) == (HEALTH, True, "new", None)
    assert second.alternatives[0] == PLN
    assert "NOMOR1" in second.reasons[-1].text
    assert [reply.tracking for reply in replies(outputs)] == ["NOMOR2"]
    # It moves alone, and its own repeats follow it.
    (moved,) = dispatches(router.route_answer(second))
    assert (moved.complaint_id, moved.agency) == (id_of(2), PLN)
    (third,) = dispatches(router.route(complaint_of(3, "belum juga", of=2)))
    assert (third.agency, third.own_case, third.relation.of) == (PLN, False, id_of(2))


@pytest.mark.parametrize(("text", "agency"), [("Kemenkes, saya juga", HEALTH), ("tolong PLN", PLN), ("juga", TRIAGE)])
def test_a_join_of_a_closed_case_is_a_new_case(router: RouterHarness, text: str, agency: str) -> None:
    """It goes where its own text leads."""
    first = route_first(router)
    router.route_answer(first, "closed")
    (second,) = dispatches(router.route(complaint_of(2, text, of=1, kind="joins")))
    assert (second.agency, second.own_case) == (agency, True)


@pytest.mark.parametrize("kind", ["repeat", "joins"])
def test_what_follows_a_follower_of_a_closed_case_is_new_too(
    router: RouterHarness, kind: Literal["repeat", "joins"]
) -> None:
    """The sender who joined writes again after the closing."""
    first = route_first(router)
    router.route(complaint_of(2, "saya juga", of=1, kind=kind))
    router.route_answer(first, "closed")
    (third,) = dispatches(router.route(complaint_of(3, "masih rusak", of=2)))
    assert (third.agency, third.own_case) == (HEALTH, True)


def test_an_answer_to_a_follower_closes_its_case(router: RouterHarness) -> None:
    """An answer to either counts for both."""
    route_first(router)
    (second,) = dispatches(router.route(complaint_of(2, "lagi", of=1)))
    router.route_answer(second, "closed")
    (third,) = dispatches(router.route(complaint_of(3, "masih", of=1)))
    assert third.own_case


def test_a_closing_that_does_not_count_closes_nothing(router: RouterHarness) -> None:
    """The case goes on at the next agency, and repeats accompany it."""
    first = route_first(router)
    router.route_answer(first)
    router.route_answer(first, "closed")
    (second,) = dispatches(router.route(complaint_of(2, "lagi", of=1)))
    assert (second.agency, second.own_case) == (SLEMAN, False)


def test_a_closed_case_at_triage_is_not_decided_again(router: RouterHarness) -> None:
    """A person closed it. The sender's next message is a case of its own, and the closed one stays."""
    first = route_first(router, text="jalan rusak parah di")
    assert first.agency == TRIAGE
    router.route_answer(first, "closed")
    (second,) = dispatches(router.route(complaint_of(2, "jalan rusak parah di Kab. Sleman", of=1)))
    assert (second.complaint_id, second.agency, second.own_case) == (id_of(2), TRIAGE, True)
    assert second.alternatives[0] == SLEMAN


def test_a_repeat_of_a_closed_case_is_decided_once(router: RouterHarness) -> None:
    """A replay gives the same dispatch, whatever became of the case since."""
    first = route_first(router)
    router.route_answer(first, "closed")
    record = router.complaint_record(complaint_of(2, "masih", of=1))
    outputs = router.route_record(record)
    assert len(dispatches(outputs)) == 1
    router.route_answer(dispatches(outputs)[0])
    assert router.route_record(record) == outputs
