"""The sender of an SMS is told once that everybody may read reports, and prevents it by an SMS."""

from datetime import timedelta

import pytest

from ingest import sms_acknowledgement
from ingest.sms_acknowledgement import received_and_public
from messages.gsm_alphabet import fits_one_sms
from messages.payloads.sms import parse_sms
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.sms.test_answers import NUMBER, reply_text
from tests.ingest.sms.test_door import send, sms
from tests.sinks.public.harness import EVERYTHING, PublicPipeline
from tests.support import records

_TEXT = "Jalan rusak di depan pasar, Kota Semarang"
_PHONES = ("+628000000031", "+628000000032", "+628000000033", "+628000000034")
_LINK = f"https://lapor.go.id/l/{'0' * 40}"


@pytest.fixture
def open_view(serve: Serve) -> DoorClient:
    """The doors of a service with the public view."""
    return serve(public_view=True)


def answer_to(served: DoorClient, text: str, sid: str, phone: str = _PHONES[0]) -> str:
    """Send an SMS and return the answer."""
    return str(reply_text(send(served, sms(text, sid=sid, sender=phone))))


def says_public(answer: str) -> bool:
    """Return True if an answer says that everybody may read the words, and how to prevent it."""
    return "dapat dibaca umum" in answer.casefold() and "Balas RAHASIA" in answer


def test_a_sender_is_told_once(open_view: DoorClient) -> None:
    """In the receipt of the first report, also if its message comes twice. Each receipt is one SMS with the number."""
    answers = [answer_to(open_view, f"{_TEXT} {sid}", sid) for sid in ("SM1", "SM2", "SM1")]
    assert [says_public(answer) for answer in answers] == [True, False, True]
    numbers = [message.tracking for message in open_view.raw_messages("sms")]
    assert all(fits_one_sms(answer) for answer in answers)
    assert [number in answer for number, answer in zip(numbers, answers, strict=True)] == [True] * 3
    assert says_public(answer_to(open_view, _TEXT, "SM3", _PHONES[1]))


def test_who_need_not_be_told(open_view: DoorClient) -> None:
    """A sender who began with RAHASIA, or tells of a danger, or asks. An open report later is told of."""
    for number, text in enumerate(
        ("RAHASIA " + _TEXT, "Tolong, rumah terbakar, orang terjebak di dalam", "BANTUAN", "")
    ):
        phone = _PHONES[number]
        assert not says_public(answer_to(open_view, text, f"SM{number}", phone))
        assert says_public(answer_to(open_view, _TEXT, f"SM1{number}", phone))


def test_without_a_public_view_nobody_is_told(serve: Serve) -> None:
    """Nothing becomes public there."""
    assert not says_public(answer_to(serve(), _TEXT, "SM1"))


def test_the_notice_fits_with_the_link() -> None:
    """One SMS holds the notice and the sender's own link."""
    texts = [received_and_public(NUMBER, _LINK), received_and_public(NUMBER)]
    assert [(fits_one_sms(text), says_public(text)) for text in texts] == [(True, True)] * 2
    assert _LINK in texts[0]
    assert f"STATUS {NUMBER}" in texts[1]


@pytest.mark.parametrize(
    "text", ["RAHASIA {}", "rahasia {}", "Rahasia: {}", "LAPOR RAHASIA {}", "RAHASIA dan nomor itu {}"]
)
def test_rahasia_beside_a_number_is_no_question(text: str) -> None:
    """It asks for no state: the officer reads it beside the report, which is rahasia from then on."""
    typed = text.format(NUMBER)
    parsed = parse_sms(typed)
    assert (parsed.kind, parsed.rahasia, parsed.text) == ("report", True, typed)


@pytest.mark.parametrize("text", ["STATUS {}", "{}", "mana kabar {}?"])
def test_a_question_stays_one(text: str) -> None:
    """Without the keyword."""
    assert parse_sms(text.format(NUMBER)).kind == "status"


def test_rahasia_hides_the_words_at_once(open_view: DoorClient) -> None:
    """The answer says so. Another sender's RAHASIA hides nothing."""
    parts = open_view.parts
    pipeline = PublicPipeline(parts, parts.engine)
    sent = pipeline.send_raw(records.sms(parts, _TEXT, _PHONES[0], proof="twilio-signature"))
    pipeline.answer(sent, "accepted")
    pipeline.time += timedelta(days=1)
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 1
    words = f"RAHASIA {sent.complaint.tracking}"
    pipeline.send_raw(records.sms(parts, words, _PHONES[1], proof="twilio-signature"))
    assert len(pipeline.reports.newest(EVERYTHING, 9)) == 1

    answer = answer_to(open_view, words, "SM7")
    assert f"laporan {sent.complaint.tracking} rahasia. Isinya tidak tampil untuk umum" in answer
    assert fits_one_sms(answer)
    assert answer != sms_acknowledgement.received(sent.complaint.tracking)
    pipeline.send_raw(records.sms(parts, words, _PHONES[0], proof="twilio-signature"))
    assert pipeline.reports.newest(EVERYTHING, 9) == []
    pipeline.answer(sent, "closed")
    assert pipeline.shown == []
