"""A document in the form of an answer, and in the history of a case."""

import re
from http import HTTPStatus
from typing import Any

import pytest
import requests

from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, text_of, version_of
from tests.desk.pages.site import WAYAN, DeskSite
from tests.desk.pages.test_answer_pictures import kept_ids, photo
from tests.pages.test_document_cleaning import SECRET, laden, letter, noted

TEXT = "Surat kami terlampir."
File = tuple[str, bytes]


def paper(name: str = "surat.pdf", pages: int = 1) -> File:
    """Return a letter as a word processor writes it; each number of pages is another one."""
    return name, letter(laden, pages)


def send(
    client: DeskClient, number: str, *files: File, act: str = "tanggapi", pictures: tuple[File, ...] = (), **fields: Any
) -> requests.Response:
    """Send the form of an answer with a document, as a browser does."""
    values = {"tindakan": act, "isi": TEXT, "versi": version_of(client, number), "langkah": "kirim", **fields}
    body: list[tuple[str, tuple[str | None, Any]]] = [(name, (None, value)) for name, value in values.items()]
    body += [("berkas", file) for file in pictures or [("", b"")]] + [
        ("dokumen", file) for file in files or [("", b"")]
    ]
    return client.post(f"/desk/laporan/{number}/jawab", files=body)


def kept(answer: requests.Response) -> str:
    """Return the document that the shown form will send; empty without one."""
    return "".join(re.findall(r'name="surat" value="([^"]+)" checked', answer.text))


@pytest.mark.parametrize(("act", "verdict"), [("tanggapi", "responded"), ("tutup", "closed")])
def test_a_document_goes_with_the_answer_and_is_saved(
    site: DeskSite, client: DeskClient, act: str, verdict: str
) -> None:
    """It is in the history with its size, is never shown by the browser itself, and each opening is recorded."""
    number = site.send(1)
    assert send(client, number, paper(), act=act).status_code == HTTPStatus.SEE_OTHER
    (published,) = site.desk.published
    assert (published.verdict, published.pictures) == (verdict, ())
    site.desk.deliver()
    page = case_page(client, number)
    assert re.search(r"Unduh dokumen \(PDF, \d+ KB\)", page)
    site.acts.clear()
    opened = client.get(f"/desk/laporan/{number}/berkas/{published.document}")
    assert opened.headers["Content-Type"] == "application/pdf"
    assert opened.headers["Content-Disposition"].startswith(f'attachment; filename="{number}-')
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert opened.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert opened.content.startswith(b"%PDF")
    assert SECRET.encode() not in opened.content
    assert [act[1].split()[1] for act in site.acts] == [str(published.document)]


@pytest.mark.parametrize(
    ("file", "sentences"),
    [
        (("catatan.txt", b"bukan surat"), ["catatan.txt: Berkas ini bukan PDF, atau rusak. Pilih PDF lain."]),
        (("besar.pdf", b"\0" * 5_000_001), ["besar.pdf: Berkas terlalu besar: paling banyak 5 MB."]),
        (("besar.pdf", b"\0" * 8_000_001), ["besar.pdf: Berkas terlalu besar: paling banyak 5 MB."]),
        (paper("tebal.pdf", pages=51), ["tebal.pdf: Berkas terlalu besar: paling banyak 50 halaman."]),
        (
            ("tte.pdf", letter(noted("/Widget"))),
            ["tte.pdf: PDF ini terkunci, atau berisi isian, tanda tangan digital", "tulis nomornya dan alamat"],
        ),
    ],
)
def test_a_wrong_document_is_told_and_nothing_is_lost(
    site: DeskSite, client: DeskClient, file: File, sentences: list[str]
) -> None:
    """The sentence says what to do; text and picture stay."""
    number = site.send(1)
    answer = send(client, number, file, pictures=(photo(),))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    for sentence in sentences:
        assert sentence in text_of(answer)
    assert TEXT in answer.text
    assert (kept(answer), len(kept_ids(answer))) == ("", 1)
    assert site.desk.published == []


def test_a_draft_keeps_the_document(site: DeskSite, client: DeskClient) -> None:
    """A preview and a fault do; another document takes its place, and a cleared tick leaves it out."""
    number = site.send(1)
    first = kept(send(client, number, paper(), langkah="pratinjau"))
    assert first
    faulty = send(client, number, pictures=(("catatan.txt", b"bukan gambar"),), surat=first)
    assert (faulty.status_code, kept(faulty)) == (HTTPStatus.UNPROCESSABLE_ENTITY, first)
    second = kept(send(client, number, paper(pages=2), surat=first, langkah="pratinjau"))
    assert second
    assert second != first
    assert send(client, number, surat=second).status_code == HTTPStatus.SEE_OTHER
    assert send(client, number, act="tutup").status_code == HTTPStatus.SEE_OTHER
    assert [str(answer.document or "") for answer in site.desk.published] == [second, ""]


def test_five_pictures_and_a_document(site: DeskSite, client: DeskClient) -> None:
    """The document is not one of the five."""
    number = site.send(1)
    pictures = tuple(photo(side=50 + n) for n in range(5))
    assert send(client, number, paper(), pictures=pictures).status_code == HTTPStatus.SEE_OTHER
    (published,) = site.desk.published
    assert (len(published.pictures), published.document is not None) == (5, True)


def test_a_document_of_another_case_is_not_sent_and_not_opened(site: DeskSite, client: DeskClient) -> None:
    """Nor by another institution."""
    number, other = site.send(1), site.send(2, "Kemenkes, vaksin habis")
    foreign = kept(send(client, other, paper(), langkah="pratinjau"))
    answer = send(client, number, surat=foreign)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Dokumen yang dipilih tidak tersimpan lagi" in text_of(answer)
    assert site.desk.published == []
    assert client.get(f"/desk/laporan/{number}/berkas/{foreign}").status_code == HTTPStatus.NOT_FOUND
    assert client.get(f"/desk/laporan/{other}/berkas/{foreign}").status_code == HTTPStatus.OK
    site.actor = WAYAN
    assert client.get(f"/desk/laporan/{other}/berkas/{foreign}").status_code == HTTPStatus.NOT_FOUND


def test_a_document_survives_a_conflict(site: DeskSite, client: DeskClient) -> None:
    """Another officer answered meanwhile: the page offers to send it all the same."""
    number = site.send(1)
    version = version_of(client, number)
    send(client, number, act="terima", isi="")
    answer = send(client, number, paper(), versi=version)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Satu dokumen ikut dikirim." in text_of(answer)
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("<main")[2])
    again = client.post(f"/desk/laporan/{number}/jawab", {**dict(fields), "isi": TEXT, "langkah": "kirim"})
    assert again.status_code == HTTPStatus.SEE_OTHER
    assert site.desk.published[1].document is not None


def test_the_preview_says_that_there_is_a_document_and_who_opens_it(site: DeskSite, client: DeskClient) -> None:
    """A citizen who reported the same opens it only if the officer shares the whole answer."""
    number = site.send(1, channel="sms")
    site.send(2, channel="sms", kind="joins", of=1)
    alone, shared = (send(client, number, paper(), langkah="pratinjau", pembaca=who) for who in ("", "semua-pelapor"))
    assert f"{TEXT} Dokumen: http" in alone.text
    assert "Pelapor membuka dokumen Anda di halaman laporannya sendiri." in text_of(alone)
    told = "Warga lain yang melaporkan hal ini juga dapat membuka dokumen Anda, tanpa disamarkan."
    assert [told in text_of(page) for page in (alone, shared)] == [False, True]
    assert "Selain pelapor, tidak ada warga yang dapat membuka dokumen Anda." in text_of(alone)
