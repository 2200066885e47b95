"""The page of a case: the report, its course, identity and files."""

import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest

from accounts.permissions import actor_label
from messages.reveals import REVEAL_LIMIT, read_reveal_subject
from messages.shapes import iso
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, done, text_of
from tests.desk.pages.site import CONTACT, PLN, SARI, WAYAN, DeskSite, number_of

_IDENTITY = (CONTACT.name, CONTACT.phone, CONTACT.email)


def test_a_case_shows_all_that_the_agency_needs(site: DeskSite, client: DeskClient) -> None:
    """The report as read, its place, the reasons, and the deadline in words and as a date."""
    place = {"address": "Jalan Pemuda 4", "latitude": -6.982, "longitude": 110.41}
    report = {"incident_time": "sejak Senin malam", "agency": "Menteri Kesehatan", "place": place, "unfetched": 1}
    number = site.send(1, "Kemenkes, puskesmas tutup.\nPasien pulang.", channel="sms", **report)
    text = text_of(client.get(f"/desk/laporan/{number}"))
    shown = (
        *("Antrean panjang", number, "Pengaduan", "Baru", "sisa 7 hari", "Tenggat: 1 Des 2026 15.04 WIB."),
        *("Kemenkes, puskesmas tutup. Pasien pulang.", "sejak Senin malam", "Jalan Pemuda 4", "-6.982000, 110.410000"),
        *("Menteri Kesehatan", "SMS", "24 Nov 2026 15.04 WIB", "1 berkas tidak dapat diambil"),
        *("Mengapa laporan ini sampai di sini", "Kementerian Kesehatan", "Diteruskan ke Kementerian Kesehatan."),
    )
    assert [part for part in shown if part not in text] == []


def test_a_report_without_a_title_is_headed_by_its_first_words(site: DeskSite, client: DeskClient) -> None:
    """On its page and in the list."""
    number = site.send(1, "Kemenkes, puskesmas tutup.\nPasien pulang." + " Tolong" * 9, channel="sms", title="")
    heading = "Kemenkes, puskesmas tutup. Pasien pulang. Tolong Tolong Tolong Tolong …"
    assert f"<h1>{heading}</h1>" in case_page(client, number)
    assert f">{heading}</a>" in client.get("/desk/laporan").text


def test_the_identity_is_not_on_the_page(site: DeskSite, client: DeskClient) -> None:
    """Only the explicit act shows it."""
    page = case_page(client, site.send(1))
    assert [part for part in _IDENTITY if part in page] == []
    assert site.acts == []


def test_the_identity_is_recorded_before_it_is_shown(site: DeskSite, client: DeskClient) -> None:
    """The audit log has the person, the complaint and the reason."""
    number = site.send(1)
    page = client.post(f"/desk/laporan/{number}/identitas", {"alasan": "Perlu alamat untuk kunjungan"})
    assert [part for part in _IDENTITY if part not in page.text] == []
    ((action, subject, actor, why, at),) = site.acts
    assert read_reveal_subject(subject)[1:] == ("officer", iso(at + REVEAL_LIMIT))
    assert page.headers["Refresh"] == f"600; url=/desk/laporan/{number}"
    assert (action, actor, why) == ("desk.identity", actor_label(SARI), "Perlu alamat untuk kunjungan")
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize("report", [{"anonim": True}, {}])
def test_no_identity_without_a_reason_or_of_an_anonymous_report(
    site: DeskSite, client: DeskClient, report: dict[str, Any]
) -> None:
    """Nothing is opened and nothing is recorded."""
    number = site.send(1, **report)
    answer = client.post(f"/desk/laporan/{number}/identitas", {"alasan": "Perlu" if report else " "})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [part for part in _IDENTITY if part in answer.text] == []
    assert site.acts == []
    assert ("Pelapor memilih anonim" in case_page(client, number)) is bool(report)


def test_an_identity_that_cannot_be_recorded_is_not_shown(
    site: DeskSite, client: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit log comes first."""
    number = site.send(1)
    site.audit_log_is_away = True
    answer = client.post(f"/desk/laporan/{number}/identitas", {"alasan": "Perlu"})
    assert answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    assert [part for part in _IDENTITY if part in answer.text] == []


def test_a_picture_is_recorded_and_locked_up(site: DeskSite, client: DeskClient) -> None:
    """It runs nothing and is stored nowhere."""
    pictures = (site.picture("a", b"\x89PNG picture"), site.picture("b", b"<script>", "image/jpeg"))
    number = site.send(1, attachments=pictures)
    answers = [client.get(f"/desk/laporan/{number}/berkas/{item.id}") for item in pictures]
    assert [answer.content for answer in answers] == [b"\x89PNG picture", b"<script>"]
    assert [answer.headers["Content-Type"] for answer in answers] == ["image/png", "image/jpeg"]
    assert [answer.headers["Content-Disposition"].partition(";")[0] for answer in answers] == ["inline", "inline"]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [(act[0], act[1].split()[1], act[2]) for act in site.acts] == [
        ("desk.picture", str(item.id), actor_label(SARI)) for item in pictures
    ]
    page = case_page(client, number)
    assert "Buka gambar 1 (PNG, 1 KB)" in page
    assert "Buka gambar 2 (JPEG, 1 KB)" in page


def test_a_repeat_may_ask_for_anonymity(site: DeskSite, client: DeskClient) -> None:
    """The same person wrote the case: it tells no identity any more, however many other repeats there are."""
    number = site.send(1)
    site.send(2, "Jangan sebut nama saya", of=1, kind="repeat", anonim=True)
    assert "Pelapor memilih anonim" in case_page(client, number)
    answer = client.post(f"/desk/laporan/{number}/identitas", {"alasan": "Perlu"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [part for part in _IDENTITY if part in answer.text] == []
    assert site.acts == []
    # Another citizen's wish says nothing about the sender of this case.
    second = site.send(3)
    site.send(4, "saya juga", of=3, kind="joins", anonim=True)
    site.send(5, "masih tutup", of=4, kind="repeat", anonim=True)
    assert client.post(f"/desk/laporan/{second}/identitas", {"alasan": "Perlu"}).status_code == HTTPStatus.OK


def test_files_of_a_confidential_report_close_when_it_leaves(site: DeskSite, client: DeskClient) -> None:
    """The former agency still opens those of another report: it may have to explain what it did."""
    statuses = {}
    for index, rahasia in enumerate((True, False), start=1):
        picture = site.picture(f"picture {index}", b"x")
        number = site.send(index, attachments=(picture,), rahasia=rahasia)
        address = f"/desk/laporan/{number}/berkas/{picture.id}"
        assert client.get(address).status_code == HTTPStatus.OK
        site.desk.answer(site.signed_answer(number, "refused", "Bukan kewenangan kami."))
        statuses[rahasia] = client.get(address).status_code
        assert (address in case_page(client, number)) is not rahasia
    assert statuses == {True: HTTPStatus.NOT_FOUND, False: HTTPStatus.OK}
    assert [act[0] for act in site.acts] == ["desk.picture"] * 3


def test_a_removed_picture_is_told(site: DeskSite, client: DeskClient) -> None:
    """The report still names it after its bytes were deleted."""
    picture = site.picture("a", b"x")
    number = site.send(1, attachments=(picture,))
    site.files.clear()
    answer = client.get(f"/desk/laporan/{number}/berkas/{picture.id}")
    assert answer.status_code == HTTPStatus.GONE
    assert "Berkas ini tidak ada lagi" in answer.text


def test_merged_reports_are_folded_with_their_pictures(site: DeskSite, client: DeskClient) -> None:
    """What the sender and other citizens added is on the page of the case."""
    number = site.send(1)
    picture = site.picture("a", b"x")
    site.send(2, "Apotek juga tutup", of=1, kind="repeat", attachments=(picture,))
    site.send(3, "Sama di sini", of=1, kind="joins")
    text = text_of(client.get(f"/desk/laporan/{number}"))
    shown = ("2 laporan lain yang digabung", number_of(2), "Apotek juga tutup", "pelapor yang sama")
    assert [part for part in (*shown, number_of(3), "Sama di sini", "warga lain") if part not in text] == []
    assert client.get(f"/desk/laporan/{number}/berkas/{picture.id}").content == b"x"


def test_the_clock_stops_while_the_agency_waits(site: DeskSite, client: DeskClient) -> None:
    """The page says so, and for how long."""
    number = site.send(1, channel="sms")
    done(site, client, number, "minta-keterangan", "Puskesmas mana?")
    site.later = timedelta(days=30)
    text = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Menunggu pelapor tenggat berhenti" in text
    assert "Tenggat berhenti selama menunggu pelapor." in text


def test_the_history_marks_what_did_not_count(site: DeskSite, client: DeskClient) -> None:
    """An answer after the closing has no effect, and is not hidden."""
    number = site.send(1)
    done(site, client, number, "tutup", "Sudah dibuka lagi.")
    late = site.signed_answer(number, "closed", "Tutup dua kali.")
    site.desk.answer(late)
    page = case_page(client, number)
    assert page.count("Tidak berlaku: datang terlambat") == 1
    assert "Tutup dua kali." in page


def test_a_closed_case_offers_only_one_more_response(site: DeskSite, client: DeskClient) -> None:
    """The forms follow the table of verdicts."""
    number = site.send(1)
    assert _acts(case_page(client, number)) == [
        *("terima", "tanggapi", "minta-keterangan", "bukan-kewenangan", "tutup"),
        "bagi",
    ]
    done(site, client, number, "tutup", "Sudah dibuka lagi.")
    assert _acts(case_page(client, number)) == ["tanggapi"]


def _acts(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('<details class="act" id="')[1:]]


def test_a_second_matter_is_shown_with_its_agency(site: DeskSite, client: DeskClient) -> None:
    """On the page of the case and as a mark in the list. A link opens the form of a refusal with that agency chosen."""
    number = site.send(1, "Kemenkes obat habis, dan jalan rusak di Kab. Sleman")
    page = case_page(client, number)
    assert "Juga menyebut: Jalan → Kabupaten Sleman" in page
    (address,) = re.findall(r'href="(\S+)#bukan-kewenangan">Seluruh laporan', page)
    form = client.get(unescape(address)).text
    assert re.search(r'name="tujuan" value="kabupaten-3404" checked', form)
    assert "menyebut hal lain" in client.get("/desk/laporan").text
    other = site.send(2, "Kemenkes obat habis")
    assert "Juga menyebut" not in case_page(client, other)
    assert (
        "checked"
        not in client.get(f"/desk/laporan/{other}?tindakan=bukan-kewenangan&tujuan=x")
        .text.partition('name="tujuan" value="x"')[2]
        .partition(">")[0]
    )


def test_the_agency_of_the_second_matter_is_not_told_of_it(site: DeskSite, client: DeskClient) -> None:
    """A report that was refused to that agency lies where the second matter belongs."""
    number = site.send(1, "Kemenkes obat habis, dan listrik padam di Kab. Sleman")
    assert "Juga menyebut: " in case_page(client, number)
    done(site, client, number, "bukan-kewenangan", "bukan kami", tujuan=PLN)
    site.actor = WAYAN
    assert "Juga menyebut" not in case_page(client, number)


def test_a_report_that_its_sender_moved_is_read_at_both_agencies(site: DeskSite, client: DeskClient) -> None:
    """The first one may read it and do nothing; the second one has it with all words, the reason and a full period."""
    number = site.send(1, "Kemenkes, obat habis")
    site.send(2, "maaf salah, bukan Kemenkes, PLN tolong: listrik padam", of=1, act="adds")
    page = case_page(client, number)
    assert "Laporan ini sudah tidak di instansi Anda." in page
    assert 'name="tindakan"' not in page
    site.actor = WAYAN
    page = text_of(client.get(f"/desk/laporan/{number}"))
    shown = (
        *("Baru", "sisa 7 hari", "obat habis", "listrik padam", "ke-1"),
        "Semula di Kementerian Kesehatan. Dipindahkan karena keterangan tambahan dari pelapor",
    )
    assert [part for part in shown if part not in page] == []
