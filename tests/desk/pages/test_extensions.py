"""The form that extends a deadline: when it is there, what it refuses, and what the sender reads."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from desk.read_model.sender_deadline import sender_deadline
from messages.shapes import Kind, Verdict
from sinks.ledger.own.own_report import OwnReports
from sinks.ledger.status import StatusReader
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, done, send_act, send_many, text_of
from tests.desk.pages.site import HEALTH, DeskSite
from tests.router.test_linked import id_of

REASON = "Dokumen masih dicari di arsip."
FORM = 'name="tindakan" value="perpanjang"'


@pytest.fixture
def request_number(site: DeskSite) -> str:
    """Number of a request for information by SMS."""
    return site.send(1, channel="sms", report_kind=Kind.PERMINTAAN_INFORMASI)


def test_an_officer_extends_the_deadline_once(site: DeskSite, client: DeskClient, request_number: str) -> None:
    """Form, preview, act and history; the sender hears of it and has the new deadline. There is no second form."""
    assert "Paling banyak 7 hari kerja, dan hanya satu kali." in case_page(client, request_number)
    due_at = sender_deadline(site.desk.engine, id_of(1))
    assert due_at
    preview = text_of(send_act(client, request_number, "perpanjang", REASON, hari="7", langkah="pratinjau"))
    assert f"diperpanjang 7 hari kerja. Alasan: {REASON}" in preview
    site.desk.replies.clear()
    done(site, client, request_number, "perpanjang", REASON, hari="7")
    (reply,) = site.desk.replies
    assert reply.text in preview
    page = case_page(client, request_number)
    assert "memperpanjang batas waktu 7 hari kerja." in page
    assert REASON in page
    assert FORM not in page
    assert site.acts[-1][0] == "desk.extend"
    extended_until = sender_deadline(site.desk.engine, id_of(1))
    assert extended_until
    assert extended_until - due_at >= timedelta(days=9)
    reader = StatusReader(site.desk.engine, {HEALTH: "Kementerian Kesehatan"})
    status = reader.statuses([request_number])[request_number]
    step = status.steps[-1]
    assert (status.state, step.kind) == ("diteruskan", "extended")
    assert step.answer_id
    words = OwnReports(site.desk.engine, reader, str).answers([status])[step.answer_id].words
    assert words == f"7 hari kerja. Alasan: {REASON}"


@pytest.mark.parametrize(
    ("days", "reason", "fault"),
    [
        ("", REASON, "Isi jumlah hari kerja perpanjangan, mulai dari 1."),
        ("0", REASON, "Isi jumlah hari kerja perpanjangan, mulai dari 1."),
        ("tujuh", REASON, "Isi jumlah hari kerja perpanjangan, mulai dari 1."),
        ("8", REASON, "Perpanjangan terlalu lama."),
        ("99999", REASON, "Perpanjangan terlalu lama."),
        ("7", " ", "Isi teks lebih dahulu."),
    ],
)
def test_a_form_with_a_fault_comes_back(
    site: DeskSite, client: DeskClient, request_number: str, days: str, reason: str, fault: str
) -> None:
    """It says what to enter, keeps what was typed, and nothing is sent."""
    page = send_act(client, request_number, "perpanjang", reason, hari=days)
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert fault in text_of(page)
    assert reason.strip() in page.text
    assert site.desk.published == []


def test_a_complaint_has_no_form(site: DeskSite, client: DeskClient) -> None:
    """A form that is sent nevertheless is refused with the reason, and repeats the text."""
    number = site.send(1)
    assert FORM not in case_page(client, number)
    page = send_act(client, number, "perpanjang", REASON, hari="3")
    assert page.status_code == HTTPStatus.CONFLICT
    assert "Batas waktu laporan jenis ini tidak dapat diperpanjang." in text_of(page)
    assert REASON in text_of(page)
    assert site.desk.published == []


def test_a_deadline_is_extended_once(site: DeskSite, client: DeskClient, request_number: str) -> None:
    """Also while the first extension is on its way to the read model."""
    for deliver in (lambda: None, site.desk.deliver):
        send_act(client, request_number, "perpanjang", REASON, hari="2")
        deliver()
        page = send_act(client, request_number, "perpanjang", "Masih dicari.", hari="3")
        assert "sudah pernah diperpanjang" in text_of(page)
        assert FORM not in case_page(client, request_number)


def test_a_deadline_that_has_passed_is_not_extended(site: DeskSite, client: DeskClient, request_number: str) -> None:
    """The officer reads that an answer is due now."""
    site.later = timedelta(days=12)
    assert FORM not in case_page(client, request_number)
    page = text_of(send_act(client, request_number, "perpanjang", REASON, hari="3"))
    assert "Batas waktu sudah lewat" in page


@pytest.mark.parametrize(("act", "verdict"), [("tanggapi", "responded"), ("minta-keterangan", "asked")])
def test_an_answer_ends_the_time_for_an_extension(
    site: DeskSite, client: DeskClient, request_number: str, act: str, verdict: Verdict
) -> None:
    """A question is none: the agency may extend while it waits."""
    done(site, client, request_number, act, "Data yang mana?")
    assert (FORM in case_page(client, request_number)) is (verdict == "asked")
    page = send_act(client, request_number, "perpanjang", REASON, hari="3")
    assert ("Laporan ini sudah ditanggapi." in text_of(page)) is (verdict == "responded")


def test_many_cases_are_not_extended_together(site: DeskSite, client: DeskClient, request_number: str) -> None:
    """Each needs its own reason."""
    send_many(client, [request_number], tindakan="perpanjang", isi=REASON, hari="3", langkah="kirim")
    assert site.desk.published == []
