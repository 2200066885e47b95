"""The list: tabs, rows, filter, search and pages."""

import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus

from tests.accounts.desk_client import DeskClient
from tests.desk.pages.site import BUDI, HEALTH, DeskSite, number_of

_ROW = re.compile(r'class="heading" href="([^"]+)">([^<]+)<')
_TAB = re.compile(r'<a href="[^"]*"(?: aria-current="page")?>([^<]+)<b>([^<]+)</b>')


def headings(client: DeskClient, query: str = "") -> list[str]:
    """Return the titles of the rows."""
    page = client.get(f"/desk/laporan?{query}")
    assert page.status_code == HTTPStatus.OK
    return [unescape(title) for _, title in _ROW.findall(page.text)]


def tabs(client: DeskClient) -> dict[str, str]:
    """Return the counts of the tabs by their names."""
    return dict(_TAB.findall(client.get("/desk/laporan").text))


def test_a_case_moves_through_the_tabs(site: DeskSite, client: DeskClient) -> None:
    """It is new, in progress, waits for its sender, is overdue, and ends at last."""
    number = site.send(1, channel="sms")

    def act(name: str, text: str = "") -> None:
        version = re.search(r'name="versi" value="(\d+)"', client.get(f"/desk/laporan/{number}").text)
        assert version
        fields = {"tindakan": name, "isi": text, "versi": version[1], "langkah": "kirim"}
        assert client.post(f"/desk/laporan/{number}/jawab", fields).status_code == HTTPStatus.SEE_OTHER
        site.desk.deliver()

    steps = [tabs(client)]
    for name, text in (("terima", ""), ("minta-keterangan", "Puskesmas mana?"), ("tanggapi", "Baik.")):
        act(name, text)
        steps.append(tabs(client))
    site.later = timedelta(days=90)
    steps.append(tabs(client))
    act("tutup", "Selesai.")
    steps.append(tabs(client))
    filled = [[name for name, count in step.items() if count != "0"] for step in steps]
    assert filled == [
        ["Baru"],
        ["Dikerjakan"],
        ["Menunggu pelapor"],
        ["Dikerjakan"],
        ["Dikerjakan", "Lewat tenggat"],
        ["Selesai"],
    ]


def test_a_row_says_what_an_officer_decides_by(site: DeskSite, client: DeskClient) -> None:
    """Days left, number, title, place, joins, channel, transfers, files, and who has it."""
    place = {"address": "Jalan Pemuda 4"}
    picture = site.picture("a", b"x")
    number = site.send(1, place=place, channel="sms", attachments=(picture,))
    site.send(2, of=1, kind="joins")
    client.post(f"/desk/laporan/{number}/unit", {"unit": "Dinas Kesehatan"})
    client.post(f"/desk/laporan/{number}/petugas", {"akun": str(BUDI.account_id)})
    page = client.get("/desk/laporan").text
    shown = (
        *("sisa 7 hari", "Antrean panjang", number, "Jalan Pemuda 4", "1 warga lain", "SMS"),
        *("1 berkas", "unit: Dinas Kesehatan", "dipegang Budi Santoso", "tenggat 1 Des 2026"),
    )
    assert [text for text in shown if text not in page] == []


def test_a_report_without_a_title_shows_its_beginning(site: DeskSite, client: DeskClient) -> None:
    """An SMS has no title."""
    site.send(1, "Kemenkes, puskesmas tutup sejak Senin", title="")
    assert headings(client) == ["Kemenkes, puskesmas tutup sejak Senin"]


def test_the_address_is_the_filter(site: DeskSite, client: DeskClient) -> None:
    """Each condition of the address leaves out what does not match, and the form shows it."""
    first = site.send(1, title="Satu")
    site.send(2, title="Dua", of=1, kind="joins")
    site.send(3, "Kemenkes, vaksin campak habis", title="Tiga")
    client.post(f"/desk/laporan/{first}/petugas")
    client.post(f"/desk/laporan/{first}/unit", {"unit": "Dinas Kesehatan"})
    for query, titles in {
        "saya=1": ["Satu"],
        "unit=Dinas+Kesehatan": ["Satu"],
        "unit=Dinas+Lain": [],
        "bersama=1": ["Satu"],
        "bersama=2": [],
        "ditolak=1": [],
        "tenggat=1": [],
        "cari=campak+habis": ["Tiga"],
        "cari=camp": ["Tiga"],
        "topik=jalan-rusak": [],
        "wilayah=33": [],
        "tab=dikerjakan": [],
    }.items():
        assert headings(client, query) == titles, query
    page = client.get("/desk/laporan?saya=1&unit=Dinas+Kesehatan&bersama=1").text
    assert 'name="saya" value="1" checked' in page
    assert "<option selected>Dinas Kesehatan</option>" in page
    assert 'value="1"' in page.partition('id="bersama"')[2][:100]


def test_a_number_leads_to_its_case(site: DeskSite, client: DeskClient) -> None:
    """Also in small letters, and the number of a merged report."""
    number = site.send(1)
    joined = site.send(2, of=1, kind="joins")
    for typed in (number, number.lower(), number.replace("-", ""), joined):
        answer = client.get(f"/desk/laporan?cari={typed}")
        assert answer.status_code == HTTPStatus.SEE_OTHER
        page = client.get(answer.headers["Location"])
        if page.status_code == HTTPStatus.SEE_OTHER:
            page = client.get(page.headers["Location"])
        assert f"<title>{number}" in page.text


def test_an_unknown_number_is_told(site: DeskSite, client: DeskClient) -> None:
    """The list stays, with a sentence."""
    page = client.get(f"/desk/laporan?cari={number_of(9)}")
    assert f"Laporan {number_of(9)} tidak ada di instansi Anda." in page.text


def test_pages_follow_each_other(site: DeskSite, client: DeskClient) -> None:
    """Every case is on exactly one page, and a filter stays on all of them."""
    for number in range(1, 32):
        site.send(number, f"Kemenkes, vaksin habis {number}", title=f"Laporan {number}")
    address, titles = "/desk/laporan?cari=vaksin", []
    while address:
        page = client.get(address).text
        titles += [title for _, title in _ROW.findall(page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(following[1]) if following else ""
        assert not address or "cari=vaksin" in address
    assert sorted(titles) == sorted(f"Laporan {number}" for number in range(1, 32))
    assert len(headings(client, "baris=100")) == 31


def test_an_empty_list_says_what_to_do(site: DeskSite, client: DeskClient) -> None:
    """Without cases, and with a filter that nothing matches."""
    assert "Tidak ada laporan baru." in client.get("/desk/laporan").text
    page = client.get("/desk/laporan?ditolak=1").text
    assert "Tidak ada laporan yang cocok dengan saringan ini" in page
    assert "Hapus saringan" in page


def test_pages_are_translated(site: DeskSite, client: DeskClient) -> None:
    """The link at the end of a page shows it in English; what persons wrote stays."""
    number = site.send(1, channel="sms")
    page = client.get("/desk/laporan?bahasa=en").text
    assert "Overdue" in page
    assert "7 days left" in page
    assert "Antrean panjang" in page
    case = client.get(f"/desk/laporan/{number}?bahasa=en").text
    assert "Why this report came here" in case
    assert "It must fit one SMS: at most" in case


def test_home_leads_to_the_list(site: DeskSite, client: DeskClient) -> None:
    """Every officer begins there."""
    assert client.get("/desk").headers["Location"] == "/desk/laporan"
    site.actor = None
    assert client.get("/desk").headers["Location"].startswith("/desk/masuk")
    assert HEALTH not in client.get("/desk/laporan").text
