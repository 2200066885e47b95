"""The page of units: coordinators make the tree, by form and by file; others see the units of their tier."""

from http import HTTPStatus
from uuid import UUID

import pytest
import requests

from accounts.permissions import Actor, Role
from desk.units.tree import Unit
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import text_of
from tests.desk.pages.site import HEALTH, SARI, DeskSite

HEAD = Actor(UUID(int=50), "Kepala Subbagian", Role.COORDINATOR, HEALTH)
CLINIC = Actor(UUID(int=52), "Petugas Puskesmas", Role.OFFICER, HEALTH, "PKM")
_FILE = "\ufeffcode;name;parent\r\ndinkes;Dinas Kesehatan;\r\nPKM;Puskesmas;DINKES\r\n".encode()


def saved(client: DeskClient, **fields: str) -> requests.Response:
    """Send the form of a unit."""
    return client.post("/desk/unit", {"langkah": "simpan", **{name.replace("_", "-"): fields[name] for name in fields}})


def uploaded(client: DeskClient, content: bytes, name: str = "unit.csv") -> requests.Response:
    """Send the form with a file."""
    answer: requests.Response = client.program(
        "POST",
        "/desk/unit/impor",
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        files={"berkas": (name, content, "text/csv")},
    )
    return answer


def tree(site: DeskSite) -> dict[str, str]:
    """Return the parent of each unit."""
    return {code: unit.parent for code, unit in site.parts.units.tree(HEALTH).units.items()}


def test_a_coordinator_makes_the_tree(site: DeskSite, client: DeskClient) -> None:
    """By the form: add, change and remove. Each is in the audit log."""
    site.actor = HEAD
    assert "Belum ada unit." in text_of(client.get("/desk/unit"))
    assert saved(client, kode="dinkes", nama="Dinas Kesehatan", sk="SK 1/2026", mulai="2026-01-01").status_code == 303
    assert saved(client, kode="PKM", nama="Puskesmas", induk="DINKES").status_code == 303
    page = client.get("/desk/unit?ubah=PKM")
    assert ('value="Puskesmas"' in page.text, "Dasar: SK 1/2026" in text_of(page)) == (True, True)
    assert saved(client, lama="PKM", nama="Puskesmas Kota", induk="").status_code == 303
    assert tree(site) == {"DINKES": "", "PKM": ""}
    assert client.post("/desk/unit", {"langkah": "hapus", "lama": "PKM"}).status_code == 303
    assert tree(site) == {"DINKES": ""}
    assert [action for action, *_ in site.acts] == [
        "desk.unit_add",
        "desk.unit_add",
        "desk.unit_change",
        "desk.unit_remove",
    ]


def test_a_file_of_units(site: DeskSite, client: DeskClient) -> None:
    """The page tells how many are new and changed."""
    site.actor = HEAD
    answer = uploaded(client, _FILE)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert "2 unit baru, 0 unit diubah." in text_of(client.get(answer.headers["Location"]))
    assert tree(site) == {"DINKES": "", "PKM": "DINKES"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Berkas ini tidak memuat unit."),
        (b"code,name,parent\nA,Dinas,\nA,Badan,\n", "Baris 3: Kode unit A sudah ada."),
        (b"code,name,parent\nA,Dinas,B\n", "Baris 2: Tidak ada unit dengan kode B."),
        (b"code,name,parent\nA,Dinas,B\nB,Badan,A\n", "akan berada di bawah dirinya sendiri"),
        ("code,name,parent\nA,Dinas é,\n".encode("latin-1"), "Berkas ini bukan UTF-8."),
        (b"PK\x03\x04\xff\xfe", "Berkas ini bukan UTF-8."),
        (b"a" * 1_000_001, "Berkas terlalu besar"),
        (b"a" * 9_000_000, "Berkas terlalu besar"),
    ],
)
def test_a_wrong_file_says_what_to_do(site: DeskSite, client: DeskClient, content: bytes, sentence: str) -> None:
    """Nothing is changed."""
    site.actor = HEAD
    answer = uploaded(client, content)
    assert (answer.status_code, sentence in text_of(answer)) == (HTTPStatus.UNPROCESSABLE_ENTITY, True), text_of(answer)
    assert tree(site) == {}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kode": "", "nama": "Dinas"}, "Isi kode unit."),
        ({"kode": "a b", "nama": "Dinas"}, "Kode unit a b tidak dapat dipakai."),
        ({"kode": "A", "nama": ""}, "Isi nama unit A"),
        ({"kode": "DINKES", "nama": "Dinas"}, "Kode unit DINKES sudah ada."),
        ({"kode": "A", "nama": "Dinas", "mulai": "besok"}, "Tulis tanggal sebagai tahun-bulan-hari"),
        ({"kode": "A", "nama": "Dinas", "mulai": "2026-02-01", "sampai": "2026-01-01"}, "Hari terakhir unit A"),
        ({"lama": "DINKES", "nama": "Dinas", "induk": "DINKES"}, "di bawah dirinya sendiri"),
        ({"lama": "HILANG", "nama": "Dinas"}, "Tidak ada unit dengan kode HILANG."),
        ({"kode": "A", "nama": "Dinas", "induk": "B C"}, "Tidak ada unit dengan kode B C."),
    ],
)
def test_a_wrong_form_keeps_what_was_typed(
    site: DeskSite, client: DeskClient, fields: dict[str, str], sentence: str
) -> None:
    """With the sentence about it."""
    site.parts.units.add(HEALTH, Unit("DINKES", "Dinas Kesehatan"), "Budi", "test")
    site.actor = HEAD
    answer = client.post("/desk/unit", {"langkah": "simpan", **fields})
    assert (answer.status_code, sentence in text_of(answer)) == (HTTPStatus.UNPROCESSABLE_ENTITY, True), text_of(answer)
    assert f'value="{fields["nama"]}"' in answer.text
    assert tree(site) == {"DINKES": ""}


def test_only_coordinators_change_units(site: DeskSite, client: DeskClient) -> None:
    """An officer of a unit sees the own units, and no form."""
    site.actor = HEAD
    uploaded(client, _FILE + b"RSUD;Rumah Sakit;\r\n")
    for actor, units in ((SARI, {"Dinas Kesehatan", "Puskesmas", "Rumah Sakit"}), (CLINIC, {"Puskesmas"})):
        site.actor = actor
        page = client.get("/desk/unit")
        assert {name for name in ("Dinas Kesehatan", "Puskesmas", "Rumah Sakit") if name in page.text} == units
        assert "<form" not in page.text.partition("<main")[2]
        assert saved(client, kode="A", nama="A").status_code == HTTPStatus.FORBIDDEN
        assert uploaded(client, _FILE).status_code == HTTPStatus.FORBIDDEN
