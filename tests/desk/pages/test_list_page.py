"""The list: tabs, rows, filter, search and pages."""

import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus

from sqlalchemy import Engine, event

from config.time_zones import TimeZone
from tests.accounts.desk_client import DeskClient, desk_client
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.pages.page_requests import done
from tests.desk.pages.site import BUDI, HEALTH, DeskSite, number_of
from tests.ingest.door_client import DoorServer
from tests.router.test_objections import Clock

_ROW = re.compile(r'class="heading" href="([^"]+)">([^<]+)<')
_TAB = re.compile(r'<a href="[^"]*"(?: aria-current="page")?>([^<]+)<b>([^<]+)</b>')
_TOPIC = re.compile(r'<option value="[^"]*">([^<]+ \(\d+\))</option>')
NO_MATCHES = dict.fromkeys(
    ("Baru", "Dikerjakan", "Menunggu pelapor", "Tenggat 24 jam", "Lewat tenggat", "Selesai"), "0"
)


def headings(client: DeskClient, query: str = "") -> list[str]:
    """Return the titles of the rows."""
    page = client.get(f"/desk/laporan?{query}")
    assert page.status_code == HTTPStatus.OK
    return [unescape(title) for _, title in _ROW.findall(page.text)]


def all_headings(client: DeskClient, query: str) -> list[str]:
    """Return the titles of the rows of all pages."""
    address, titles = f"/desk/laporan?{query}", []
    while address:
        page = client.get(address).text
        titles += [unescape(title) for _, title in _ROW.findall(page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(following[1]) if following else ""
    return titles


def tabs(client: DeskClient, query: str = "") -> dict[str, str]:
    """Return the counts of the tabs by their names."""
    return dict(_TAB.findall(client.get(f"/desk/laporan?{query}").text))


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


def test_marks_say_what_is_to_do(site: DeskSite, client: DeskClient) -> None:
    """The sender who writes to a case without an answer is seen in its row and by a filter, until somebody answers."""
    numbers = [site.send(number, f"Kemenkes, vaksin habis {number}", title=f"Laporan {number}") for number in (1, 2)]
    done(site, client, numbers[0], "terima")
    done(site, client, numbers[1], "tanggapi", "Kami periksa.")
    site.send(3, "Masih habis", of=1)
    working = "tab=dikerjakan"
    page = client.get(f"/desk/laporan?{working}").text
    assert [page.count(f'<span class="mark">{mark}</span>') for mark in ("pelapor menulis", "belum dijawab")] == [1, 1]
    assert headings(client, f"{working}&menulis=1") == ["Laporan 1"]
    assert headings(client, f"{working}&belum-dijawab=1") == ["Laporan 1"]
    done(site, client, numbers[0], "tanggapi", "Vaksin datang besok.")
    assert headings(client, f"{working}&menulis=1") == []
    assert headings(client, f"{working}&belum-dijawab=1") == []


def test_a_danger_can_be_filtered(site: DeskSite, client: DeskClient) -> None:
    """A case that tells of danger, until it has an answer; finished cases have none."""
    number = site.send(1, "Kemenkes, ada kebakaran", title="Terbakar", danger="fire")
    site.send(2, "Kemenkes, vaksin habis", title="Vaksin")
    assert headings(client) == ["Terbakar", "Vaksin"]
    assert headings(client, "bahaya=1") == ["Terbakar"]
    done(site, client, number, "tutup", "Sudah padam.")
    assert headings(client, "bahaya=1") == headings(client, "bahaya=1&tab=selesai") == []


def test_a_list_is_sorted_and_limited_to_days(engine: Engine, server: DoorServer) -> None:
    """By the time at which a case came, both ways, on pages that follow each other; days are those of Jakarta."""
    clock = Clock()
    site = DeskSite(DeskHarness(engine, clock))
    client = desk_client(server, site.app)
    for number in range(1, 31):
        site.send(number, f"Kemenkes, vaksin habis {number}", title=f"Laporan {number}")
        clock.time += timedelta(hours=1)
    in_order = [f"Laporan {number}" for number in range(1, 31)]
    assert all_headings(client, "urut=terlama") == in_order
    assert all_headings(client, "urut=terbaru") == in_order[::-1]
    first_day = f"{NOW.astimezone(TimeZone.WIB.value):%Y-%m-%d}"
    on_first_day = all_headings(client, f"urut=terlama&sampai={first_day}")
    assert 0 < len(on_first_day) < 30
    assert on_first_day == in_order[: len(on_first_day)]
    page = client.get(f"/desk/laporan?dari={first_day}&urut=terbaru").text
    assert f'name="dari" type="date" value="{first_day}"' in page
    assert '<option value="terbaru" selected>' in page


def test_a_search_finds_other_forms_of_a_word_in_all_tabs(site: DeskSite, client: DeskClient) -> None:
    """Each tab has the number of its matches, and an empty one leads to those."""
    number = site.send(1, "Kemenkes, lantai puskesmas berlubang", title="Lantai")
    site.send(2, "Kemenkes, ada lubang besar di ruang tunggu puskesmas", title="Ruang tunggu")
    site.send(3, "Kemenkes, vaksin habis", title="Vaksin")
    done(site, client, number, "terima")
    assert (
        tabs(client, "cari=lubang")
        == tabs(client, "cari=berlubangnya")
        == {**NO_MATCHES, "Baru": "1", "Dikerjakan": "1"}
    )
    assert headings(client, "cari=berlubang") == ["Ruang tunggu"]
    assert headings(client, "cari=lubang&tab=dikerjakan") == ["Lantai"]
    page = client.get("/desk/laporan?cari=lubang&tab=selesai").text
    assert "Ada yang cocok di kelompok lain:" in page
    assert "Dikerjakan (1)</a>" in page
    assert "Kelompok lain juga tidak punya" in client.get("/desk/laporan?cari=gajah").text


def test_topics_are_those_of_the_institution(site: DeskSite, client: DeskClient) -> None:
    """By their names, with the number of its cases in the tab, and without the topics of others."""
    site.send(1, "Kemenkes, puskesmas tutup")
    site.send(2, "PLN, listrik padam", title="Listrik")
    options = re.findall(r'<option value="[^"]*">([^<]+ \(\d+\))</option>', client.get("/desk/laporan").text)
    assert options == ["Puskesmas dan pustu (1)"]
    assert (
        re.findall(r'<option value="[^"]*">([^<]+ \(\d+\))</option>', client.get("/desk/laporan?tab=selesai").text)
        == []
    )


def test_a_channel_can_be_filtered(site: DeskSite, client: DeskClient) -> None:
    """By its name in the address."""
    site.send(1, title="Satu", channel="sms")
    site.send(2, "Kemenkes, vaksin habis", title="Dua", channel="web")
    assert headings(client, "saluran=sms") == ["Satu"]
    assert '<option value="sms" selected>SMS</option>' in client.get("/desk/laporan?saluran=sms").text


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


def test_a_search_reads_the_index_of_words_once(site: DeskSite, client: DeskClient) -> None:
    """The rows and the counts of the tabs come from one search."""
    site.send(1, "Kemenkes, lantai puskesmas berlubang")
    site.send(2, "Kemenkes, antrean puskesmas sejak subuh")
    statements: list[str] = []
    event.listen(site.desk.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert len(headings(client, "cari=lubang")) == 1
    assert len([statement for statement in statements if "FROM desk_search" in statement]) == 1
