"""Acknowledgements of SMS: one segment each, one request for details, and of a report only its state."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
import requests
from sqlalchemy import Engine

from app.assembly.parts import Parts
from config.database import DatabaseUnavailable
from ingest import sms_acknowledgement, sms_acts
from ingest.door_store import DoorStore
from ingest.sms_acknowledgement import ASK_AGAIN_AFTER, SmsAcknowledgements, received_with_link
from ingest.sms_outcome import NoReader, SmsOutcome
from ingest.wrap import accepted_record
from messages.gsm_alphabet import fits_one_sms
from messages.payloads.sms import ParsedSms, parse_sms
from messages.replies.report_states import STATE_SENTENCES, ShownState, state_sentence
from messages.shapes import RawMessage
from messages.tracking import tracking_number
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.people import PHONE, TEXT
from tests.ingest.sms.test_door import send, sms
from tests.support import records
from tests.support.case_stages import make_case_stage
from tests.support.stages import make_normalizer

NUMBER = tracking_number(UUID(int=1), b"key")


def reply_text(response: requests.Response) -> str | None:
    """Return the text of the TwiML answer; `None` if it has none."""
    assert response.status_code == 200
    return ET.fromstring(response.content).findtext("Message")  # noqa: S314 - our own door's answer


def raw(parts: Parts, text: str, phone: str = "+628000000031", **more: Any) -> RawMessage:
    """Return a message as a door stores it."""
    return RawMessage.model_validate_json(records.sms(parts, text, phone, **more).value)


def test_every_answer_is_one_segment() -> None:
    """Every acknowledgement fits 160 septets of the GSM 7-bit alphabet."""
    all_texts = [
        sms_acknowledgement.received(NUMBER),
        sms_acknowledgement.report_usage(),
        sms_acknowledgement.stored_but_unclear(NUMBER),
        sms_acknowledgement.unknown_number(NUMBER),
        sms_acts.invalid_number(NUMBER[:-1]),
        sms_acknowledgement.status_usage(),
        sms_acknowledgement.service_disturbed(),
    ]
    assert [answer for answer in all_texts if not fits_one_sms(answer)] == []
    assert len(set(all_texts)) == len(all_texts)
    for name in ("", "Kota Semarang", "Kementerian Koordinator " * 5):
        states = [ShownState(state, state_sentence(state, NUMBER, name)) for state in STATE_SENTENCES]
        answers = [sms_acknowledgement.status_answer(NUMBER, state) for state in states]
        assert [answer for answer in answers if not fits_one_sms(answer) or NUMBER not in answer] == []
        assert len(set(answers)) == len(states)


@pytest.mark.parametrize("keyword", ["LAPOR", "lapor: ", "LAPOR \u00ad"])
def test_the_keyword_alone_is_answered_each_time(served: DoorClient, keyword: str) -> None:
    """A person sent it, and hears how to report."""
    answers = {reply_text(send(served, sms(keyword, sid=f"SM{number}"))) for number in range(3)}
    assert answers == {sms_acknowledgement.report_usage()}


@pytest.mark.parametrize("nothing", ["", " ", "\u200b\u2060"])
def test_empty_sms_is_asked_for_details_once(served: DoorClient, nothing: str) -> None:
    """The first empty SMS of a sender is asked for more, the next gets no acknowledgement; both are stored."""
    answers = [reply_text(send(served, sms(nothing, sid=f"SM{number}"))) for number in range(2)]

    assert answers == [sms_acknowledgement.report_usage(), None]
    assert len(served.raw_messages("sms")) == 2


def test_unclear_is_asked_for_once_and_kept_as_a_report(served: DoorClient) -> None:
    """An SMS with too few letters gets its number, the first time with a request for details."""
    answers = [reply_text(send(served, sms("LAPOR ?? xk", sid=f"SM{number}"))) for number in range(2)]

    first, second = served.raw_messages("sms")
    assert answers == [
        sms_acknowledgement.stored_but_unclear(first.tracking),
        sms_acknowledgement.received(second.tracking),
    ]
    stage = make_normalizer(served.parts.engine, served.parts.sealer)
    published = stage.handle([records.at(accepted_record(first))])
    assert [record.topic for record in published] == ["complaints"]


def test_other_senders_are_asked_too(served: DoorClient) -> None:
    """The limit counts per sender, and a report is never asked for details."""
    for number in range(3):
        assert (
            reply_text(send(served, sms("", sid=f"SM{number}", sender=f"+62800000003{number}")))
            == sms_acknowledgement.report_usage()
        )
    assert NUMBER[4] in str(reply_text(send(served, sms())))


def test_the_same_message_gets_the_same_answer(served: DoorClient) -> None:
    """A message that Twilio sends again gets the same text again."""
    answers = [reply_text(send(served, sms("", sid=sid))) for sid in ("SM1", "SM1", "SM2", "SM1")]

    assert answers == [
        sms_acknowledgement.report_usage(),
        sms_acknowledgement.report_usage(),
        None,
        sms_acknowledgement.report_usage(),
    ]


def test_asked_again_after_a_day(parts: Parts, engine: Engine) -> None:
    """The window counts from the last request, by the messages' own time, and survives a restart."""
    empty_sms = ParsedSms("nothing")

    def ask(hours: float) -> str:
        message = raw(parts, "", when=NOW + timedelta(hours=hours))
        return SmsAcknowledgements(DoorStore(engine), lambda _: None).text_for(message, empty_sms)

    day = ASK_AGAIN_AFTER / timedelta(hours=1)
    assert [bool(ask(hours)) for hours in (0, 1, day, day + 0.01, day + 1, 0.5)] == [
        True, False, False, True, False, False,
    ]  # fmt: skip


def test_one_request_for_details_from_many_processes(engine: Engine) -> None:
    """Of several processes with empty messages of one sender at the same moment, only one asks."""
    start = threading.Barrier(4)

    def ask(_: int) -> bool:
        start.wait()
        return DoorStore(engine).claim_details_request("s", uuid4(), NOW, ASK_AGAIN_AFTER)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == [False, False, False, True]


class UnavailableStore(DoorStore):
    """Store whose database is away."""

    def claim_details_request(self, *_: object) -> bool:
        """See `DoorStore`."""
        raise DatabaseUnavailable("away")


@pytest.mark.parametrize(
    ("sms_content", "answer"),
    [
        (ParsedSms("nothing"), sms_acknowledgement.report_usage()),
        (ParsedSms("unclear", "ok"), sms_acknowledgement.stored_but_unclear("{}")),
        (ParsedSms("report", "jalan rusak"), sms_acknowledgement.received("{}")),
        (ParsedSms("status", NUMBER, NUMBER), sms_acknowledgement.service_disturbed()),
    ],
)
def test_without_the_database_there_is_an_answer(parts: Parts, sms_content: ParsedSms, answer: str) -> None:
    """Without the database a status request is told so, and a sender may be asked for details twice."""

    def state_of(_number: str) -> ShownState | None:
        raise DatabaseUnavailable("away")

    message = raw(parts, "x")
    text = SmsAcknowledgements(UnavailableStore(parts.engine), state_of).text_for(message, sms_content)
    assert text == answer.replace("{}", message.tracking)


def test_a_locked_database_does_not_hold_up_the_answer(served: DoorClient) -> None:
    """While another process locks the database, the message is stored and Twilio gets its answer."""
    lock = sqlite3.connect(served.parts.settings.home / "satupintu.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    assert reply_text(send(served, sms(""))) == sms_acknowledgement.report_usage()
    assert lock.in_transaction
    assert len(served.raw_messages("sms")) == 1
    lock.execute("ROLLBACK")
    lock.close()


Ask = Callable[[str], str | None]


@pytest.fixture
def ask(served: DoorClient) -> Ask:
    """Return a function that asks by SMS and returns the text."""
    return lambda text: reply_text(send(served, sms(text, sid=f"SM{uuid4().hex}")))


def test_status_by_sms(served: DoorClient, ask: Ask) -> None:
    """The number in any notation gives the state of its report, before and after the ledger has it."""
    send(served, sms())
    (report,) = served.raw_messages("sms")
    number = report.tracking
    assert ask(f"STATUS {number}") == sms_acknowledgement.unknown_number(number)

    parts = served.parts
    (complaint,) = make_normalizer(parts.engine, parts.sealer).handle([records.at(accepted_record(report))])[:1]
    make_case_stage(parts.engine).handle([records.at(complaint)])
    typed = (
        f"STATUS {number}", f"status {number.lower()}", f"Cek {number.replace('-', '')}", f"CEK STATUS {number}.",
        f"LAPOR STATUS {number}", f"status no. {number.replace('-', ' ')}", f"\nStatus:\n{number}\n",
        f"STATUS nomor laporan {number}?",
    )  # fmt: skip
    assert {ask(text) for text in typed} == {state_sentence("diterima", number)}


def test_status_contains_only_the_state(served: DoorClient, ask: Ask) -> None:
    """A status text contains neither the report's text nor its sender."""
    send(served, sms())
    (report,) = served.raw_messages("sms")
    (complaint,) = make_normalizer(served.parts.engine, served.parts.sealer).handle(
        [records.at(accepted_record(report))]
    )[:1]
    make_case_stage(served.parts.engine).handle([records.at(complaint)])
    text = str(ask(f"STATUS {report.tracking}"))
    assert not any(word in text for word in (*TEXT.split(), PHONE, report.sender))


def test_wrong_check_symbol(ask: Ask) -> None:
    """A number with a wrong check symbol, or one symbol too few, is not looked up. The answer says which."""
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    for typed in (wrong, wrong.replace("-", " "), NUMBER[:-1], NUMBER.replace("-", "") + "7"):
        assert ask(f"STATUS {typed}") == sms_acts.invalid_number(typed)


def test_status_without_a_number(ask: Ask) -> None:
    """The keyword alone is answered with its usage."""
    assert {ask("STATUS"), ask("cek status ?"), ask("Cek no.")} == {sms_acknowledgement.status_usage()}


@pytest.mark.parametrize(
    "text",
    [
        "Status jalan rusak 15 km tidak jelas",
        "cek jalan rusak di desa kami",
        "status tanah 2024 belum terbit",
        "CEKDAM jebol di desa kami",
        "statusnya bagaimana, jembatan putus",
        "cek dana desa 2025",
        "LAPOR status gizi anak 12 desa",
        "jalan rusak, status ABCD-1234-5678",
    ],
)
def test_report_that_begins_with_status(text: str) -> None:
    """Text after the keyword is a complaint and is not lost to a status lookup."""
    assert parse_sms(text).kind == "report"


@pytest.mark.parametrize("word", ["STOP", "START", "HELP"])
def test_opt_out_keywords_get_no_acknowledgement(served: DoorClient, word: str) -> None:
    """An opt-out keyword is stored and gets no acknowledgement from us."""
    assert reply_text(send(served, sms(word) | {"OptOutType": word})) is None
    assert len(served.raw_messages("sms")) == 1


def test_stop_without_advanced_opt_out(served: DoorClient, ask: Ask) -> None:
    """Twilio also answers STOP without Advanced Opt-Out, and would not send our text."""
    assert ask("Stop ") is None
    assert ask("stop pungli di terminal") is not None


def test_report_with_opt_out_type_is_acknowledged(served: DoorClient) -> None:
    """A text of more than two words is a report, whatever OptOutType is."""
    fields = sms(f"BANTUAN {TEXT}") | {"OptOutType": "HELP"}
    answer = reply_text(send(served, fields))
    assert served.raw_messages("sms")[0].tracking in str(answer)


def test_unknown_number(ask: Ask) -> None:
    """A valid unknown number is distinguished from a wrong one, and the sender is told what to do."""
    assert ask(f"STATUS {NUMBER}") == sms_acknowledgement.unknown_number(NUMBER)
    assert "periksa nomornya" in sms_acknowledgement.unknown_number(NUMBER)


def test_the_receipt_has_the_link_of_the_sender() -> None:
    """One SMS holds it with the address of the service; with a longer address the text is as without a link."""
    token = "0" * 40
    text = received_with_link("SF64-ZEGD-KMVD", f"https://www.lapor.go.id/l/{token}")
    assert fits_one_sms(text)
    assert not fits_one_sms(received_with_link("SF64-ZEGD-KMVD", f"https://pengaduan.contoh-kota.go.id/l/{token}"))


class BrokenReader(NoReader):
    """Fails at every message."""

    def outcome(self, _raw: RawMessage, _sms: ParsedSms) -> SmsOutcome:
        """Fail."""
        raise ZeroDivisionError


def test_a_bug_in_the_reader_gives_the_plain_receipt(parts: Parts) -> None:
    """The message is stored: whatever fails after that, its sender gets the number."""
    message = raw(parts, TEXT)
    acknowledgements = SmsAcknowledgements(DoorStore(parts.engine), lambda _: None, BrokenReader())
    assert message.tracking in acknowledgements.text_for(message, parse_sms(TEXT))
