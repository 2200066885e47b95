"""Quarantine and dead letters: groups, masked facts, recorded reveals, and decisions of one group or of single ones."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from accounts.permissions import Role
from app.operations.review.dead_letters import DeadLetterFilter
from app.operations.review.redrive import NOT_REDRIVEN
from app.staff.review_wording import NOT_REDRIVEN_TEXTS
from bus.errors import Reject
from messages.topics import raw_topic
from tests.app.review.test_quarantine import QuarantineHarness, form
from tests.app.staff.harness import StaffHarness, hidden_fields
from tests.conftest import NOW
from tests.support import records
from tests.support.dead_letters import DeadLetterDesk

PHONE, TEXT = "+628000000071", "Pohon tumbang di Jalan Contoh"
WHY = "token sudah dibetulkan"
EVERYTHING, AN_HOUR = DeadLetterFilter(), timedelta(hours=1)
LETTERS = "/desk/surat-mati?tahap=normalize&kelompok=unreadable&bidang=body"
MESSAGES = "/desk/karantina?saluran=sms&kelompok=bad_signature"


@pytest.fixture
def operator(staff: StaffHarness) -> StaffHarness:
    """Pages for a person of operations."""
    staff.act_as(Role.OPERATOR)
    return staff


@pytest.fixture
def letters(operator: StaffHarness) -> DeadLetterDesk:
    """Three arrivals that the normalizer rejected."""
    parts = operator.parts
    desk = DeadLetterDesk(parts.bus, parts.sealer, parts.topics, operator.engine)
    desk.publish(*(records.sms(parts, TEXT, PHONE, f"SM{index}") for index in range(3)))
    desk.reject(Reject("unreadable", "body"), raw_topic("sms"))
    # The bus's clock is the real one. The pages are shown after the dead letters.
    operator.time = desk.letters.undecided(EVERYTHING)[-1].at + AN_HOUR
    return desk


@pytest.fixture
def quarantine(operator: StaffHarness) -> QuarantineHarness:
    """Two SMS with a wrong signature, and one without any."""
    harness = QuarantineHarness(operator.parts, operator.reports.producer)
    harness.quarantine_message(form(MessageSid="SM1"))
    harness.quarantine_message(form(MessageSid="SM2"))
    harness.quarantine_message(form(MessageSid="SM3"), "unsigned")
    operator.time = NOW + AN_HOUR
    return harness


def ids_of(page: str) -> list[str]:
    """Return the ids with a check box."""
    return [part.partition('"')[0] for part in page.split('type="checkbox" name="pilih" value="')[1:]]


def test_quarantine_has_groups_and_no_text(operator: StaffHarness, quarantine: QuarantineHarness) -> None:
    """Each group has its door, its reason and its number; a message has facts and neither text nor number."""
    page = operator.get("/desk/karantina")
    assert "3 pesan belum diputuskan." in page
    assert "sms: tanda tangan penyedia tidak cocok" in page
    (first, _) = ids_of(operator.get(MESSAGES))
    entry = operator.get(f"/desk/karantina/{first}")
    assert "MessageSid" in entry
    assert TEXT not in entry
    assert PHONE not in entry
    assert operator.acts() == []


def test_a_reveal_needs_a_reason_and_is_recorded(operator: StaffHarness, quarantine: QuarantineHarness) -> None:
    """The text is on the answer to the form alone, and each view stands in the audit log."""
    (first, _) = ids_of(operator.get(MESSAGES))
    assert operator.send(f"/desk/karantina/{first}/buka", alasan=" ").status_code == HTTPStatus.BAD_REQUEST
    revealed = operator.send(f"/desk/karantina/{first}/buka", alasan=WHY)
    assert "Pohon+tumbang" in revealed.text
    assert revealed.headers["Cache-Control"] == "no-store"
    assert revealed.headers["Refresh"] == f"600; url=/desk/karantina/{first}"
    assert "Pohon+tumbang" not in operator.get(f"/desk/karantina/{first}")
    assert operator.acts() == [("quarantine.reveal", operator.label, WHY)]
    assert [(event.event, event.actor) for event in quarantine.events()] == [("revealed", "Sari Dewi")]


def test_a_message_with_a_check_mark_is_released(operator: StaffHarness, quarantine: QuarantineHarness) -> None:
    """The other one stays."""
    page = operator.get(MESSAGES)
    first, second = ids_of(page)
    fields = hidden_fields(page, "/desk/karantina/putusan")
    answer = operator.send("/desk/karantina/putusan", **fields, pilih=[first], alasan=WHY, tindakan="terima")
    assert "1 pesan diterima." in operator.follow(answer)
    assert ids_of(operator.get(MESSAGES)) == [second]
    assert len(operator.reports.records(raw_topic("sms"))) == 1


def test_all_of_a_group_are_dropped(operator: StaffHarness, quarantine: QuarantineHarness) -> None:
    """One that arrived after the page was shown stays, and so does the other group."""
    fields = hidden_fields(operator.get(MESSAGES), "/desk/karantina/putusan")
    late = quarantine.quarantine_message(form(MessageSid="SM4"), at=NOW + 2 * AN_HOUR)
    answer = operator.send("/desk/karantina/putusan", **fields, lingkup="semua", alasan=WHY, tindakan="buang")
    assert "2 pesan dibuang." in operator.follow(answer)
    assert ids_of(operator.get(MESSAGES)) == [str(late.id)]
    assert "2 pesan belum diputuskan." in operator.get("/desk/karantina")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "Centang dulu"),
        ({"pilih": "0"}, "Centang dulu"),
        ({"lingkup": "semua", "kelompok": ""}, "Pilih satu kelompok"),
        ({"lingkup": "semua", "sampai": "kemarin"}, "Pilih satu kelompok"),
        ({"lingkup": "semua", "tindakan": "simpan"}, "Pilih tindakannya"),
        ({"lingkup": "semua", "alasan": ""}, "Isi alasannya"),
    ],
)
def test_an_incomplete_form_decides_nothing(
    operator: StaffHarness, quarantine: QuarantineHarness, fields: dict[str, str], problem: str
) -> None:
    """A beginning of an id is no id: it could fit many messages."""
    typed = hidden_fields(operator.get(MESSAGES), "/desk/karantina/putusan")
    typed |= {"alasan": WHY, "tindakan": "buang", **fields}
    answer = operator.send("/desk/karantina/putusan", **typed)
    assert (answer.status_code, problem in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert operator.acts() == []


def test_dead_letters_have_groups_and_no_text(operator: StaffHarness, letters: DeadLetterDesk) -> None:
    """The group has stage, reason and field; one record has its outline."""
    page = operator.get("/desk/surat-mati")
    assert "3 rekaman tidak dapat diproses" in page
    assert "normalize: unreadable (body)" in page
    first, *_ = ids_of(operator.get(LETTERS))
    entry = operator.get(f"/desk/surat-mati/{first}")
    assert "raw-sms" in entry
    assert TEXT not in entry
    revealed = operator.send(f"/desk/surat-mati/{first}/buka", alasan=WHY)
    assert "Pohon+tumbang" in revealed.text
    assert operator.acts() == [("dead_letters.reveal", operator.label, WHY)]


def test_a_dry_run_publishes_nothing(operator: StaffHarness, letters: DeadLetterDesk) -> None:
    """It says how many records would go to which topic."""
    assert "3 rekaman ke raw-sms" in operator.get(f"{LETTERS}&rencana=1")
    assert len(letters.read(raw_topic("sms"))) == 3
    assert operator.acts() == []


def test_a_group_is_redriven_at_a_rate(operator: StaffHarness, letters: DeadLetterDesk) -> None:
    """The records are on their topic again, and the group is empty."""
    fields = hidden_fields(operator.get(LETTERS), "/desk/surat-mati/putusan")
    result = operator.follow(
        operator.send("/desk/surat-mati/putusan", **fields, lingkup="semua", alasan=WHY, laju="50", tindakan="kirim")
    )
    assert "3 rekaman dikirim ulang." in result
    assert "Tidak ada rekaman yang menunggu keputusan." in result
    assert len(letters.read(raw_topic("sms"))) == 6
    assert operator.acts() == [("dead_letters.redrive", operator.label, WHY)] * 3


def test_a_letter_with_a_check_mark_is_dropped(operator: StaffHarness, letters: DeadLetterDesk) -> None:
    """The others stay, and the record is not published."""
    page = operator.get(LETTERS)
    first, *remaining = ids_of(page)
    fields = hidden_fields(page, "/desk/surat-mati/putusan")
    answer = operator.send("/desk/surat-mati/putusan", **fields, pilih=[first], alasan=WHY, tindakan="buang")
    assert "1 rekaman dibuang." in operator.follow(answer)
    assert ids_of(operator.get(LETTERS)) == remaining
    assert len(letters.read(raw_topic("sms"))) == 3


def test_an_unknown_message_is_told(operator: StaffHarness) -> None:
    """An id that does not exist, or no longer."""
    for path in ("/desk/karantina/abc", "/desk/surat-mati/abc"):
        answer = operator.client.get(path)
        assert (answer.status_code, "tidak ada (lagi)" in answer.text) == (HTTPStatus.NOT_FOUND, True)
        assert operator.send(f"{path}/buka", alasan=WHY).status_code == HTTPStatus.NOT_FOUND


def test_every_reason_of_a_redrive_has_words() -> None:
    """The page words each reason that the operation gives, and no other."""
    assert NOT_REDRIVEN_TEXTS.keys() == NOT_REDRIVEN.keys()
