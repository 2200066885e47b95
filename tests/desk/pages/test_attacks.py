"""No page leads to another agency's case, no text becomes markup, and no other site sends a form."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.permissions import Actor, Role
from config.database import read_transaction
from desk.acts.openings import read_unopened_numbers
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, done, send_act, send_many, text_of
from tests.desk.pages.site import CONTACT, SARI, WAYAN, DeskSite, number_of

_FORMS: Mapping[str, Mapping[str, str]] = {
    "jawab": {"tindakan": "tutup", "isi": "Selesai.", "versi": "0", "langkah": "kirim"},
    "catatan": {"isi": "Catatan."},
    "unit": {"unit": "Dinas"},
    "petugas": {},
    "identitas": {"alasan": "Perlu"},
}
_MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
_QUERIES = (
    "cari=rahasia",
    "cari=warga",
    "cari=xagencyxkementerianxkemenkes",
    "cari=%22%20OR%20rahasia",
    "cari=rahasia%20|%20!x",
    "unit=Dinas+Kesehatan",
    "unit=%27+OR+1%3D1+--",
    "saya=1&holder=00000000-0000-0000-0000-000000000001",
    "agency=kementerian-kemenkes&tab=baru",
    "setelah=2000-01-01T00:00:00%2B00:00~00000000-0000-0000-0000-000000000001",
    "wilayah=33&topik=puskesmas&bersama=0&baris=200",
)
_STRANGE_TEXTS = ("a\0b", "a\ufffd\ufffeb", "\u202eabc\u2066", "a" * 10_001)
_SECRET = "Rahasia warga di Kemenkes"


def test_another_agencys_number_is_as_unknown_as_any(site: DeskSite, client: DeskClient) -> None:
    """By page, form, picture and search: the same answer as for a number that does not exist."""
    picture = site.picture("a", b"x")
    number, unknown = site.send(1, _SECRET, attachments=(picture,)), number_of(99)
    site.actor = WAYAN

    def answers(of_number: str) -> list[tuple[int, str]]:
        pages = [
            client.get(f"/desk/laporan/{of_number}"),
            client.get(f"/desk/laporan/{of_number}/berkas/{picture.id}"),
            client.get(f"/desk/laporan?cari={of_number}"),
            *(client.post(f"/desk/laporan/{of_number}/{part}", {**fields}) for part, fields in _FORMS.items()),
            send_many(client, [f"{of_number}:0"], tindakan="tutup", isi="Selesai.", langkah="kirim"),
        ]
        return [(response.status_code, response.text.replace(of_number, "NOMOR")) for response in pages]

    responses, responses_to_unknown = answers(number), answers(unknown)
    assert responses == responses_to_unknown
    assert {status for status, _ in responses} == {HTTPStatus.NOT_FOUND, HTTPStatus.OK}
    assert [text for _, text in responses if "Rahasia" in text or CONTACT.name in text] == []
    assert (site.acts, site.desk.published) == ([], [])


def test_no_filter_reaches_another_agency(site: DeskSite, client: DeskClient) -> None:
    """Words, units, persons, positions and made-up parameters."""
    number = site.send(1, _SECRET)
    client.post(f"/desk/laporan/{number}/unit", {"unit": "Dinas Kesehatan"})
    client.post(f"/desk/laporan/{number}/petugas")
    assert number in client.get("/desk/laporan?cari=rahasia&unit=Dinas+Kesehatan&saya=1").text
    site.actor = replace(WAYAN, account_id=SARI.account_id)
    for query in _QUERIES:
        page = client.get(f"/desk/laporan?{query}")
        assert page.status_code == HTTPStatus.OK, query
        assert number not in page.text, query
        assert _SECRET not in page.text, query


def test_a_picture_opens_by_its_own_case_only(site: DeskSite, client: DeskClient) -> None:
    """The id of a file of another case opens nothing, and ids that are none do no harm."""
    picture = site.picture("a", b"secret picture")
    site.send(1, attachments=(picture,))
    number = site.send(2, "Kemenkes, vaksin habis")
    for file_id in (str(picture.id), "..%2f..%2fsatupintu.db", "%00", "x" * 5_000):
        answer = client.get(f"/desk/laporan/{number}/berkas/{file_id}")
        assert (answer.status_code, b"secret picture" in answer.content) == (HTTPStatus.NOT_FOUND, False)
    assert site.acts == []


def test_notes_and_templates_belong_to_their_agency(site: DeskSite, client: DeskClient) -> None:
    """The next agency of a case reads no note of the former one, and changes no template of it."""
    number = site.send(1)
    client.post(f"/desk/laporan/{number}/catatan", {"isi": "Kepala puskesmas sakit."})
    client.post(f"/desk/laporan/{number}/unit", {"unit": "Dinas Kesehatan", "alasan": "Segera"})
    client.post("/desk/templat", {"judul": "Salam", "isi": "Salam dari Kemenkes."})
    template_id = client.get("/desk/templat").text.partition('name="id" value="')[2].partition('"')[0]
    done(site, client, number, "bukan-kewenangan", "Urusan listrik.", tujuan="bumn-pln")
    site.actor = WAYAN
    text = text_of(send_act(client, number, "tanggapi", templat=template_id))
    assert "Urusan listrik." in text
    inner = ("Kepala puskesmas sakit.", "Dinas Kesehatan", "Segera", "Salam dari Kemenkes.")
    assert [part for part in inner if part in text] == []
    client.post("/desk/templat", {"id": template_id, "judul": "Salam", "isi": "Diubah."})
    client.post("/desk/templat", {"id": template_id, "langkah": "hapus"})
    assert "Belum ada templat." in client.get("/desk/templat").text
    site.actor = SARI
    assert "Salam dari Kemenkes." in client.get("/desk/templat").text


@pytest.mark.parametrize("role", [Role.OVERSEER, Role.AUDITOR, Role.ADMINISTRATOR, Role.OPERATOR, Role.TRIAGE])
def test_other_roles_open_no_agencys_desk(site: DeskSite, client: DeskClient, role: Role) -> None:
    """Rights for all agencies are for other pages; triage has its own cases."""
    number = site.send(1)
    site.actor = Actor(UUID(int=9), "Rina", role, "triage" if role is Role.TRIAGE else "")
    statuses = {
        client.get(f"/desk/laporan/{number}").status_code,
        *(client.post(f"/desk/laporan/{number}/{part}", {**fields}).status_code for part, fields in _FORMS.items()),
    }
    assert statuses == {HTTPStatus.NOT_FOUND if role is Role.TRIAGE else HTTPStatus.FORBIDDEN}
    assert number not in client.get("/desk/laporan").text
    assert (site.acts, site.desk.published) == ([], [])


def test_a_head_reads_a_case_and_changes_nothing(site: DeskSite, client: DeskClient) -> None:
    """The page has no form of an act and no identity. A danger that only a head has read is not opened."""
    number = site.send(1, danger="fire")
    site.actor = Actor(UUID(int=9), "Rina", Role.HEAD, SARI.agency)
    page = client.get(f"/desk/laporan/{number}")
    assert page.status_code == HTTPStatus.OK
    assert [part for part in _FORMS if f'/{number}/{part}"' in page.text] == []
    assert number in client.get("/desk/laporan").text
    with read_transaction(site.desk.engine) as connection:
        assert read_unopened_numbers(connection, SARI.agency) == [number]
    for part, fields in _FORMS.items():
        assert client.post(f"/desk/laporan/{number}/{part}", {**fields}).status_code == HTTPStatus.FORBIDDEN
    assert (site.acts, site.desk.published) == ([], [])
    site.actor = Actor(UUID(int=9), "Rina", Role.HEAD, WAYAN.agency)
    assert client.get(f"/desk/laporan/{number}").status_code == HTTPStatus.NOT_FOUND


def test_the_open_page_of_a_revoked_officer_sends_nothing(site: DeskSite, client: DeskClient) -> None:
    """The session ends at once; the form is refused, not redirected."""
    number = site.send(1)
    site.actor = None
    for part, fields in _FORMS.items():
        assert client.post(f"/desk/laporan/{number}/{part}", {**fields}).status_code == HTTPStatus.UNAUTHORIZED
    assert client.get(f"/desk/laporan/{number}").headers["Location"].startswith("/desk/masuk?lanjut=")
    assert (site.acts, site.desk.published) == ([], [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": None, "Origin": "https://jahat.example"},
        {"Sec-Fetch-Site": None, "Origin": "null"},
        {"Sec-Fetch-Site": None},
    ],
)
def test_no_other_site_sends_a_form(site: DeskSite, client: DeskClient, headers: dict[str, str]) -> None:
    """Every form of the pages is protected: 403, and nothing is done."""
    number = site.send(1)
    for part, fields in _FORMS.items():
        assert client.post(f"/desk/laporan/{number}/{part}", {**fields}, headers).status_code == HTTPStatus.FORBIDDEN
    for address in ("/desk/laporan/bersama", "/desk/templat"):
        assert client.post(address, {"nomor": f"{number}:0"}, headers).status_code == HTTPStatus.FORBIDDEN
    assert (site.acts, site.desk.published) == ([], [])


def test_typed_markup_stays_text(site: DeskSite, client: DeskClient) -> None:
    """In every field that a citizen, an officer or another institution fills, and in every address."""
    place = {"address": _MARKUP, "district": _MARKUP, "region": _MARKUP}
    report = {"title": _MARKUP, "incident_time": _MARKUP[:90], "agency": _MARKUP, "place": place}
    number = site.send(1, f"Kemenkes, {_MARKUP}", **report)
    site.send(2, _MARKUP, title=_MARKUP, of=1, kind="repeat")
    # The place and the words of the markup led it to an agency of the small registry.
    agency = next(iter({record.topic for record in site.desk.records} - {"complaints"})).removeprefix("agency-")
    site.actor = replace(SARI, agency=agency, name=_MARKUP)
    client.post(f"/desk/laporan/{number}/catatan", {"isi": _MARKUP})
    client.post(f"/desk/laporan/{number}/unit", {"unit": _MARKUP, "alasan": _MARKUP})
    client.post(f"/desk/laporan/{number}/petugas")
    client.post("/desk/templat", {"judul": _MARKUP, "isi": _MARKUP})
    conflict = send_act(client, number, "tutup", _MARKUP, versi="7")
    pages = {
        "list": client.get("/desk/laporan"),
        "filter": client.get(f"/desk/laporan?cari={_MARKUP}&unit={_MARKUP}&topik={_MARKUP}&setelah={_MARKUP}"),
        "case": client.get(f"/desk/laporan/{number}?tindakan={_MARKUP}&instansi={_MARKUP}&hasil={_MARKUP}"),
        "unknown": client.get(f"/desk/laporan/{_MARKUP.replace('/', '')}"),
        "conflict": conflict,
        "preview": send_act(client, number, "tanggapi", _MARKUP, langkah="pratinjau"),
        "bulk": send_many(client, [f"{number}:0", _MARKUP], tindakan="tanggapi", isi=_MARKUP, langkah="pratinjau"),
        "outcome": send_many(client, [f"{number}:9", _MARKUP], tindakan="tanggapi", isi=_MARKUP, langkah="kirim"),
        "templates": client.get("/desk/templat"),
        "units": client.get("/desk/unit"),
        "identity": client.post(f"/desk/laporan/{number}/identitas", {"alasan": ""}),
    }
    assert conflict.status_code == HTTPStatus.CONFLICT
    for name, page in pages.items():
        assert page.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, name
        assert "<script" not in page.text.replace('<script src="/desk/meja.js" defer', ""), name
        assert "<img" not in page.text, name
        assert "49" not in text_of(page), name
        assert "'nonce-" in page.headers["Content-Security-Policy"], name
    assert escape(_MARKUP, quote=False) in client.get("/desk/templat").text.replace("&#34;", '"').replace("&#39;", "'")


def test_a_strange_text_is_no_error_of_ours(site: DeskSite, client: DeskClient) -> None:
    """PostgreSQL takes no NUL, and an answer has a limit."""
    number = site.send(1)
    for text in _STRANGE_TEXTS:
        answers = [
            send_act(client, number, "tanggapi", text),
            client.post(f"/desk/laporan/{number}/catatan", {"isi": text}),
            client.post(f"/desk/laporan/{number}/unit", {"unit": text, "alasan": text}),
            client.post("/desk/templat", {"judul": text, "isi": text}),
            client.get(f"/desk/laporan?cari={text[:200]}&unit={text[:200]}"),
        ]
        assert [answer.status_code for answer in answers if answer.status_code >= 500] == [], repr(text)
    assert "Antrean panjang" in case_page(client, number)


def test_a_form_without_a_version_is_a_conflict(site: DeskSite, client: DeskClient) -> None:
    """A made-up form cannot leave out the check against the other officer."""
    number = site.send(1)
    for version in ("", "-1", "x"):
        fields = {"tindakan": "tutup", "isi": "Selesai.", "versi": version, "langkah": "kirim"}
        assert client.post(f"/desk/laporan/{number}/jawab", fields).status_code == HTTPStatus.CONFLICT
    assert client.post(f"/desk/laporan/{number}/jawab", {"tindakan": "hapus"}).status_code == HTTPStatus.NOT_FOUND
    assert site.desk.published == []
