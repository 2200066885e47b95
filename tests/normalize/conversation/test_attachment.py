"""The normalizer attaches messages of a proven sender to the sender's own reports, once, on both databases."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Outgoing, Record
from config.reference.duplicate_weights import load_duplicate_weights
from config.reference.reloading import FixedSource
from messages import codec, ids
from messages.shapes import AgencyAnswer, Verdict
from messages.topics import AGENCY_ANSWERS
from normalize.conversation.conversation import Conversation, TraitsReaderSource
from normalize.duplicates.factory import DuplicateDetection
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.support import records
from tests.support.records import value_of
from tests.support.rules import language_of
from tests.support.stages import ANSWER_KEYS, make_normalizer

PHONE, OTHER_PHONE = "+628110000041", "+628110000042"
_AGENCY = "bumn-pln"


class Citizen:
    """Sends SMS through a normalizer, and lets an agency answer."""

    def __init__(self, parts: Parts, stage: NormalizeStage) -> None:
        self.parts = parts
        self.stage = stage
        self.now = NOW
        self._offset = 0
        self.last_record: Record | None = None

    def send(self, text: str, minutes: float = 5, phone: str = PHONE, *, proven: bool = True) -> Mapping[str, Any]:
        """Send an SMS some minutes later and return the complaint."""
        self.now += timedelta(minutes=minutes)
        message = records.sms(self.parts, text, phone, when=self.now, proof="twilio-signature" if proven else "none")
        self.last_record = records.at(message, self._next_offset(), self.now)
        (output,) = self.stage.handle([self.last_record])
        return value_of(output)

    def answer(self, complaint: Mapping[str, Any], verdict: Verdict, minutes: float = 60) -> Record:
        """Let the agency answer some minutes later; return the record of the answer."""
        self.now += timedelta(minutes=minutes)
        record = self._answer_record(complaint, verdict, self.now)
        self.stage.handle([record])
        return record

    def _answer_record(self, complaint: Mapping[str, Any], verdict: Verdict, at: datetime) -> Record:
        complaint_id = complaint["id"]
        dispatch_id = ids.dispatch_id(complaint_id, 0)
        answer = AgencyAnswer(
            id=ids.answer_id(dispatch_id, verdict, "Jawaban."),
            message_id=complaint["message_id"],
            at=at,
            complaint_id=complaint_id,
            dispatch_id=dispatch_id,
            agency=_AGENCY,
            verdict=verdict,
            text="Jawaban.",
        )
        signed = ANSWER_KEYS.sign(answer)
        message = Outgoing(AGENCY_ANSWERS, *codec.encode(signed, str(complaint_id), "/tests"))
        return records.at(message, self._next_offset(), at)

    def _next_offset(self) -> int:
        self._offset += 1
        return self._offset


@pytest.fixture
def citizen(parts: Parts, engine: Engine) -> Citizen:
    """Return a citizen at a normalizer on each kind of database."""
    language = language_of()
    matcher = DuplicateDetection(language, load_duplicate_weights()).matcher
    conversation = Conversation(TraitsReaderSource(FixedSource(language)), {"sms", "twitter"})
    return Citizen(parts, make_normalizer(engine, parts.sealer, matcher=matcher, conversation=conversation))


def assert_belongs(message: Mapping[str, Any], report: Mapping[str, Any], act: str, evidence: str) -> None:
    """Check the relation and the act of a message."""
    relation = message["relation"]
    assert (relation["kind"], relation["of"], message["follow_up"]["act"]) == ("repeat", report["id"], act)
    assert relation["evidence"] == ["same-sender", evidence]


def assert_own(message: Mapping[str, Any]) -> None:
    """Check that a message is a report of its own."""
    assert (message["relation"]["kind"], message["follow_up"]["act"]) == ("new", "reports")


def test_a_place_completes_a_report(citizen: Citizen) -> None:
    """The place belongs to the report of the same number within an hour; then the report has a place."""
    report = citizen.send("jalan rusak parah banyak lubang sudah sebulan")
    assert_belongs(citizen.send("lokasinya di Purwokerto"), report, "adds", "completes")
    assert_own(citizen.send("di depan masjid Al Falah Kec. Sokaraja"))
    late = citizen.send("selokan mampet, air naik ke jalan", minutes=1500)
    assert_own(citizen.send("lokasinya di Purbalingga", minutes=61))
    assert_own(late)


def test_only_a_proven_sender_is_the_same_sender(citizen: Citizen) -> None:
    """A place from another number, or without proof of the number, is a report of its own."""
    citizen.send("jalan rusak parah banyak lubang sudah sebulan")
    assert_own(citizen.send("lokasinya di Purwokerto", phone=OTHER_PHONE))
    assert_own(citizen.send("lokasinya di Sokaraja", proven=False))


def test_words_complete_a_place(citizen: Citizen) -> None:
    """Words without a place belong to the place that came before them."""
    place = citizen.send("di depan masjid Al Falah Kec. Sokaraja Kab. Banyumas")
    assert_belongs(citizen.send("lampu jalan mati sudah tiga malam, gelap sekali"), place, "adds", "completes")


def test_an_objection_opens_the_case_again(citizen: Citizen) -> None:
    """It repeats the closed case. Then the case is open: a second report of the sender repeats it again."""
    text = "Lampu jalan mati di Jalan Gerilya Purwokerto Selatan sudah seminggu"
    report = citizen.send(text)
    closing = citizen.answer(report, "closed")
    assert_belongs(citizen.send("belum nyala, masih gelap", 1440), report, "objects", "responds-to-answer")
    citizen.stage.handle([closing])
    repeated = citizen.send(text, 60)
    assert (repeated["relation"]["of"], repeated["follow_up"]["act"]) == (report["id"], "reports")
    citizen.answer(report, "closed")
    assert_own(citizen.send(text, 60 * 24 * 20))


def test_an_objection_after_the_period_opens_nothing(citizen: Citizen) -> None:
    """By its number it still belongs to the case, for the router to decide. The case stays closed."""
    report = citizen.send("Jalan amblas di Desa Gununglurah Kecamatan Cilongok")
    citizen.answer(report, "closed")
    assert_own(citizen.send("belum diperbaiki, tambah lebar", 60 * 24 * 30))
    late = citizen.send(f"BELUM {report['tracking']} tambah lebar")
    assert_belongs(late, report, "objects", "own-number")
    assert_own(citizen.send("Jalan amblas di Desa Gununglurah Kecamatan Cilongok"))


def test_numbers_of_reports(citizen: Citizen) -> None:
    """The sender's own number leads to the report. The number of somebody else leads nowhere."""
    report = citizen.send("Pohon tumbang menutup jalan di Desa Karangtengah Kecamatan Cilongok")
    number = report["tracking"]
    assert_belongs(citizen.send(f"TAMBAH {number} kabel telepon ikut putus"), report, "adds", "own-number")
    assert_belongs(citizen.send(f"laporan {number.lower()} dahannya besar"), report, "adds", "own-number")
    # Twelve letters without a digit may be words: one number in sixty needs its hyphens.
    has_digit = any(map(str.isdigit, number))
    typed = number.replace("-", "") if has_digit else number
    assert_belongs(citizen.send(f"Belum {typed} diangkat"), report, "objects", "own-number")
    for text in (f"TAMBAH {number} kabel putus di Ajibarang", f"BELUM {number} dahan masih melintang di Wangon"):
        assert_own(citizen.send(text, phone=OTHER_PHONE))


def test_the_answer_to_a_question(citizen: Citizen) -> None:
    """What the sender writes next answers the question; later messages do not, and no whole report does."""
    report = citizen.send("Listrik sering padam di Desa Rempoah Kecamatan Baturraden")
    citizen.answer(report, "asked")
    assert_own(citizen.send("Jembatan putus di Desa Melung Kecamatan Kedungbanteng, warga memutar"))
    answer = citizen.send("nomor meter 14000000011, rumah cat hijau", 200)
    assert_belongs(answer, report, "adds", "answers-question")
    assert_own(citizen.send("harga pupuk naik terus, petani rugi", 200))


def test_thanks_confirm_an_answer(citizen: Citizen) -> None:
    """A confirmation belongs to the answered case, whether it is closed or not."""
    report = citizen.send("Pipa PDAM bocor di Jalan Pahlawan Kelurahan Tanjung Purwokerto")
    citizen.answer(report, "responded")
    confirmation = citizen.send("sudah diperbaiki, terima kasih pak", 300)
    assert_belongs(confirmation, report, "confirms", "responds-to-answer")


def test_a_follow_up_is_hidden_as_its_report(citizen: Citizen) -> None:
    """Beside an anonymous report a message of the same person must not be open."""
    report = citizen.send("LAPOR ANONIM kepala desa memotong dana bantuan warga")
    assert report["report"]["anonim"]
    place = citizen.send("Desa Karanggintung Kecamatan Sumbang")
    assert_belongs(place, report, "adds", "completes")
    assert place["report"]["anonim"]
    open_report = citizen.send("jalan rusak parah banyak lubang", 90)
    assert_own(citizen.send("ANONIM lokasinya di Purwokerto"))
    assert_own(open_report)


def test_a_record_that_is_handled_twice_gives_the_same_bytes(citizen: Citizen) -> None:
    """The act is stored with the decision: what happened since does not change it."""
    report = citizen.send("jalan rusak parah banyak lubang sudah sebulan")
    first = citizen.send("lokasinya di Purwokerto")
    record = citizen.last_record
    assert record
    citizen.answer(report, "closed")
    (output,) = citizen.stage.handle([record])
    assert value_of(output) == first
