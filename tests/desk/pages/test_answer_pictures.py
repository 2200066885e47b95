"""Pictures in the form of an answer, in the history of a case, and beside those of the sender."""

import re
from http import HTTPStatus
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlmodel import col

from cases.pictures.tables import AnswerPicture
from config.database import read_transaction
from pages.files.file_space import FileSpace
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, text_of, version_of
from tests.desk.pages.site import HEALTH, PLN, SARI, WAYAN, DeskSite
from tests.ingest.files.test_attachments import SECRET, picture

TEXT = "Sudah kami perbaiki; fotonya terlampir."
File = tuple[str, bytes]


def photo(name: str = "sesudah.jpg", side: int = 64) -> File:
    """Return a file as a phone writes it; each size is another one."""
    return name, picture(size=(side, 48))


def send(
    client: DeskClient, number: str, *files: File, act: str = "tanggapi", text: str = TEXT, **fields: Any
) -> requests.Response:
    """Send the form of an answer with files, as a browser does."""
    values = {"tindakan": act, "isi": text, "versi": version_of(client, number), "langkah": "kirim", **fields}
    parts = [(name, value) for name, value in values.items() if not isinstance(value, list)]
    parts += [(name, value) for name, many in values.items() if isinstance(many, list) for value in many]
    body = [(name, (None, value)) for name, value in parts] + [("berkas", file) for file in files]
    return client.post(f"/desk/laporan/{number}/jawab", files=body)


def kept_ids(answer: requests.Response) -> list[str]:
    """Return the pictures that the shown form will send."""
    return re.findall(r'name="foto" value="([^"]+)" checked', answer.text)


def stored_count(site: DeskSite) -> int:
    """Return the number of stored pictures."""
    with read_transaction(site.desk.engine) as connection:
        return len(connection.execute(select(col(AnswerPicture.id))).all())


def test_a_picture_goes_with_the_answer_and_is_shown(site: DeskSite, client: DeskClient) -> None:
    """It is in the history, without metadata, and each opening is recorded."""
    number = site.send(1)
    assert send(client, number, photo(), photo(side=70)).status_code == HTTPStatus.SEE_OTHER
    ((published),) = site.desk.published
    assert (len(published.pictures), published.pictures_public) == (2, False)
    site.desk.deliver()
    page = case_page(client, number)
    addresses = re.findall(r'href="(/desk/laporan/[^"]+/berkas/[^"?]+)', page)
    assert [address.rpartition("/")[2] for address in addresses] == [str(id_) for id_ in published.pictures]
    site.acts.clear()
    opened = client.get(addresses[0])
    assert opened.headers["Content-Type"] == "image/jpeg"
    assert SECRET.encode() not in opened.content
    assert [(act[0], act[1].split()[1]) for act in site.acts] == [("desk.picture", str(published.pictures[0]))]


@pytest.mark.parametrize(("act", "verdict"), [("tanggapi", "responded"), ("tutup", "closed")])
def test_the_officer_lets_everybody_see_it(site: DeskSite, client: DeskClient, act: str, verdict: str) -> None:
    """By a tick, which is not set before; without a picture it says nothing."""
    first, second = site.send(1), site.send(2, "Kemenkes, vaksin habis")
    assert 'name="foto-umum" value="ya" checked' not in case_page(client, first)
    send(client, first, photo(), act=act, **{"foto-umum": "ya"})
    send(client, second, act=act, **{"foto-umum": "ya"})
    shown = [(answer.verdict, len(answer.pictures), answer.pictures_public) for answer in site.desk.published]
    assert shown == [(verdict, 1, True), (verdict, 0, False)]


def test_a_confidential_report_is_not_offered_to_everybody(site: DeskSite, client: DeskClient) -> None:
    """It is never public."""
    number = site.send(1, rahasia=True)
    page = case_page(client, number)
    assert 'name="berkas"' in page
    assert "foto-umum" not in page


def test_only_answers_to_the_sender_have_pictures(site: DeskSite, client: DeskClient) -> None:
    """A question, a refusal and an acceptance have no field, and a file that is sent with one is not stored."""
    number = site.send(1)
    page = case_page(client, number)
    assert [f'id="berkas-{act}"' in page for act in ("tanggapi", "tutup", "minta-keterangan", "terima")] == [
        True,
        True,
        False,
        False,
    ]
    assert send(client, number, photo(), act="minta-keterangan", text="Di mana?").status_code == HTTPStatus.SEE_OTHER
    assert stored_count(site) == 0


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("surat.pdf", b"%PDF-1.7 surat"), "surat.pdf: Pilih PDF di isian dokumen"),
        (("catatan.txt", b"bukan gambar"), "catatan.txt: Berkas ini tidak dapat diterima. Kirim foto"),
        (("rusak.jpg", picture()[:300]), "rusak.jpg: Berkas ini rusak"),
        (("besar.jpg", b"\0" * 8_000_001), "besar.jpg: Berkas terlalu besar"),
    ],
)
def test_a_wrong_file_is_told_and_nothing_is_lost(
    site: DeskSite, client: DeskClient, file: File, sentence: str
) -> None:
    """The text, the tick and the good picture stay; the answer is sent by the next press, without another upload."""
    number = site.send(1)
    answer = send(client, number, photo(), file, **{"foto-umum": "ya"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in text_of(answer)
    assert TEXT in answer.text
    assert 'name="foto-umum" value="ya" checked' in answer.text
    assert site.desk.published == []
    (kept,) = kept_ids(answer)
    assert send(client, number, foto=[kept]).status_code == HTTPStatus.SEE_OTHER
    assert [str(id_) for id_ in site.desk.published[0].pictures] == [kept]


def test_six_pictures(site: DeskSite, client: DeskClient) -> None:
    """Five are kept and the sixth is told, at once or after a preview; a cleared tick leaves one out."""
    number = site.send(1)
    preview = send(client, number, *(photo(side=50 + n) for n in range(4)), langkah="pratinjau")
    assert preview.status_code == HTTPStatus.OK
    kept = kept_ids(preview)
    assert len(kept) == 4
    answer = send(client, number, photo(side=60), photo("enam.jpg", 61), foto=kept)
    assert (answer.status_code, len(kept_ids(answer))) == (HTTPStatus.UNPROCESSABLE_ENTITY, 5)
    assert "enam.jpg: Paling banyak 5 berkas." in text_of(answer)
    assert send(client, number, photo("enam.jpg", 61), foto=kept_ids(answer)[1:]).status_code == HTTPStatus.SEE_OTHER
    assert len(site.desk.published[0].pictures) == 5
    six = send(client, number, *(photo(side=70 + n) for n in range(6)), text="Tambahan.")
    assert (six.status_code, len(kept_ids(six))) == (HTTPStatus.UNPROCESSABLE_ENTITY, 5)


def test_the_space_is_used_up(site: DeskSite, client: DeskClient) -> None:
    """The sentence says what to do; the answer goes without the picture."""
    number = site.send(1)
    site.parts.pictures._take_space = FileSpace((), 10, lambda: 0.0).take  # noqa: SLF001
    answer = send(client, number, photo())
    assert "sesudah.jpg: Tempat untuk berkas sedang penuh. Kirim tanggapan tanpa berkas" in text_of(answer)
    assert TEXT in answer.text
    assert send(client, number).status_code == HTTPStatus.SEE_OTHER


def test_a_picture_of_another_case_is_not_sent_and_not_shown(site: DeskSite, client: DeskClient) -> None:
    """Nor one of another institution: a form may name any id."""
    number, other = site.send(1), site.send(2, "Kemenkes, vaksin habis")
    (foreign,) = kept_ids(send(client, other, photo(), langkah="pratinjau"))
    answer = send(client, number, foto=[foreign])
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Foto yang dipilih tidak tersimpan lagi" in text_of(answer)
    assert (site.desk.published, kept_ids(answer)) == ([], [])
    assert client.get(f"/desk/laporan/{number}/berkas/{foreign}").status_code == HTTPStatus.NOT_FOUND
    assert client.get(f"/desk/laporan/{other}/berkas/{foreign}").status_code == HTTPStatus.OK
    site.actor = WAYAN
    assert client.get(f"/desk/laporan/{other}/berkas/{foreign}").status_code == HTTPStatus.NOT_FOUND


def test_a_picture_survives_a_conflict(site: DeskSite, client: DeskClient) -> None:
    """Another officer answered meanwhile: text, picture and readers stay, and the page offers to send them."""
    number = site.send(1)
    version = version_of(client, number)
    send(client, number, act="terima", text="")
    answer = send(client, number, photo(), versi=version, pembaca="pelapor", **{"foto-umum": "ya"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "1 foto ikut dikirim." in text_of(answer)
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("<main")[2])
    again = client.post(f"/desk/laporan/{number}/jawab", {**dict(fields), "isi": TEXT, "langkah": "kirim"})
    assert again.status_code == HTTPStatus.SEE_OTHER
    sent = site.desk.published[1]
    assert (len(sent.pictures), sent.pictures_public, sent.readers) == (1, True, "sender")


def test_the_preview_shows_the_text_about_the_picture(site: DeskSite, client: DeskClient) -> None:
    """And the room that is left beside it; a sender without SMS sees it on the own page."""
    number = site.send(1, channel="sms")
    without, with_picture = (send(client, number, *files, langkah="pratinjau") for files in ((), [photo()]))
    rooms = [int(re.findall(r"Sisa (\d+) karakter", page.text)[0]) for page in (without, with_picture)]
    assert rooms[0] - rooms[1] == len(" Ada foto di halaman laporan Anda.")
    assert f"{TEXT} Ada foto di halaman laporan Anda." in with_picture.text
    assert "Ada foto" not in without.text
    told = "Pelapor melihat foto Anda di halaman laporannya sendiri."
    assert [told in text_of(page) for page in (without, with_picture)] == [False, True]


def test_a_form_that_was_cut_off_sends_nothing(site: DeskSite, client: DeskClient) -> None:
    """What came is shown again, with the text."""
    number = site.send(1)
    head = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    fields = {"tindakan": "tanggapi", "versi": version_of(client, number), "isi": TEXT}
    body = "".join(head.format(*field) for field in fields.items())
    body += '--b\r\nContent-Disposition: form-data; name="berkas"; filename="a.jpg"\r\n\r\nsetengah'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = client.post(f"/desk/laporan/{number}/jawab", body.encode(), headers)  # type: ignore[arg-type]
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Kiriman terputus atau terlalu besar" in text_of(answer)
    assert TEXT in answer.text
    assert site.desk.published == []


@pytest.mark.parametrize("strange", [b"\0", b"\xed\xa0\x80", b"\xff", b"\x1b[2J"])
def test_strange_signs_in_a_form_with_files(site: DeskSite, client: DeskClient, strange: bytes) -> None:
    """NUL, half a surrogate pair, broken UTF-8 and control characters in any field make no page fail."""
    number = site.send(1)
    fields = {"tindakan": "tanggapi", "versi": version_of(client, number), "langkah": "kirim"}
    parts = [(name, (None, value.encode())) for name, value in fields.items()]
    parts += [(name, (None, b"Sudah" + strange)) for name in ("isi", "foto", "foto-umum", "lanjut", "tujuan")]
    answer = client.post(f"/desk/laporan/{number}/jawab", files=parts)
    # The picture that it names is none.
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    parts = [part for part in parts if part[0] != "foto"]
    assert client.post(f"/desk/laporan/{number}/jawab", files=parts).status_code == HTTPStatus.SEE_OTHER
    assert site.desk.published[0].text.startswith("Sudah")


def test_both_pictures_side_by_side(site: DeskSite, client: DeskClient) -> None:
    """They load only when the officer asks for them: each opening is recorded."""
    before = site.picture("sebelum", picture())
    number = site.send(1, attachments=[before])
    assert 'id="banding"' not in case_page(client, number)
    send(client, number, photo())
    site.desk.deliver()
    closed = case_page(client, number)
    assert "banding=ya#banding" in closed
    assert "<img" not in closed
    shown = re.findall(r'<img src="[^"]+/berkas/([^"?]+)', case_page(client, number, "banding=ya"))
    assert len(shown) == 2
    assert shown[0] == str(before.id)
    assert all(client.get(f"/desk/laporan/{number}/berkas/{id_}").status_code == HTTPStatus.OK for id_ in shown)


def test_the_next_institution_sees_the_picture_of_the_first(site: DeskSite, client: DeskClient) -> None:
    """As it reads the words; the first one does not see those of the next, and none of a confidential report."""
    number = site.send(1, rahasia=True)
    send(client, number, photo())
    site.desk.deliver()
    first = case_page(client, number)
    (own,) = re.findall(r"/berkas/([0-9a-f-]{36})", first)
    client.post(
        f"/desk/laporan/{number}/jawab",
        {"tindakan": "bukan-kewenangan", "isi": "Urusan listrik.", "tujuan": PLN, "versi": version_of(client, number)},
    )
    site.desk.deliver()
    assert client.get(f"/desk/laporan/{number}/berkas/{own}").status_code == HTTPStatus.NOT_FOUND
    site.actor = WAYAN
    assert own in case_page(client, number)
    assert client.get(f"/desk/laporan/{number}/berkas/{own}").status_code == HTTPStatus.OK
    send(client, number, photo(side=90), text="Kami tangani.")
    site.desk.deliver()
    second = case_page(client, number)
    assert len(set(re.findall(r"/berkas/([0-9a-f-]{36})", second))) == 2
    site.actor = SARI
    assert "/berkas/" not in case_page(client, number)


@pytest.mark.parametrize("agency", [HEALTH])
def test_a_large_form_goes_to_no_other_address(site: DeskSite, client: DeskClient, agency: str) -> None:
    """Only the form with files may be larger than a text."""
    number = site.send(1)
    assert site.actor
    assert site.actor.agency == agency
    large = [("isi", (None, "a" * 1_100_000))]
    assert client.post(f"/desk/laporan/{number}/catatan", files=large).status_code == 413
