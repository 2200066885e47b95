"""The forms of the acts: what is sent, what is refused, and where the officer goes on."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from accounts.permissions import actor_label
from desk.pages.case.act_slugs import READERS_BY_NAME
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import case_page, done, form_id_of, send_act, text_of, version_of
from tests.desk.pages.site import BUDI, HEALTH, PLN, SARI, DeskSite

LONG = (
    "Mohon sebutkan nama puskesmas, hari dan jam ketika Anda datang, dan siapa nama petugas yang Anda temui di sana. "
    * 2
)


@pytest.mark.parametrize(
    ("act", "text", "verdict"),
    [
        ("terima", "", "accepted"),
        ("tanggapi", "Petugas sudah datang.", "responded"),
        ("minta-keterangan", "Puskesmas mana?", "asked"),
        ("bukan-kewenangan", "Ini urusan listrik.", "refused"),
        ("tutup", "Sudah dibuka lagi.", "closed"),
    ],
)
def test_each_act_publishes_its_answer(site: DeskSite, client: DeskClient, act: str, text: str, verdict: str) -> None:
    """Signed with the name of the officer, after a row in the audit log; a redirect follows."""
    number = site.send(1)
    answer = send_act(client, number, act, text, tujuan=PLN if act == "bukan-kewenangan" else "")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    ((published),) = site.desk.published
    assert (published.verdict, published.text, published.actor) == (verdict, text, "Sari Dewi")
    assert published.suggested_agency == (PLN if verdict == "refused" else None)
    assert [(row[0], row[2]) for row in site.acts] == [(f"desk.{_ACTIONS[verdict]}", actor_label(SARI))]
    assert number in text_of(client.get(answer.headers["Location"]))


_ACTIONS = {"accepted": "accept", "responded": "respond", "asked": "ask", "refused": "refuse", "closed": "close"}


def test_the_officer_goes_on_in_the_same_list(site: DeskSite, client: DeskClient) -> None:
    """To the next case of the filter, to the list, or to the same case; after the last case to the list."""
    numbers = [site.send(number, f"Kemenkes, vaksin habis {number}") for number in (1, 2, 3)]
    site.send(4, "Kemenkes, antrean panjang")
    shown = client.get("/desk/laporan?cari=vaksin").text
    first, second, third = sorted(numbers, key=shown.index)

    def goes_to(number: str, choice: str) -> str:
        answer = send_act(client, number, "terima", query="tab=baru&cari=vaksin", lanjut=choice)
        address, _, fragment = answer.headers["Location"].partition("#")
        assert fragment == "isi"
        assert "cari=vaksin" in address
        return address.partition("?")[0]

    assert goes_to(first, "berikutnya") == f"/desk/laporan/{second}"
    assert goes_to(second, "laporan") == f"/desk/laporan/{second}"
    assert goes_to(third, "berikutnya") == "/desk/laporan"


def test_the_page_after_an_act_tells_what_is_stored(site: DeskSite, client: DeskClient) -> None:
    """While the bus is away, the act waits, and the page and the list say so."""
    number = site.send(1)
    site.bus_is_away = True
    page = client.get(send_act(client, number, "terima", lanjut="daftar").headers["Location"])
    text = text_of(page)
    assert f"Laporan {number} diterima untuk dikerjakan." in text
    assert "dikirim segera setelah sistem pusat dapat dihubungi" in text
    assert "sedang dikirim" in text
    case = text_of(client.get(f"/desk/laporan/{number}"))
    assert "menerima laporan ini untuk dikerjakan. sedang dikirim" in case
    assert "Dikerjakan sisa 7 hari" in case
    site.actor = SARI
    assert "diterima" not in text_of(client.get("/desk/laporan?hasil=00000000-0000-0000-0000-000000000001"))


@pytest.mark.parametrize("act", ["tanggapi", "minta-keterangan", "bukan-kewenangan", "tutup"])
def test_an_act_needs_its_text(site: DeskSite, client: DeskClient, act: str) -> None:
    """The page is shown again with the form open."""
    number = site.send(1)
    answer = send_act(client, number, act, " \r\n ")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f'<details class="act" id="{act}" open>' in answer.text
    assert "Isi teks lebih dahulu." in answer.text
    assert (site.desk.published, site.acts) == ([], [])


def test_the_preview_is_the_sms_as_it_will_be(site: DeskSite, client: DeskClient) -> None:
    """Nothing is sent, and the text stays in the form."""
    number = site.send(1, channel="sms")
    answer = send_act(client, number, "tanggapi", "Puskesmas buka lagi.", langkah="pratinjau")
    text = text_of(answer)
    assert f"Laporan {number} ditanggapi Kementerian Kesehatan: Puskesmas buka lagi." in text
    assert "Sisa 83 karakter." in text
    assert ">\nPuskesmas buka lagi.</textarea>" in answer.text
    assert (site.desk.published, site.acts) == ([], [])


@pytest.mark.parametrize(
    ("readers", "notices"),
    [
        ("", ("membaca teks Anda di halamannya. Nama", "semua orang membaca teks Anda mulai besok")),
        ("semua-pelapor", ("membaca seluruh teks Anda di halamannya", "semua orang membaca teks Anda mulai besok")),
        ("pelapor", ("hanya diberi tahu bahwa ada tanggapan",)),
    ],
)
def test_an_officer_chooses_who_reads_an_answer(
    site: DeskSite, client: DeskClient, readers: str, notices: tuple[str, ...]
) -> None:
    """The preview says what joined citizens and everybody read, and keeps the choice. The answer carries it."""
    number = site.send(1, "Kemenkes, obat habis")
    site.send(2, "Sama di sini", of=1, kind="joins")
    preview = send_act(client, number, "tanggapi", "Obat datang.", langkah="pratinjau", pembaca=readers)
    all_notices = (
        "membaca teks Anda di halamannya. Nama",
        "membaca seluruh teks Anda di halamannya",
        "semua orang membaca teks Anda mulai besok",
        "hanya diberi tahu bahwa ada tanggapan",
    )
    assert tuple(notice for notice in all_notices if notice in text_of(preview)) == notices
    chosen = preview.text.partition('id="pembaca-tanggapi"')[2].partition("</select>")[0]
    assert (f'value="{readers}" selected' in chosen) == bool(readers)
    send_act(client, number, "tanggapi", "Obat datang.", pembaca=readers)
    assert site.desk.published[-1].readers == READERS_BY_NAME[readers]


def test_readers_belong_to_an_answer(site: DeskSite, client: DeskClient) -> None:
    """A question has no choice of readers, and one that a program adds does not count."""
    number = site.send(1)
    page = case_page(client, number)
    assert 'id="pembaca-tutup"' in page
    assert 'id="pembaca-minta-keterangan"' not in page
    send_act(client, number, "minta-keterangan", "Di mana?", pembaca="semua-pelapor")
    assert site.desk.published[-1].readers == ""


def test_a_question_must_fit_the_sms(site: DeskSite, client: DeskClient) -> None:
    """A question that would be cut is not sent; the page says by how much, and keeps the text."""
    number = site.send(1, channel="sms")
    assert "paling banyak 104 karakter" in case_page(client, number)
    answer = send_act(client, number, "minta-keterangan", LONG)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f"kurangi {len(LONG.strip()) - 104} karakter" in answer.text
    assert LONG.strip() in answer.text
    assert site.desk.published == []
    assert send_act(client, number, "minta-keterangan", "a" * 104).status_code == HTTPStatus.SEE_OTHER


def test_the_second_officer_sees_what_the_first_did(site: DeskSite, client: DeskClient) -> None:
    """With the own text kept, and a way to send it all the same."""
    number = site.send(1)
    version = version_of(client, number)
    site.actor = BUDI
    send_act(client, number, "tanggapi", "Sudah saya jawab.", versi=version)
    site.actor = SARI
    answer = send_act(client, number, "tutup", "Sudah dibuka lagi.", versi=version)
    assert answer.status_code == HTTPStatus.CONFLICT
    text = text_of(answer)
    shown = (
        "berubah sejak Anda membukanya",
        "Sudah saya jawab.",
        "oleh Budi Santoso",
        "Sudah dibuka lagi.",
        "Tetap kirim",
    )
    assert [part for part in shown if part not in text] == []
    assert [item.actor for item in site.desk.published] == ["Budi Santoso"]
    assert send_act(client, number, "tutup", "Sudah dibuka lagi.", versi="1").status_code == HTTPStatus.SEE_OTHER
    assert [item.verdict for item in site.desk.published] == ["responded", "closed"]


def test_a_message_of_the_sender_is_a_change_too(site: DeskSite, client: DeskClient) -> None:
    """The officer reads it before the answer is sent."""
    number = site.send(1)
    version = version_of(client, number)
    site.send(2, "Sudah buka, terima kasih", of=1, kind="repeat")
    answer = send_act(client, number, "tanggapi", "Kami periksa.", versi=version)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Sudah buka, terima kasih" in answer.text


def test_what_comes_twice_or_too_late_is_told(site: DeskSite, client: DeskClient) -> None:
    """Nothing is sent again; the text is shown to be copied."""
    number = site.send(1)
    version = version_of(client, number)
    send_act(client, number, "tutup", "Sudah dibuka.", versi=version)
    twice = send_act(client, number, "tutup", "Sudah dibuka.", versi=version)
    assert (twice.status_code, "sudah tercatat" in twice.text) == (HTTPStatus.CONFLICT, True)
    late = send_act(client, number, "bukan-kewenangan", "Ini urusan listrik.", versi="1")
    assert "Tindakan ini tidak mungkin lagi" in late.text
    assert "Ini urusan listrik." in late.text
    assert "Tetap kirim" not in late.text
    preview = send_act(client, number, "bukan-kewenangan", "Ini urusan listrik.", versi="1", langkah="pratinjau")
    assert "Ini urusan listrik." in preview.text
    assert len(site.desk.published) == 1


def test_a_refused_case_can_be_read_and_not_answered(site: DeskSite, client: DeskClient) -> None:
    """It is at the institution that the refusal named; an old form of the former agency changes nothing."""
    number = site.send(1)
    done(site, client, number, "bukan-kewenangan", "Ini urusan listrik.", tujuan=PLN)
    text = text_of(client.get(f"/desk/laporan/{number}"))
    assert "Laporan ini sudah tidak di instansi Anda." in text
    assert "menunjuk PT PLN (Persero)" in text
    assert "Tindakan" not in text
    answer = send_act(client, number, "tutup", "Selesai.", versi="1")
    assert "sudah tidak di instansi Anda" in answer.text
    assert client.post(f"/desk/laporan/{number}/identitas", {"alasan": "Perlu"}).status_code == 422


def test_a_refusal_shows_where_the_report_goes(site: DeskSite, client: DeskClient) -> None:
    """Institutions are searched by name, also by acronym. The reason that was typed before stays."""
    number = site.send(1)

    def search(words: str) -> str:
        answer = send_act(client, number, "bukan-kewenangan", "Ini urusan listrik.", langkah="cari", instansi=words)
        assert ">\nIni urusan listrik.</textarea>" in answer.text
        _, form = answer.text.split('<details class="act" id="bukan-kewenangan" open>')
        return form.partition("</details>")[0]

    page = search("pln")
    assert f'name="tujuan" value="{PLN}"' in page
    assert "PT PLN (Persero)" in page
    assert "Berikutnya: " in page
    assert f'name="tujuan" value="{HEALTH}"' not in search("kementerian")
    assert "Tidak ada instansi yang cocok." in search("xyz")
    assert (site.desk.published, site.acts) == ([], [])
    answer = send_act(client, number, "bukan-kewenangan", "Bukan kami.", tujuan="tidak-ada")
    assert "Instansi yang dipilih tidak menerima laporan." in answer.text


def test_notes_and_units_stay_inside(site: DeskSite, client: DeskClient) -> None:
    """They are on the page, recorded, and nothing is published. A form sent twice is one note."""
    number = site.send(1)
    note = {"isi": "Kepala puskesmas sakit.", "formulir": form_id_of(case_page(client, number))}
    for _ in range(2):
        answer = client.post(f"/desk/laporan/{number}/catatan", note)
        assert answer.headers["Location"].endswith("#di-dalam")
        client.post(f"/desk/laporan/{number}/unit", {"unit": "Dinas  Kesehatan", "alasan": "Mohon dicek"})
        client.post(f"/desk/laporan/{number}/petugas", {"akun": str(BUDI.account_id)})
    client.post(f"/desk/laporan/{number}/petugas", {"akun": "00000000-0000-0000-0000-0000000000ff"})
    page = case_page(client, number)
    text = text_of(client.get(f"/desk/laporan/{number}"))
    assert page.count("Kepala puskesmas sakit.") == 1
    assert "Sari Dewi meneruskan ke Dinas Kesehatan. Mohon dicek" in text
    assert "Unit: Dinas Kesehatan. Dipegang Budi Santoso." in text
    assert [row[0] for row in site.acts] == ["desk.note", "desk.assign", "desk.assign"]
    assert site.desk.published == []
    assert 'href="/desk/laporan?tab=dikerjakan&amp;unit=Dinas+Kesehatan"' in client.get("/desk/unit").text


def test_another_note_and_another_message_are_stored(site: DeskSite, client: DeskClient) -> None:
    """A second equal note, from a new form, too. A note that is too long is shown again, and not cut."""
    number = site.send(1)
    for _ in range(2):
        form_id = form_id_of(case_page(client, number))
        client.post(f"/desk/laporan/{number}/catatan", {"isi": "Ditelepon, tidak diangkat.", "formulir": form_id})
    for message in ("Mohon dicek", "Mohon dicek hari ini", "Mohon dicek hari ini"):
        site.later += timedelta(minutes=1)
        client.post(f"/desk/laporan/{number}/unit", {"unit": "Dinas Kesehatan", "alasan": message})
    assert case_page(client, number).count("Ditelepon, tidak diangkat.") == 2
    assert [row[0] for row in site.acts] == ["desk.note"] * 2 + ["desk.assign"] * 2
    long_note = "Catatan panjang. " * 600
    answer = client.post(f"/desk/laporan/{number}/catatan", {"isi": long_note})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Teks terlalu panjang: paling banyak 10000 karakter." in answer.text
    assert f">\n{long_note.strip()}</textarea>" in answer.text
    assert long_note.strip() not in case_page(client, number)


def test_templates_fill_an_answer(site: DeskSite, client: DeskClient) -> None:
    """An officer writes one, inserts it behind what was typed, changes and removes it. It may name the report."""
    number = site.send(1)
    assert client.post("/desk/templat", {"judul": "Terima kasih", "isi": ""}).status_code == 422
    template = {"judul": "Terima kasih", "isi": "Terima kasih atas laporan {nomor}."}
    template["formulir"] = form_id_of(client.get("/desk/templat").text)
    for _ in range(2):
        client.post("/desk/templat", template)
    page = client.get("/desk/templat").text
    assert page.count("Terima kasih atas laporan {nomor}.") == 1
    template_id = page.partition('name="id" value="')[2].partition('"')[0]
    assert f'name="templat" value="{template_id}"' in case_page(client, number)
    filled = send_act(client, number, "tanggapi", "Selamat pagi.", templat=template_id).text
    assert f">\nSelamat pagi.\n\nTerima kasih atas laporan {number}.</textarea>" in filled
    assert site.desk.published == []
    client.post("/desk/templat", {"id": template_id, "judul": "Terima kasih", "isi": "Kami periksa."})
    assert "Kami periksa." in client.get(f"/desk/templat?ubah={template_id}").text
    client.post("/desk/templat", {"id": template_id, "langkah": "hapus"})
    assert "Belum ada templat." in client.get("/desk/templat").text
