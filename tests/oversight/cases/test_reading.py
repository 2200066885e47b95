"""An overseer reads one case: with a reason that the audit log has first, for ten minutes, and without persons."""

from datetime import timedelta
from html import unescape
from http import HTTPStatus

import pytest

from accounts.permissions import Role, actor_label
from app.operations.audit.log import AuditLog
from app.operations.reveals.listing import count_by_account, read_reveals
from messages.shapes import iso
from tests.app.staff.harness import person
from tests.app.test_corrections import message_of, number
from tests.conftest import NOW
from tests.oversight.cases.harness import HEALTH, PLN, OverseerHarness, officer

ONE = f"/pengawasan/kasus/{number(1)}"
REASON = {"alasan": "lewat-tenggat", "keterangan": "Laporan lama belum dijawab"}
WORDS = "Kemenkes tolong, hubungi 0812 3456 7890"


@pytest.fixture
def case(overseers: OverseerHarness) -> OverseerHarness:
    """A case at an agency with an answer, a refusal of an earlier agency, a further message and two joined reports."""
    overseers.reports.write(1, f"{WORDS}, di puskesmas saya.", anonim=True)
    overseers.work()
    overseers.actor = officer(HEALTH)
    version = {
        "versi": "0",
        "tindakan": "bukan-kewenangan",
        "isi": f"Urusan listrik, Bu Sekar Wulandari. Laporan {number(1)}, bukan {number(9)}.",
        "tujuan": PLN,
    }
    answer = overseers.client.post(f"/desk/laporan/{number(1)}/jawab", version)
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
    overseers.work()
    overseers.actor = officer(PLN)
    overseers.client.post(f"/desk/laporan/{number(1)}/jawab", {"versi": "0", "tindakan": "terima"})
    overseers.reports.write(2, "Belum ada petugas, telepon 0813 9999 0000", of=1)
    for index in (3, 4):
        overseers.reports.write(index, "PLN mati lampu juga", of=1, kind="joins")
    overseers.work()
    overseers.work()
    overseers.actor = person(Role.OVERSEER)
    return overseers


def text_of(page: str) -> str:
    """Return the text of a page."""
    return unescape(page)


def test_a_case_opens_with_a_recorded_reason_for_ten_minutes(case: OverseerHarness) -> None:
    """Before, without words and after the time the page is refused with a sentence; each reading is a reveal."""
    refused = case.client.get(ONE)
    assert (refused.status_code, "belum terbuka untuk Anda" in refused.text) == (HTTPStatus.FORBIDDEN, True)
    assert "Kemenkes tolong" not in refused.text
    acts = case.acts()
    for fields in ({}, {"alasan": "lewat-tenggat", "keterangan": " \n"}, {"alasan": "x", "keterangan": "y"}):
        empty = case.client.post(ONE, fields)
        assert (empty.status_code, 'role="alert"' in empty.text) == (HTTPStatus.UNPROCESSABLE_ENTITY, True)
    too_long = case.client.post(ONE, {**REASON, "keterangan": "a" * 501})
    assert "paling banyak 500 karakter" in too_long.text
    assert case.acts() == acts
    page = case.follow(case.send(ONE, **REASON))
    assert "Kemenkes tolong" in page
    (reveal,) = read_reveals(AuditLog(case.engine), NOW)
    assert (reveal.data, reveal.role, reveal.actor) == ("case", "overseer", case.label)
    assert (reveal.until, reveal.why) == (
        iso(NOW + timedelta(minutes=10)),
        "lewat-tenggat: Laporan lama belum dijawab",
    )
    assert count_by_account([reveal]) == {case.label: {"case": 1}}
    assert case.client.get(ONE).headers["Refresh"] == f"600; url={ONE}"
    case.time = NOW + timedelta(minutes=9)
    assert case.client.get(ONE).headers["Refresh"] == f"60; url={ONE}"
    case.time = NOW + timedelta(minutes=10)
    late = case.client.get(ONE)
    assert (late.status_code, "Waktu membaca Anda sudah habis" in late.text) == (HTTPStatus.FORBIDDEN, True)
    assert "Kemenkes tolong" not in late.text


def test_a_reading_is_of_one_person_and_one_case(case: OverseerHarness) -> None:
    """A colleague with the same name, another role and another case need a reason of their own."""
    case.send(ONE, **REASON)
    case.reports.write(5, "Kemenkes, obat habis")
    case.work()
    assert case.client.get(f"/pengawasan/kasus/{number(5)}").status_code == HTTPStatus.FORBIDDEN
    colleague = person(Role.OVERSEER)
    case.actor = type(colleague)(person(Role.AUDITOR).account_id, colleague.name, Role.OVERSEER)
    assert actor_label(case.actor) != actor_label(colleague)
    assert case.client.get(ONE).status_code == HTTPStatus.FORBIDDEN
    for role in set(Role) - {Role.OVERSEER}:
        client = case.act_as(role)
        assert {client.get(ONE).status_code, client.post(ONE, REASON).status_code} == {HTTPStatus.FORBIDDEN}
        assert client.get("/pengawasan/kasus").status_code == HTTPStatus.FORBIDDEN


def test_no_page_of_officers_or_staff_opens_without_a_reason(case: OverseerHarness) -> None:
    """Case page, list, search, triage and trace are closed for an overseer, also while a reading is open."""
    case.send(ONE, **REASON)
    addresses = (
        f"/desk/laporan/{number(1)}",
        "/desk/laporan?cari=tolong",
        "/desk/triase",
        f"/desk/triase/{number(1)}",
        f"/desk/telusur?nomor={number(1)}",
    )
    assert {case.client.get(address).status_code for address in addresses} == {HTTPStatus.FORBIDDEN}


def test_the_page_has_the_history_and_no_person(case: OverseerHarness) -> None:
    """Arrival, both dispatches with reasons, answers, deadlines and counts; numbers and names are masked."""
    page = text_of(case.follow(case.send(ONE, **REASON)))
    for part in (
        "Laporan diterima.",
        "Diteruskan ke Kementerian Kesehatan.",
        "menyatakan laporan ini bukan kewenangannya dan menunjuk PT PLN (Persero).",
        "Diteruskan ke PT PLN (Persero).",
        "alihan ke-1",
        "PT PLN (Persero) menerima laporan ini untuk dikerjakan.",
        "Pelapor menambahkan keterangan.",
        "Tanggapan pertama",
        "anonim",
        "Urusan listrik",
    ):
        assert part in page, part
    assert "<h1>Kemenkes tolong, hubungi •••, di puskesmas saya.</h1>" in page
    # Of one moment, a refusal comes before the transfer that it causes.
    steps = ("Diteruskan ke Kementerian Kesehatan.", "menyatakan laporan ini", "Diteruskan ke PT PLN (Persero).")
    assert sorted(steps, key=page.index) == list(steps)
    # The number of the case itself is no personal data; that of another report is.
    assert f"Urusan listrik, Bu •••. Laporan {number(1)}, bukan •••." in page
    assert "<dt>Laporan warga lain yang digabung</dt><dd>2</dd>" in page
    assert "<dt>Pesan lanjutan pelapor</dt><dd>1</dd>" in page
    for secret in (
        "0812",
        "3456",
        "0813",
        "Sekar",
        "Wulandari",
        "Petugas 40",
        "PLN mati lampu juga",
        "Sari Dewi [",
        str(message_of(1)),
    ):
        assert secret not in page, secret
    # The number of a report that accompanies a case leads to the case, as at the desk.
    joined = case.client.get(f"/pengawasan/kasus/{number(3)}")
    assert joined.headers["Location"] == ONE


def test_an_overseer_finds_a_case_by_number_and_among_the_overdue(case: OverseerHarness) -> None:
    """A typed number leads to its case, an unknown one to a sentence; the list has numbers and agencies, no words."""
    assert case.client.get(f"/pengawasan/kasus?nomor={number(1).lower()}").headers["Location"] == ONE
    unknown = case.client.get(f"/pengawasan/kasus?nomor={number(77)}")
    assert (unknown.status_code, "belum tercatat" in unknown.text) == (HTTPStatus.NOT_FOUND, True)
    assert "Nomor ini tidak benar" in case.client.get("/pengawasan/kasus?nomor=<b>").text
    assert case.client.get("/pengawasan/kasus/ABC").status_code == HTTPStatus.NOT_FOUND
    case.time = NOW + timedelta(days=40)
    page = case.get("/pengawasan/kasus")
    assert (number(1) in page, "PT PLN" in page, "tolong" in page) == (True, True, False)
    assert number(1) not in case.get("/pengawasan/kasus?lingkup=instansi&kode=kota-3374")
    assert 'href="/pengawasan/kasus"' in case.get("/pengawasan")
    assert "/pengawasan/kasus" not in case.act_as(Role.AUDITOR).get("/pengawasan").text


def test_a_form_of_another_site_opens_nothing(case: OverseerHarness) -> None:
    """The pages below /pengawasan have the protection of the desk's forms."""
    answer = case.client.post(ONE, REASON, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert read_reveals(AuditLog(case.engine), NOW) == []
