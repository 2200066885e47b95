"""Acts by SMS that need a code: who gets it, who can use it, how often, and what becomes of it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import update

from app.assembly.doors.sms_acts import coded_acts, published_by
from app.assembly.parts import Parts
from bus.errors import Retry
from bus.port import Outgoing, Producer
from cases.words.tables import CaseWords
from config.database import write_transaction
from ingest import sms_acts
from ingest.door_store import DoorStore
from ingest.sms_acknowledgement import SmsAcknowledgements
from ingest.sms_acts import CodedAct
from ingest.wrap import accepted_record
from messages import ids
from messages.gsm_alphabet import fits_one_sms
from messages.payloads.follow_up import CONTENT_TYPE
from messages.payloads.sms import ParsedSms, bare_rating, parse_sms, stated_act, stated_rating
from messages.payloads.submission import MOBILE_ENVELOPE
from messages.shapes import RawMessage, SenderAct
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.sms.test_answers import NUMBER, reply_text
from tests.ingest.sms.test_door import send, sms
from tests.support import records
from tests.support.case_stages import make_case_stage
from tests.support.stages import make_normalizer

_TEXT = "Jalan rusak di depan pasar, Kota Semarang"
_PHONE, _OTHER_PHONE = "+628000000031", "+628000000032"
_SLIP = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        (f"BATAL {NUMBER}", "withdrawal", NUMBER),
        (f"cabut laporan saya no {NUMBER.replace('-', '')} ya pak", "withdrawal", NUMBER),
        (f"Batalkan {NUMBER} karena sudah diperbaiki warga", "withdrawal", NUMBER),
        ("BATAL", "withdrawal", None),
        (f"BATAL {_SLIP}", "withdrawal", None),
        (f"CABUT izin tambang itu, lihat laporan {NUMBER}", "report", None),
        ("cabut tiang listrik yang miring di desa kami", "report", None),
        ("HAPUS DATA SAYA", "forgetting", None),
        ("hapus data saya!", "forgetting", None),
        ("Hapus data saya dari daftar penerima bantuan, saya sudah pindah", "report", None),
        (f"NILAI {NUMBER} 9", "rating", NUMBER),
        (f"NILAI {NUMBER} 4", "report", None),
        ("nilai ujian anak saya hilang di SD 2", "report", None),
    ],
)
def test_words_of_acts(text: str, kind: str, number: str | None) -> None:
    """A keyword with a number is a request. What may be a complaint stays one."""
    parsed = parse_sms(text)
    assert (parsed.kind, parsed.number) == (kind, number)


@pytest.mark.parametrize(
    ("text", "act"),
    [("BATAL KODE 123456", "withdraws"), ("hapus kode 123 456", "asks-to-be-forgotten"), ("KODE 123456", None)],
)
def test_words_of_a_code(text: str, act: SenderAct | None) -> None:
    """The word before the code names the act; without it the last code counts."""
    assert parse_sms(text) == ParsedSms("code", "123456", act=act)


@pytest.mark.parametrize("text", ["123456", "nomor meter 123456", "KODE 1234567", "kode pos 50134 tidak ada"])
def test_digits_alone_are_no_code(text: str) -> None:
    """They may answer an agency that asked for the number of a meter."""
    assert parse_sms(text).kind != "code"


def test_ratings() -> None:
    """From 1 to 5, beside a number or alone; nothing else is a rating."""
    assert [stated_rating(f"NILAI {NUMBER} {typed}") for typed in ("1", "5", "0", "6", "4 5", "")] == [1, 5, 0, 0, 0, 0]
    assert (stated_rating(f"nilai 3 {NUMBER} petugas ramah"), stated_rating("NILAI 3")) == (3, 0)
    assert (stated_act(f"NILAI {NUMBER} 4"), stated_act(f"NILAI {NUMBER} 9")) == ("rates", None)
    assert [bare_rating(text) for text in ("4", " 5. ", "0", "6", "45", "4 lubang", "")] == [4, 5, 0, 0, 0, 0, 0]


def test_every_answer_is_one_segment() -> None:
    """Each text about an act fits 160 septets of the GSM 7-bit alphabet."""
    results = get_args(CodedAct.__annotations__["result"])
    acts: tuple[SenderAct, ...] = ("withdraws", "asks-to-be-forgotten")
    texts = [
        *(sms_acts.act_result(CodedAct(result, act, NUMBER)) for result in results for act in acts),
        sms_acts.withdrawal_code(NUMBER, "123456"),
        sms_acts.forgetting_code("123456"),
        *map(sms_acts.code_pause, (1, 9_999)),
        sms_acts.not_withdrawable(NUMBER),
        sms_acts.withdrawal_usage(),
        sms_acts.nothing_to_forget(),
        sms_acts.other_number(),
        sms_acts.other_number_received(NUMBER),
        *(sms_acts.wrong_number_received(typed, NUMBER) for typed in (_SLIP, NUMBER[:-1])),
        *(sms_acts.invalid_number(typed, "BATAL") for typed in (_SLIP, NUMBER[:-1])),
        sms_acts.rating_usage(NUMBER),
    ]
    assert [text for text in texts if not fits_one_sms(text)] == []


class Citizens:
    """Citizens who write to a door, with one report of the first of them."""

    def __init__(self, served: DoorClient) -> None:
        self._served = served
        self._numbers = count()
        self.parts = served.parts
        record = records.sms(self.parts, _TEXT, _PHONE, proof="twilio-signature")
        self.report = RawMessage.model_validate_json(record.value)
        self.process(record)

    def process(self, record: Outgoing) -> list[Outgoing]:
        """Let normalizer and facts take a message. Return what the normalizer published."""
        engine = self.parts.engine
        published = list(make_normalizer(engine, self.parts.sealer).handle([records.at(record)]))
        make_case_stage(engine).handle([records.at(output) for output in published if output.topic == "complaints"])
        return published

    def write(self, text: str, phone: str = _PHONE, sid: str = "") -> str:
        """Send an SMS and return the answer."""
        fields = sms(text, sid=sid or f"SM{next(self._numbers)}", sender=phone)
        return str(reply_text(send(self._served, fields)))

    def code(self, answer: str) -> str:
        """Return the code in an answer."""
        match = re.search(r"\b[0-9]{6}\b", answer)
        assert match, answer
        return match[0]

    def acts(self) -> list[RawMessage]:
        """Return the acts that were published."""
        return [raw for raw in self._served.raw_messages("sms") if raw.content_type == CONTENT_TYPE]


@pytest.fixture
def citizens(served: DoorClient) -> Citizens:
    """Citizens with a report."""
    return Citizens(served)


def test_the_act_is_that_of_the_report(citizens: Citizens) -> None:
    """The request does nothing. The code publishes one follow-up of the same sender, proven by the code."""
    answer = citizens.write("HAPUS DATA SAYA")
    assert citizens.acts() == []
    citizens.write(f"HAPUS KODE {citizens.code(answer)}")
    (raw,) = citizens.acts()
    assert (raw.sender, raw.verified_by) == (citizens.report.sender, "sms-code")
    (complaint, *_) = citizens.process(accepted_record(raw))
    value = records.value_of(complaint)
    assert value["follow_up"]["act"] == "asks-to-be-forgotten"
    assert value["relation"]["kind"] == "repeat"


def test_a_message_that_comes_twice_has_one_code(citizens: Citizens) -> None:
    """Twilio sends a webhook again: the text is the same, and no second code counts against the limit."""
    words = f"BATAL {citizens.report.tracking}"
    first, second = citizens.write(words, sid="SMa"), citizens.write(words, sid="SMa")
    assert first == second
    assert citizens.code(first) != citizens.report.tracking


def test_a_code_that_comes_twice_at_once_is_one_act(citizens: Citizens) -> None:
    """Each copy of the act has the id of the code, so that it is one message however often it is published."""
    code = citizens.code(citizens.write(f"BATAL {citizens.report.tracking}"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: citizens.write(f"BATAL KODE {code}", sid=f"SMa{number}"), range(4)))
    assert len({raw.id for raw in citizens.acts()}) == 1
    texts = {
        sms_acts.act_result(CodedAct(result, "withdraws", citizens.report.tracking)) for result in ("done", "repeated")
    }
    assert set(answers) <= texts


def test_a_code_of_another_act_is_wrong(citizens: Citizens) -> None:
    """The code of a withdrawal does not make the service forget its sender."""
    code = citizens.code(citizens.write(f"BATAL {citizens.report.tracking}"))
    assert citizens.write(f"HAPUS KODE {code}") == sms_acts.act_result(CodedAct("over"))
    assert citizens.acts() == []


def test_another_telephone_gets_no_code(citizens: Citizens) -> None:
    """The answer is the same for a number that exists and for one that does not. The code proves nothing there."""
    code = citizens.code(citizens.write(f"BATAL {citizens.report.tracking}"))
    answers = {citizens.write(f"BATAL {number}", _OTHER_PHONE) for number in (citizens.report.tracking, NUMBER)}
    assert answers == {sms_acts.other_number()}
    assert citizens.write(f"BATAL KODE {code}", _OTHER_PHONE) == sms_acts.act_result(CodedAct("over"))
    assert citizens.acts() == []


def _report_of_form(citizens: Citizens, channel: str = "web", **fields: str) -> RawMessage:
    """Let normalizer and facts take a report by web or app, whose sender has proven nothing; return its message."""
    report: dict[str, Any] = {"text": "Bangku taman patah di Taman Denggung Sleman", **fields}
    content_type = "application/json"
    if channel == "mobile":
        device = {"device_id": str(UUID(int=1))}
        report = {**device, "submission": {**device, **report}}
        content_type = MOBILE_ENVELOPE
    body = json.dumps(report).encode()
    raw = citizens.parts.wrapper.wrap(channel, "key:form", "", body, NOW, content_type)
    citizens.process(accepted_record(raw))
    return raw


@pytest.mark.parametrize("channel", ["web", "mobile"])
def test_the_telephone_that_is_the_contact_withdraws_a_report_of_the_form(citizens: Citizens, channel: str) -> None:
    """The code goes to that telephone. The act is that of the report."""
    report = _report_of_form(citizens, channel, phone="0800-000-0031")
    code = citizens.code(citizens.write(f"BATAL {report.tracking}"))
    assert report.tracking in citizens.write(f"BATAL KODE {code}")
    (raw,) = citizens.acts()
    (complaint, *_) = citizens.process(accepted_record(raw))
    value = records.value_of(complaint)
    assert value["follow_up"]["act"] == "withdraws"
    assert value["relation"]["of"] == str(ids.complaint_id(report.id))


@pytest.mark.parametrize("contact", [{"phone": _OTHER_PHONE}, {"email": "sekar@contoh.id"}, {}])
def test_another_telephone_withdraws_no_report_of_the_form(citizens: Citizens, contact: dict[str, str]) -> None:
    """It hears the same as about a number that nobody has."""
    report = _report_of_form(citizens, **contact)
    assert citizens.write(f"BATAL {report.tracking}") == sms_acts.other_number()


def test_a_removed_contact_withdraws_nothing(citizens: Citizens) -> None:
    """Retention removes contacts, and forgetting destroys the key of the sender."""
    report = _report_of_form(citizens, phone=_PHONE)
    with write_transaction(citizens.parts.engine) as connection:
        connection.execute(update(CaseWords).values(contact="p00000000000000000000.AAAA"))
    assert citizens.write(f"BATAL {report.tracking}") == sms_acts.other_number()
    with write_transaction(citizens.parts.engine) as connection:
        connection.execute(update(CaseWords).values(contact=""))
    assert citizens.write(f"BATAL {report.tracking}") == sms_acts.other_number()


def test_five_guesses_end_a_code(citizens: Citizens) -> None:
    """The right code after five wrong ones does nothing."""
    code = citizens.code(citizens.write(f"BATAL {citizens.report.tracking}"))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert {citizens.write(f"KODE {wrong}") for _ in range(5)} == {sms_acts.act_result(CodedAct("wrong"))}
    assert citizens.write(f"KODE {code}") == sms_acts.act_result(CodedAct("over"))
    assert citizens.acts() == []


class AwayProducer:
    """A bus that takes nothing."""

    def publish(self, _messages: object) -> None:
        """Raise `Retry`."""
        raise Retry("away")

    def close(self) -> None:
        """Do nothing."""


def test_while_the_bus_is_away_the_code_still_counts(parts: Parts, producer: Producer) -> None:
    """Over SMPP: the sender hears that the service is disturbed, and sends the same code later."""
    report = RawMessage.model_validate_json(records.sms(parts, _TEXT, _PHONE, proof="twilio-signature").value)
    citizen = _Telephone(parts)
    citizen.process(report)
    request = f"BATAL {report.tracking}"
    code = re.findall(r"\b[0-9]{6}\b", citizen.answer(request, producer))[0]
    assert "terganggu" in citizen.answer(f"BATAL KODE {code}", AwayProducer())
    assert "ditarik" in citizen.answer(f"BATAL KODE {code}", producer)


def test_three_codes_a_day(parts: Parts, producer: Producer) -> None:
    """The fourth is refused: nobody can make us send a stranger more, and fifteen guesses a day stay."""
    citizen = _Telephone(parts)
    report = RawMessage.model_validate_json(records.sms(parts, _TEXT, _PHONE, proof="twilio-signature").value)
    citizen.process(report)
    answers = []
    for _ in range(4):
        answers.append(citizen.answer("HAPUS DATA SAYA", producer))
        citizen.now += timedelta(minutes=2)
    assert ["HAPUS KODE" in answer for answer in answers] == [True, True, True, False]
    assert answers[3] == sms_acts.code_pause(9_999)


def test_a_code_ends_after_ten_minutes(parts: Parts, producer: Producer) -> None:
    """Eleven minutes later it does nothing."""
    citizen = _Telephone(parts)
    citizen.process(RawMessage.model_validate_json(records.sms(parts, _TEXT, _PHONE, proof="twilio-signature").value))
    code = re.findall(r"\b[0-9]{6}\b", citizen.answer("HAPUS DATA SAYA", producer))[0]
    citizen.now += timedelta(minutes=11)
    assert citizen.answer(f"HAPUS KODE {code}", producer) == sms_acts.act_result(CodedAct("over"))


class _Telephone:
    """A telephone whose messages the door over SMPP answers, with a clock that a test moves."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.now = NOW

    def process(self, report: RawMessage) -> None:
        """Let normalizer and facts take a report."""
        engine = self._parts.engine
        published = make_normalizer(engine, self._parts.sealer).handle([records.at(accepted_record(report))])
        make_case_stage(engine).handle([records.at(output) for output in published if output.topic == "complaints"])

    def answer(self, text: str, producer: Producer | AwayProducer) -> str:
        """Return the answer to an SMS of this telephone."""
        parts = self._parts
        publish = published_by(producer, parts.wrapper)
        acts = coded_acts(parts.doors, publish, lambda: self.now)
        acknowledgements = SmsAcknowledgements(DoorStore(parts.engine), lambda _number: None, acts=acts)
        raw = RawMessage.model_validate_json(records.sms(parts, text, _PHONE, when=self.now).value)
        return acknowledgements.text_for(raw, parse_sms(text))
