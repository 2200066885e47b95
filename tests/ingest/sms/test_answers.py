"""What an SMS is answered with: one segment, once where more is asked for, and of a report nothing but its state."""

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
from ingest import sms_acknowledgement
from ingest.door_store import DoorStore
from ingest.sms_acknowledgement import ASK_AGAIN_AFTER, SmsAcknowledgements
from ingest.wrap import accepted_record
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import RawMessage
from messages.sms import ParsedSms, parse_sms
from messages.tracking import tracking_number
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.people import PHONE, TEXT
from tests.ingest.sms.test_door import send, sms
from tests.support import records
from tests.support.stages import make_ledger_sink, make_normalizer

NUMBER = tracking_number(UUID(int=1), b"key")
_STATES = ("terverifikasi", "terdisposisi", "proses", "selesai", "tunda")


def says(response: requests.Response) -> str | None:
    """The words of the answer; `None` where it has none."""
    assert response.status_code == 200
    return ET.fromstring(response.content).findtext("Message")  # noqa: S314 - our own door's answer


def raw(parts: Parts, text: str, phone: str = "+628000000031", **more: Any) -> RawMessage:
    """A message as a door keeps it."""
    return RawMessage.model_validate_json(records.sms(parts, text, phone, **more).value)


def test_every_answer_is_one_segment() -> None:
    """Whatever is answered fits 160 septets of the GSM 7-bit alphabet."""
    every = [
        sms_acknowledgement.received(NUMBER),
        sms_acknowledgement.report_usage(),
        sms_acknowledgement.stored_but_unclear(NUMBER),
        sms_acknowledgement.unknown_number(NUMBER),
        sms_acknowledgement.invalid_number(),
        sms_acknowledgement.status_usage(),
        sms_acknowledgement.service_disturbed(),
        *(sms_acknowledgement.report_state(NUMBER, state) for state in _STATES),
    ]
    assert [answer for answer in every if not fits_one_sms(answer)] == []
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("nothing", ["", " ", "LAPOR", "lapor: ", "\u200b\u2060", "LAPOR \u00ad"])
def test_nothing_said_is_asked_for_once(served: DoorClient, nothing: str) -> None:
    """The first empty SMS is asked for more, the next of the same sender gets no answer; both are kept."""
    answers = [says(send(served, sms(nothing, sid=f"SM{number}"))) for number in range(2)]

    assert answers == [sms_acknowledgement.report_usage(), None]
    assert len(served.raw_messages("sms")) == 2


def test_unclear_is_asked_for_once_and_kept_as_a_report(served: DoorClient) -> None:
    """Too few letters: the number is told, with the question, and the second time without it."""
    answers = [says(send(served, sms("LAPOR ?? ok", sid=f"SM{number}"))) for number in range(2)]

    first, second = served.raw_messages("sms")
    assert answers == [
        sms_acknowledgement.stored_but_unclear(first.tracking),
        sms_acknowledgement.received(second.tracking),
    ]
    stage = make_normalizer(served.parts.engine, served.parts.sealer)
    published = stage.handle([records.at(accepted_record(first))])
    assert [record.topic for record in published] == ["complaints"]


def test_others_are_asked_too(served: DoorClient) -> None:
    """Whom we asked does not matter to another sender, and a report is never asked about."""
    for number in range(3):
        assert (
            says(send(served, sms("", sid=f"SM{number}", sender=f"+62800000003{number}")))
            == sms_acknowledgement.report_usage()
        )
    assert NUMBER[4] in str(says(send(served, sms())))


def test_the_same_message_gets_the_same_answer(served: DoorClient) -> None:
    """Twilio is not sure that the first answer came: the question is asked again, for that message alone."""
    answers = [says(send(served, sms("", sid=sid))) for sid in ("SM1", "SM1", "SM2", "SM1")]

    assert answers == [
        sms_acknowledgement.report_usage(),
        sms_acknowledgement.report_usage(),
        None,
        sms_acknowledgement.report_usage(),
    ]


def test_asked_again_after_a_day(parts: Parts, engine: Engine) -> None:
    """The window counts from the last question, by the messages' own time, and survives a new start."""
    said = ParsedSms("nothing")

    def ask(hours: float) -> str:
        message = raw(parts, "", when=NOW + timedelta(hours=hours))
        return SmsAcknowledgements(DoorStore(engine), lambda _: None).text_for(message, said)

    day = ASK_AGAIN_AFTER / timedelta(hours=1)
    assert [bool(ask(hours)) for hours in (0, 1, day, day + 0.01, day + 1, 0.5)] == [
        True, False, False, True, False, False,
    ]  # fmt: skip


def test_of_many_at_once_one_is_asked(engine: Engine) -> None:
    """Processes that take empty messages of one sender at the same moment ask once."""
    start = threading.Barrier(4)

    def ask(_: int) -> bool:
        start.wait()
        return DoorStore(engine).claim_details_request("s", uuid4(), NOW, ASK_AGAIN_AFTER)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == [False, False, False, True]


class Away(DoorStore):
    """A store whose database can't be reached."""

    def claim_details_request(self, *_: object) -> bool:
        """See `DoorStore`."""
        raise DatabaseUnavailable("away")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (ParsedSms("nothing"), sms_acknowledgement.report_usage()),
        (ParsedSms("unclear", "ok"), sms_acknowledgement.stored_but_unclear("{}")),
        (ParsedSms("report", "jalan rusak"), sms_acknowledgement.received("{}")),
        (ParsedSms("status", NUMBER, NUMBER), sms_acknowledgement.service_disturbed()),
    ],
)
def test_without_the_database_there_is_an_answer(parts: Parts, said: ParsedSms, answer: str) -> None:
    """What can't be looked up is said so, and whoever might have been asked already is rather asked twice."""

    def state_of(_number: str) -> str | None:
        raise DatabaseUnavailable("away")

    message = raw(parts, "x")
    found = SmsAcknowledgements(Away(parts.engine), state_of).text_for(message, said)
    assert found == answer.replace("{}", message.tracking)


def test_a_locked_database_does_not_hold_up_the_answer(served: DoorClient) -> None:
    """The message is kept and Twilio answered while somebody else holds the database's lock."""
    lock = sqlite3.connect(served.parts.settings.home / "satupintu.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    assert says(send(served, sms(""))) == sms_acknowledgement.report_usage()
    assert lock.in_transaction
    assert len(served.raw_messages("sms")) == 1
    lock.execute("ROLLBACK")
    lock.close()


Ask = Callable[[str], str | None]


@pytest.fixture
def ask(served: DoorClient) -> Ask:
    """Asks by SMS."""
    return lambda text: says(send(served, sms(text, sid=f"SM{uuid4().hex}")))


def test_status_by_sms(served: DoorClient, ask: Ask) -> None:
    """The number, however it is typed, gives the state of its report: before it is in the ledger, and after."""
    send(served, sms())
    (kept,) = served.raw_messages("sms")
    number = kept.tracking
    assert ask(f"STATUS {number}") == sms_acknowledgement.unknown_number(number)

    parts = served.parts
    (complaint,) = make_normalizer(parts.engine, parts.sealer).handle([records.at(accepted_record(kept))])[:1]
    make_ledger_sink(parts.engine).handle([records.at(complaint)])
    typed = (
        f"STATUS {number}", f"status {number.lower()}", f"Cek {number.replace('-', '')}", f"CEK STATUS {number}.",
        f"LAPOR STATUS {number}", f"status no. {number.replace('-', ' ')}", f"\nStatus:\n{number}\n",
        f"STATUS nomor laporan {number}?",
    )  # fmt: skip
    assert {ask(text) for text in typed} == {sms_acknowledgement.report_state(number, "terverifikasi")}


def test_status_tells_the_state_and_nothing_else(served: DoorClient, ask: Ask) -> None:
    """Whoever has the number hears where the report is: not what it says, nor who wrote it."""
    send(served, sms())
    (kept,) = served.raw_messages("sms")
    (complaint,) = make_normalizer(served.parts.engine, served.parts.sealer).handle(
        [records.at(accepted_record(kept))]
    )[:1]
    make_ledger_sink(served.parts.engine).handle([records.at(complaint)])
    told = str(ask(f"STATUS {kept.tracking}"))
    assert not any(word in told for word in (*TEXT.split(), PHONE, kept.sender))


def test_a_slip_is_said(ask: Ask) -> None:
    """A number whose check symbol does not fit, or with a symbol too few, is not looked for."""
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    for typed in (wrong, wrong.replace("-", " "), NUMBER[:-1], NUMBER.replace("-", "") + "7"):
        assert ask(f"STATUS {typed}") == sms_acknowledgement.invalid_number()


def test_status_without_a_number(ask: Ask) -> None:
    """The keyword alone is answered with how to ask."""
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
def test_a_report_that_begins_like_a_question_is_a_report(text: str) -> None:
    """Words after the keyword are a complaint: it must not be lost to a look-up."""
    assert parse_sms(text).kind == "report"


@pytest.mark.parametrize("word", ["STOP", "START", "HELP"])
def test_what_twilio_answers_we_do_not(served: DoorClient, word: str) -> None:
    """A word to Twilio is kept and gets no answer from us."""
    assert says(send(served, sms(word) | {"OptOutType": word})) is None
    assert len(served.raw_messages("sms")) == 1


def test_stop_without_advanced_opt_out(served: DoorClient, ask: Ask) -> None:
    """Twilio answers STOP itself there too, and would refuse to send our answer."""
    assert ask("Stop ") is None
    assert ask("stop pungli di terminal") is not None


def test_a_report_that_twilio_took_for_a_word_is_answered(served: DoorClient) -> None:
    """More than a word or two is a report, whatever OptOutType says."""
    fields = sms(f"BANTUAN {TEXT}") | {"OptOutType": "HELP"}
    answer = says(send(served, fields))
    assert served.raw_messages("sms")[0].tracking in str(answer)


def test_a_number_that_nobody_was_given(ask: Ask) -> None:
    """It is told apart from a slip, and the sender hears how to report."""
    assert ask(f"STATUS {NUMBER}") == sms_acknowledgement.unknown_number(NUMBER)
    assert "LAPOR" in sms_acknowledgement.unknown_number(NUMBER)
