"""One answer to many cases."""

from http import HTTPStatus

from desk.units.tiers import Tier
from tests.accounts.desk_client import DeskClient
from tests.desk.pages.page_requests import done, send_act, send_many, text_of
from tests.desk.pages.site import HEALTH, WAYAN, DeskSite, number_of

TEXT = "Listrik sudah menyala lagi."


def _many(site: DeskSite, count: int) -> list[str]:
    return [site.send(number, f"Kemenkes, vaksin habis {number}", channel="sms") for number in range(1, count + 1)]


def test_the_page_lists_what_it_touches_and_what_not(site: DeskSite, client: DeskClient) -> None:
    """With the reason for each case that it cannot touch; nothing is sent yet."""
    numbers = _many(site, 4)
    done(site, client, numbers[2], "tutup", "Sudah.")
    done(site, client, numbers[3], "bukan-kewenangan", "Bukan kami.", tujuan="bumn-pln")
    site.acts.clear()
    text = text_of(send_many(client, [*numbers, number_of(99)], tindakan="tutup", langkah="pratinjau", isi=TEXT))
    touched, _, untouched = text.partition("3 laporan tidak dapat dijawab")
    assert "2 laporan akan dijawab" in touched
    assert all(number in touched for number in numbers[:2])
    assert f"{numbers[2]} Antrean panjang Tindakan ini tidak mungkin lagi" in untouched
    assert f"{numbers[3]} Antrean panjang Laporan ini sudah tidak di instansi Anda." in untouched
    assert f"{number_of(99)} Laporan ini tidak ada di instansi Anda." in untouched
    assert f"Laporan {numbers[0]} selesai ditangani Kementerian Kesehatan: {TEXT}" in touched
    assert "Kirim ke 2 laporan" in touched
    assert (site.acts, site.desk.published) == ([], [])


def test_every_case_gets_the_answer_once(site: DeskSite, client: DeskClient) -> None:
    """The outcome names each case. The same form sent twice changes nothing, and says so."""
    numbers = _many(site, 3)
    form = [f"{number}:0" for number in numbers]
    send_act(client, numbers[1], "terima")
    first = text_of(send_many(client, form, tindakan="tanggapi", isi=TEXT, langkah="kirim"))
    assert "2 dari 3 laporan dijawab." in first
    assert f"{numbers[1]} Laporan ini berubah sejak Anda membukanya." in first
    assert f"{numbers[0]} terkirim" in first
    again = text_of(send_many(client, form, tindakan="tanggapi", isi=TEXT, langkah="kirim"))
    assert "0 dari 3 laporan dijawab." in again
    assert again.count("sudah tercatat") == 2
    published = [answer for answer in site.desk.published if answer.text == TEXT]
    assert {answer.complaint_id for answer in published} == {
        view.case.dispatch.complaint_id
        for number in (numbers[0], numbers[2])
        if (view := site.desk.officer_answers().case(Tier(HEALTH), number))
    }
    assert len(published) == 2


def test_a_version_of_many_digits_is_a_conflict(site: DeskSite, client: DeskClient) -> None:
    """Python reads at most 4,300 digits; a database takes far fewer."""
    number = site.send(1)
    for version in ("9" * 5_000, "9" * 20, "²"):
        answer = send_many(client, [f"{number}:{version}"], tindakan="tutup", isi=TEXT, langkah="kirim")
        assert (answer.status_code, "berubah sejak" in answer.text) == (HTTPStatus.OK, True)
    assert site.desk.published == []


def test_accepting_many_needs_no_text(site: DeskSite, client: DeskClient) -> None:
    """The text is left out, if one was typed."""
    numbers = _many(site, 2)
    answer = send_many(client, [f"{number}:0" for number in numbers], tindakan="terima", isi=TEXT, langkah="kirim")
    assert "2 dari 2 laporan dijawab." in answer.text
    assert [(item.verdict, item.text) for item in site.desk.published] == [("accepted", "")] * 2


def test_the_readers_of_the_answer_are_chosen_once_for_all(site: DeskSite, client: DeskClient) -> None:
    """The preview keeps the choice and says what it means for a case with joined citizens. Accepting has no readers."""
    numbers = _many(site, 2)
    site.send(8, "Sama di sini", of=1, kind="joins")
    form = [f"{number}:0" for number in numbers]
    typed = {"tindakan": "tanggapi", "isi": TEXT, "pembaca": "semua-pelapor"}
    preview = send_many(client, form, langkah="pratinjau", **typed)
    assert '<option value="semua-pelapor" selected>' in preview.text
    assert "Warga lain yang melaporkan hal ini membaca seluruh teks Anda" in text_of(preview)
    send_many(client, form, langkah="kirim", **typed)
    send_many(client, form, langkah="kirim", tindakan="terima", pembaca="semua-pelapor")
    assert {(answer.verdict, answer.readers) for answer in site.desk.published} == {("responded", "all-senders")}


def test_what_cannot_be_sent_is_told(site: DeskSite, client: DeskClient) -> None:
    """No choice, too many, no text, and a refusal of many at once."""
    numbers = _many(site, 1)
    nothing = send_many(client, [])
    assert (nothing.status_code, "Pilih laporan lebih dahulu" in nothing.text) == (422, True)
    too_many = send_many(client, [f"nomor{number}" for number in range(201)])
    assert "Paling banyak 200 laporan" in too_many.text
    without_text = send_many(client, [f"{numbers[0]}:0"], tindakan="tutup", langkah="kirim")
    assert (without_text.status_code, "Isi teks lebih dahulu." in without_text.text) == (422, True)
    send_many(client, [f"{numbers[0]}:0"], tindakan="bukan-kewenangan", isi="Bukan kami.", langkah="pratinjau")
    assert site.desk.published == []


def test_all_of_a_page_can_be_chosen(site: DeskSite, client: DeskClient) -> None:
    """A link checks all boxes."""
    numbers = _many(site, 3)
    page = client.get("/desk/laporan?pilih=semua").text
    assert all(f'name="nomor" value="{number}" checked' in page for number in numbers)
    assert " checked" not in client.get("/desk/laporan").text


def test_cases_of_another_agency_are_unknown(site: DeskSite, client: DeskClient) -> None:
    """As numbers that do not exist."""
    numbers = _many(site, 2)
    site.actor = WAYAN
    answer = send_many(client, [f"{number}:0" for number in numbers], tindakan="tutup", isi=TEXT, langkah="kirim")
    assert answer.status_code == HTTPStatus.OK
    assert "0 dari 2 laporan dijawab." in answer.text
    assert "Antrean panjang" not in answer.text
    assert (site.acts, site.desk.published) == ([], [])


def test_each_sender_reads_the_own_number(site: DeskSite, client: DeskClient) -> None:
    """A template is inserted behind what was typed. Its field becomes the number of each case, in the preview too."""
    numbers = _many(site, 2)
    client.post("/desk/templat", {"judul": "Nomor", "isi": "Laporan {nomor} kami tangani."})
    template_id = client.get("/desk/templat").text.partition('name="id" value="')[2].partition('"')[0]
    form = [f"{number}:0" for number in numbers]
    typed = send_many(client, form, tindakan="tanggapi", isi="Selamat pagi.", templat=template_id).text
    text = "Selamat pagi.\n\nLaporan {nomor} kami tangani."
    assert f">\n{text}</textarea>" in typed
    preview = send_many(client, form, tindakan="tanggapi", isi=text, langkah="pratinjau")
    assert f"Laporan {numbers[0]} kami tangani." in text_of(preview)
    assert f">\n{text}</textarea>" in preview.text
    assert site.desk.published == []
    assert "2 dari 2 laporan dijawab." in text_of(
        send_many(client, form, tindakan="tanggapi", isi=text, langkah="kirim")
    )
    sent = [answer.text for answer in site.desk.published]
    assert sent == [f"Selamat pagi.\n\nLaporan {number} kami tangani." for number in numbers]
