"""Letters for paper: masked, or whole with a recorded reason; never with a contact or another agency's case."""

import re
from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from accounts.permissions import Actor, Role, actor_label
from desk.pages.bulk_page import MAX_CASES
from messages.reveals import REVEAL_LIMIT, read_reveal_subject
from messages.shapes import iso
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import done, text_of
from tests.desk.pages.site import CONTACT, HEALTH, SARI, WAYAN, DeskSite, number_of

_LIST = "/desk/laporan/cetak"
_IDENTITY = (CONTACT.name, CONTACT.phone, CONTACT.email)
_REPORT = "Kemenkes, nama saya Sekar Wulandari, telepon 0812 3456 7890. Puskesmas tutup."


def test_a_letter_has_letterhead_number_and_masked_words(site: DeskSite, client: DeskClient) -> None:
    """The report, its course and its deadline. The officer's words are masked too: they may name the sender."""
    place = {"address": "Gedung B, ruang tunggu", "latitude": -6.175, "longitude": 106.827}
    number = site.send(1, _REPORT, title="Hubungi 0812 3456 7890", channel="sms", place=place)
    done(site, client, number, "tanggapi", "Petugas menelepon 0812 3456 7890.")
    page = client.get(f"/desk/laporan/{number}/cetak")
    assert page.status_code == HTTPStatus.OK
    text = text_of(page)
    shown = (
        *("Kementerian Kesehatan", f"Laporan {number}", "Pengaduan", "Dikerjakan", "Gedung B, ruang tunggu", "SMS"),
        *("Hubungi [nomor]", "nama saya [nama], telepon [nomor]. Puskesmas tutup.", "Petugas menelepon [nomor]."),
        *("24 Nov 2026 15.04 WIB", "1 Des 2026", "Dicetak oleh Sari Dewi", "disamarkan oleh mesin"),
    )
    assert [part for part in shown if part not in text] == []
    hidden = (*_IDENTITY, "Sekar", "0812", "-6.17", "106.82")
    assert [part for part in hidden if part in page.text] == []
    assert f"/desk/laporan/{number}/cetak" in client.get(f"/desk/laporan/{number}").text


def test_each_letter_is_recorded_before_it_is_shown(site: DeskSite, client: DeskClient) -> None:
    """Without the audit log there is no letter."""
    number = site.send(1, _REPORT)
    client.get(f"/desk/laporan/{number}/cetak")
    client.post(f"/desk/laporan/{number}/cetak", {"alasan": "Surat ke dinas"})
    assert [(action, actor, why) for action, _, actor, why, _ in site.acts] == [
        ("desk.print", actor_label(SARI), "masked"),
        ("desk.print_whole", actor_label(SARI), "Surat ke dinas"),
    ]
    site.audit_log_is_away = True
    for page in (
        client.get(f"/desk/laporan/{number}/cetak"),
        client.post(f"/desk/laporan/{number}/cetak", {"alasan": "Surat ke dinas"}),
        client.get(_LIST),
    ):
        assert page.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        assert "Puskesmas" not in page.text


def test_whole_words_need_a_reason(site: DeskSite, client: DeskClient) -> None:
    """The letter says why, and has the words of the report and no contact from outside them."""
    number = site.send(1, _REPORT)
    without = client.post(f"/desk/laporan/{number}/cetak", {"alasan": "  "})
    assert without.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Tulis alasan mencetak tanpa penyamaran." in text_of(without)
    assert "Puskesmas tutup" not in without.text
    assert site.acts == []
    letter = client.post(f"/desk/laporan/{number}/cetak", {"alasan": "Surat ke dinas"})
    assert _REPORT in text_of(letter)
    assert "Tanpa penyamaran. Alasan: Surat ke dinas." in text_of(letter)
    ((action, subject, _, why, at),) = site.acts
    assert (action, why) == ("desk.print_whole", "Surat ke dinas")
    assert read_reveal_subject(subject)[1:] == ("officer", iso(at + REVEAL_LIMIT))
    assert letter.headers["Refresh"] == f"600; url=/desk/laporan/{number}/cetak"
    assert [part for part in (CONTACT.phone, CONTACT.email) if part in letter.text] == []


def test_a_case_that_has_left_is_printed_masked_only(site: DeskSite, client: DeskClient) -> None:
    """Its whole words belong to the agency that has it now."""
    number = site.send(1, _REPORT)
    done(site, client, number, "bukan-kewenangan", "Bukan kami.", tujuan="bumn-pln")
    refused = client.post(f"/desk/laporan/{number}/cetak", {"alasan": "Arsip"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Sekar" not in refused.text
    masked = client.get(f"/desk/laporan/{number}/cetak")
    assert "[nama]" in masked.text
    assert "Cetak tanpa penyamaran" not in masked.text


def test_a_list_is_printed_as_it_is_filtered_or_chosen(site: DeskSite, client: DeskClient) -> None:
    """The list links to its print with its filter; chosen cases come in the order of the choice."""
    first = site.send(1, "Kemenkes, puskesmas tutup", title="Pintu terkunci 0812 3456 7890")
    second = site.send(2, "Kemenkes, vaksin habis", title="Vaksin habis")
    third = site.send(3, "Kemenkes, dokter cuti", title="Dokter cuti")
    page = client.get("/desk/laporan?cari=vaksin").text
    assert 'href="/desk/laporan/cetak?tab=baru&amp;cari=vaksin"' in page
    assert 'formaction="/desk/laporan/cetak"' in page
    filtered = text_of(client.get(f"{_LIST}?tab=baru&cari=vaksin"))
    assert "Daftar 1 laporan" in filtered
    assert second in filtered
    assert first not in filtered
    assert "Pintu terkunci [nomor]" in text_of(client.get(_LIST))
    chosen = text_of(client.get(f"{_LIST}?pilihan=1&nomor={third}:0&nomor={first}:4&nomor={third}:0"))
    assert "Daftar 2 laporan" in chosen
    assert chosen.index(third) < chosen.index(first)
    assert second not in chosen
    assert [act[:2] for act in site.acts] == [("desk.print_list", HEALTH)] * 3
    assert [act[3] for act in site.acts] == ["tab=baru&cari=1+words", "tab=baru", "2 chosen"]


def test_the_letter_of_chosen_cases_leads_back_to_the_filtered_list(site: DeskSite, client: DeskClient) -> None:
    """The form of the list has its filter, also for a choice that is missing."""
    number = site.send(1, "Kemenkes, vaksin habis")
    listed = client.get("/desk/laporan?tab=baru&cari=vaksin&urut=terbaru&baris=100").text
    form = listed.partition('action="/desk/laporan/bersama?')[2].partition("</form>")[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    back = 'href="/desk/laporan?tab=baru&amp;cari=vaksin&amp;urut=terbaru&amp;baris=100"'
    for chosen in ({"nomor": number}, {}):
        page = client.get(f"{_LIST}?{urlencode({**hidden, **chosen, 'pilihan': '1'})}")
        assert back in page.text


def test_no_choice_and_too_large_a_choice_are_told(site: DeskSite, client: DeskClient) -> None:
    """Nothing is recorded then."""
    site.send(1)
    numbers = "&".join(f"nomor={number_of(number)}" for number in range(MAX_CASES + 1))
    for query, words in (("pilihan=1", "Pilih laporan lebih dahulu"), (numbers, f"Paling banyak {MAX_CASES} laporan")):
        page = client.get(f"{_LIST}?{query}")
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert words in text_of(page)
    assert site.acts == []


def test_no_letter_has_another_agencys_case(site: DeskSite, client: DeskClient) -> None:
    """A number of another agency is as unknown as one that does not exist."""
    number, unknown = site.send(1, _REPORT), number_of(99)
    site.actor = WAYAN
    for of_number in (number, unknown):
        assert client.get(f"/desk/laporan/{of_number}/cetak").status_code == HTTPStatus.NOT_FOUND
        answer = client.post(f"/desk/laporan/{of_number}/cetak", {"alasan": "Perlu"})
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert "Daftar 0 laporan" in text_of(client.get(f"{_LIST}?pilihan=1&nomor={of_number}"))
    assert {act[0] for act in site.acts} == {"desk.print_list"}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OVERSEER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_a_role_without_an_agency_prints_nothing(site: DeskSite, client: DeskClient, role: Role) -> None:
    """Reading all cases, as an overseer does, is not the right to take them away."""
    number = site.send(1)
    site.actor = Actor(SARI.account_id, "Tono", role)
    for address in (_LIST, f"/desk/laporan/{number}/cetak"):
        assert client.get(address).status_code == HTTPStatus.FORBIDDEN
    assert site.acts == []


def test_no_text_becomes_markup_on_paper(site: DeskSite, client: DeskClient) -> None:
    """Title, text, place and reason are escaped."""
    markup = "<script>alert(1)</script>"
    number = site.send(1, f"Kemenkes {markup}", title=markup, place={"address": markup})
    for page in (
        client.get(f"/desk/laporan/{number}/cetak"),
        client.post(f"/desk/laporan/{number}/cetak", {"alasan": markup}),
        client.get(_LIST),
    ):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;" in page.text
