"""The list as a file: the same filter, no identity, no formulas, and a row in the audit log before it."""

import csv
import io
from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

import pytest
import requests
from fastapi import FastAPI

from accounts.permissions import Actor, Role
from desk.pages.list_export import ListExport
from pages.csv_file import BYTE_ORDER_MARK, safe_cell
from tests.accounts.desk_client import DeskClient, desk_client
from tests.desk.pages.page_requests import done
from tests.desk.pages.site import CONTACT, HEALTH, SARI, WAYAN, DeskSite
from tests.ingest.door_client import DoorServer

_ADDRESS = "/desk/laporan.csv"


def rows_of(response: requests.Response) -> Sequence[dict[str, str]]:
    """Return the rows of the file as a spreadsheet reads them."""
    assert response.status_code == HTTPStatus.OK, response.text
    text = response.content.decode("utf-8")
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


def test_the_file_has_the_rows_of_the_filtered_list(site: DeskSite, client: DeskClient) -> None:
    """The columns say what the list says, in the time of the agency. The page links to the file with its filter."""
    first = site.send(1, "Kemenkes, puskesmas tutup", title="Pintu terkunci", channel="sms")
    site.send(2, "Kemenkes, vaksin habis", title="Vaksin habis")
    site.send(3, "PLN, listrik padam", title="Padam")
    response = client.get(f"{_ADDRESS}?cari=terkunci")
    (row,) = rows_of(response)
    assert (row["nomor"], row["judul"], row["keadaan"], row["kanal"]) == (first, "Pintu terkunci", "Baru", "SMS")
    assert row["masuk"] == "2026-11-24 15:04"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    name = f"laporan-{HEALTH}-baru-2026-11-24.csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert len(rows_of(client.get(_ADDRESS))) == 2
    assert 'href="/desk/laporan.csv?tab=baru&amp;cari=vaksin"' in client.get("/desk/laporan?cari=vaksin").text
    done(site, client, first, "terima")
    assert [row["keadaan"] for row in rows_of(client.get(f"{_ADDRESS}?tab=dikerjakan"))] == ["Dikerjakan"]
    assert rows_of(client.get(f"{_ADDRESS}?tab=selesai")) == []


def test_codes_have_their_names_beside_them(site: DeskSite, client: DeskClient) -> None:
    """Whoever reads the file needs no table of codes, and the whole text is there."""
    text = f"Kemenkes, puskesmas tutup. {'Kami antre lagi. ' * 40}Selesai."
    site.send(1, text, place={"region": "Kota Semarang"})
    site.actor = Actor(UUID(int=4), "Rini", Role.OFFICER, "kota-3374")
    (row,) = rows_of(client.get(_ADDRESS))
    assert row["isi"] == text
    assert (row["wilayah"], row["nama_wilayah"]) == ("33.74", "Kota Semarang, Jawa Tengah")
    assert (row["topik"], row["nama_topik"]) == ("puskesmas", "Puskesmas dan pustu")


def test_the_file_names_no_citizen(site: DeskSite, client: DeskClient) -> None:
    """No contact, and no name, number or address in what the citizen typed."""
    site.send(
        1,
        "Kemenkes, nama saya Sekar Wulandari, antre lama",
        title="Hubungi 0800 0000 1708, NIK 3374010101900001 atau sekar@contoh.id atau @sekarw",
        place={"address": "Rumah 12, telepon +62-800-0000-1708"},
    )
    (row,) = rows_of(client.get(_ADDRESS))
    content = client.get(_ADDRESS).text
    assert row["judul"] == "Hubungi [nomor], NIK [nomor] atau [nomor] atau [nomor]"
    assert row["isi"] == "Kemenkes, nama saya [nama], antre lama"
    assert row["tempat"] == "Rumah 12, telepon [nomor]"
    for identity in (CONTACT.name, CONTACT.phone, CONTACT.email, "3374010101900001", "1708"):
        assert identity
        assert identity not in content


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", " =", "\r=", "\uff1d", "\n@"])
def test_no_cell_is_a_formula(site: DeskSite, client: DeskClient, sign: str) -> None:
    """An apostrophe stands before a cell that a spreadsheet would compute, also in the name of a unit."""
    number = site.send(1, title=f'{sign}HYPERLINK("http://x"; "klik")', place={"address": f"{sign}1+1"})
    done(site, client, number, "terima")
    client.post(f"/desk/laporan/{number}/unit", {"unit": f"{sign}cmd|' /C calc'!A0"})
    (row,) = rows_of(client.get(f"{_ADDRESS}?tab=dikerjakan"))
    assert row["unit"]
    for cell in row.values():
        assert cell[:1] not in tuple("=+-@\t\r\n\uff1d")
    assert '"; "klik")' in row["judul"]


def test_safe_cells_are_otherwise_unchanged() -> None:
    """Signs inside a text stay. A text of several lines becomes one line."""
    assert safe_cell("a=b, c\nd") == "a=b, c d"
    assert safe_cell("") == ""
    assert safe_cell("  -1") == "'-1"


def test_the_export_is_recorded_before_the_file(site: DeskSite, client: DeskClient) -> None:
    """With its filter, but without the searched words, which may name a citizen. Without the log there is no file."""
    site.send(1)
    client.get(f"{_ADDRESS}?tab=lewat&topik=puskesmas&wilayah=33.74&cari=sekar+wulandari")
    ((action, subject, actor, why, _),) = site.acts
    assert (action, subject) == ("desk.export", HEALTH)
    assert actor == f"Sari Dewi [{SARI.account_id}]"
    assert why == "tab=lewat&topik=puskesmas&wilayah=33.74&cari=2+words"
    site.audit_log_is_away = True
    response = client.get(_ADDRESS)
    assert response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Antrean" not in response.text


@pytest.mark.parametrize(
    "query",
    [
        "agency=kementerian-kemenkes", "instansi=kementerian-kemenkes", "cari=xagencyxkementerianxkemenkes",
        "cari=antrean", "cari=%22%20OR%20antrean", "cari=antrean%20|%20!x", "unit=%27+OR+1%3D1+--", "topik=%27--",
        "wilayah=%25", "setelah=2000-01-01T00:00:00%2B00:00~00000000-0000-0000-0000-000000000001", "baris=200",
    ],
)  # fmt: skip
def test_no_filter_reaches_another_agency(site: DeskSite, client: DeskClient, query: str) -> None:
    """The agency is that of the person, whatever the address says."""
    site.send(1, title="Antrean panjang")
    site.actor = WAYAN
    for tab in ("baru", "dikerjakan", "menunggu", "lewat", "selesai"):
        assert rows_of(client.get(f"{_ADDRESS}?tab={tab}&{query}")) == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OVERSEER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_a_role_without_an_agency_exports_nothing(site: DeskSite, client: DeskClient, role: Role) -> None:
    """Reading all cases, as an overseer does, is not the right to take them away."""
    site.send(1)
    site.actor = Actor(UUID(int=9), "Tono", role)
    assert client.get(f"{_ADDRESS}?agency={HEALTH}").status_code == HTTPStatus.FORBIDDEN
    site.actor = None
    assert client.get(_ADDRESS).headers["Location"].startswith("/desk/masuk?lanjut=")
    assert site.acts == []


def test_the_rows_come_in_pages_up_to_the_limit(site: DeskSite, server: DoorServer) -> None:
    """Each case is there once, in the order of the list. A file that was cut says so in its last line."""
    numbers = [site.send(number, title=f"Laporan {number}") for number in range(1, 8)]
    app = FastAPI()
    app.include_router(ListExport(site.parts, max_rows=7, page_size=3).routes())
    client = desk_client(server, app)
    rows = rows_of(client.get(_ADDRESS))
    assert sorted(row["nomor"] for row in rows) == sorted(numbers)
    site.send(8, title="Laporan 8")
    rows = rows_of(client.get(_ADDRESS))
    assert len(rows) == 8
    assert rows[-1]["nomor"] == "Hanya 7 laporan pertama. Persempit saringan untuk mendapat yang lain."
