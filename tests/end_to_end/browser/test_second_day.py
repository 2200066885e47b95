"""A day of the whole service: citizens on four channels, officer, triage, coordinator and overseer in Chromium.

Sixty invented reports and a dozen conversations (`second_day.toml`) go through the real doors. Each person's clicks and
typed fields are counted. `SATUPINTU_TEST_PICTURES` names a folder for the table and for pictures of each page on three
screens; without it they go with the test's temporary files.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from accounts.permissions import Role
from app.clock import utc_now
from messages.gsm_alphabet import fits_one_sms
from messages.topics import TRIAGE
from tests.end_to_end.browser.conftest import DESK, PHONE, OpenPage
from tests.end_to_end.browser.counted_acts import Act, Album, CountedActs, tab_to
from tests.end_to_end.browser.day_service import Day, SentMessage, day_service
from tests.end_to_end.browser.pages import pick_region, press_check, reload_until
from tests.end_to_end.browser.test_sign_in import PASSWORD
from tests.ingest.web.forms import photo
from tests.support.databases import Databases
from tests.support.service import RunningService

pytestmark = pytest.mark.slow

_CITY = "kota-3374"
# Cases of talk that a person at triage has to close.
_MOST_NEEDLESS_CASES = 2
_MOST_CLICKS_OF_ANSWER = 3
_MOST_CLICKS_OF_REFUSAL = 4
_ACTS_OF_CLOSING_TEN = 2
_CLOSED_AT_ONCE = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the pictures and the table."""
    named = os.environ.get("SATUPINTU_TEST_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("second-day-pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def acts(folder: Path) -> Iterator[CountedActs]:
    """Acts of all persons. At the end their table is written and printed."""
    acts = CountedActs()
    yield acts
    (folder / "acts.txt").write_text(acts.table() + "\n")
    print(f"\n{acts.table()}")  # noqa: T201 - the table is a result


@pytest.fixture(scope="module")
def album(folder: Path) -> Album:
    """Pictures of the pages."""
    return Album(folder)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, process_databases: Databases) -> Iterator[Day]:
    """The service after all messages of the day."""
    home = tmp_path_factory.mktemp("second-day")
    with process_databases.settings(home) as values, day_service(home, **values) as day:
        yield day


@pytest.fixture(scope="module")
def service(day: Day) -> RunningService:
    """The service that the browser opens."""
    return day.service


def sign_in(page: Page, act: Act, email: str) -> None:
    """Sign in with a password."""
    page.goto("/desk/masuk")
    act.fill(page.get_by_label("Email", exact=True), email)
    act.fill(page.get_by_label("Kata sandi", exact=True), PASSWORD)
    act.click(page.get_by_role("button", name="Masuk"))


def open_case(page: Page, number: str, heading: str | None = None) -> None:
    """Open a case at the desk."""
    page.goto(f"/desk/laporan/{number}")
    if heading:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_clear_reports_lie_at_their_institution(day: Day) -> None:
    """What says what and where lies at the institution that a reader expects, and what says neither at triage."""
    holders = day.first_holders
    misplaced = [
        f"{message.text}: {holder.agency if (holder := holders.get(message.number)) else 'set aside'}"
        for message in day.reports
        if message.number not in holders or holders[message.number].agency not in message.written["held_by"]
    ]
    assert misplaced == []


def test_talk_is_no_case(day: Day) -> None:
    """Of talk that follows a report, or comes instead of one, hardly anything reaches triage as a case."""
    holders = day.first_holders
    cases = [
        (message.text, holder.agency)
        for message in day.talk
        if not message.is_report and (holder := holders.get(message.number)) and holder.is_own_case
    ]
    assert len([text for text, agency in cases if agency == TRIAGE]) <= _MOST_NEEDLESS_CASES, cases
    assert [text for text, agency in cases if agency != TRIAGE] == []
    unknown = [message.text for message in day.talk if message.is_report and message.number not in holders]
    assert unknown == []


def test_answers_by_sms_are_one_sms(day: Day) -> None:
    """Each answer of the door and each later SMS fits one segment, and none has a code of an institution in it."""
    texts = [*filter(None, day.answers), *(sent["Body"] for sent in day.twilio.sends)]
    assert len(texts) >= len(day.reports)
    assert [text for text in texts if not fits_one_sms(text) or re.search(r"\b(kota|kabupaten|bumn)-", text)] == []


def test_triage(day: Day, open_page: OpenPage, acts: CountedActs, album: Album) -> None:
    """A person with a second factor moves what is clear, and closes ten that are none in two acts."""
    page = open_page(DESK).page
    with acts.act("triage", "sign in with a second factor for the first time") as act:
        sign_in(page, act, day.invite(Role.TRIAGE, "Budi Santoso"))
        app = pyotp.TOTP(page.locator("p.code").inner_text().replace(" ", ""))
        act.fill(page.get_by_label("Ketik kode enam angka"), app.at(utc_now()))
        act.fill(page.get_by_label("Kata sandi Anda sekarang"), PASSWORD)
        act.click(page.get_by_role("button", name="Aktifkan"))
        act.click(page.get_by_role("link", name="Sudah saya simpan"))
    page.goto("/desk/triase")
    album.look(page, "triage-list")
    moved = [message for message in day.reports if "move_to" in message.written]
    for message in moved:
        with acts.act("triage", f"move to {message.written['move_to']}") as act:
            act.click(page.get_by_role("link", name=message.number))
            album.look(page, f"triage-case-{message.written['search'].replace(' ', '-')}")
            act.fill(page.get_by_label("Cari instansi"), message.written["search"])
            act.click(page.get_by_role("button", name="Cari", exact=True))
            act.click(page.locator(f"input[name=instansi][value={message.written['move_to']}]"))
            act.click(page.get_by_role("button", name="Teruskan", exact=True))
        expect(page.get_by_role("status")).to_contain_text("1 laporan diputuskan.")
        page.goto("/desk/triase")
    album.look(page, "triage-after-moving")
    day.settle()
    page.goto("/desk/triase")
    with acts.act("triage", "close ten that are no reports") as act:
        act.click(page.get_by_role("link", name="Pilih semua di halaman ini"))
        act.click(page.get_by_role("button", name="Isi pesan tidak dapat kami pahami"))
    done = page.get_by_role("status").inner_text()
    closed = re.search(r"(\d+) laporan ditutup tanpa diteruskan", done)
    assert closed, done
    assert int(closed[1]) >= _CLOSED_AT_ONCE
    assert act.clicks == _ACTS_OF_CLOSING_TEN
    album.look(page, "triage-closed")
    day.settle()
    holders = day.holders()
    assert [holders[message.number].agency for message in moved] == [message.written["move_to"] for message in moved]
    for name, path in (("set-aside", "/desk/disisihkan"), ("triage-done", "/desk/laporan?tab=selesai")):
        page.goto(path)
        album.look(page, name)
    assert album.new_faults() == []


def _case_of_city(day: Day, words: str) -> SentMessage:
    """Return the report at the city with these words."""
    holders = day.holders()
    return next(
        message
        for message in [*day.reports, *day.talk]
        if words in message.text and message.number in holders and holders[message.number].agency == _CITY
    )


def answer_by_template(page: Page, case: SentMessage, acts: CountedActs, album: Album) -> None:
    """Answer the case that is open."""
    with acts.act("officer", "answer by template") as act:
        act.click(page.locator("#tanggapi > summary"))
        act.click(page.locator("#tanggapi").get_by_role("button", name="Dijadwalkan"))
        album.look(page, "officer-answer")
        act.click(page.locator("#tanggapi").get_by_role("button", name="Kirim tanggapan"))
    expect(page.get_by_role("status").first).to_contain_text(f"Tanggapan atas laporan {case.number}")
    assert act.clicks <= _MOST_CLICKS_OF_ANSWER


def ask_for_a_number(page: Page, case: SentMessage, acts: CountedActs) -> None:
    """Ask the sender of a case."""
    open_case(page, case.number)
    with acts.act("officer", "ask the sender") as act:
        act.click(page.locator("#minta-keterangan > summary"))
        act.fill(page.locator("#isi-minta-keterangan"), "Mohon nomor surat keterangan rekam Anda.")
        act.click(page.locator("#minta-keterangan").get_by_role("button", name="Kirim pertanyaan"))


def close_with_preview(page: Page, case: SentMessage, acts: CountedActs, album: Album) -> None:
    """Close a case after a look at what its sender will read."""
    open_case(page, case.number)
    with acts.act("officer", "close with a result and a preview") as act:
        act.click(page.locator("#tutup > summary"))
        act.fill(page.locator("#isi-tutup"), "Pohon sudah dipotong dan jalan dibuka pukul 10.")
        act.click(page.locator("#tutup").get_by_role("button", name="Pratinjau"))
        album.look(page, "officer-preview")
        act.click(page.locator("#tutup").get_by_role("button", name="Tutup laporan"))


def refuse(page: Page, case: SentMessage, acts: CountedActs, album: Album) -> None:
    """Refuse a case and name the competent institution."""
    open_case(page, case.number, case.written["title"])
    with acts.act("officer", "refuse with the institution that is competent") as act:
        act.click(page.locator("#bukan-kewenangan > summary"))
        form = page.locator("#bukan-kewenangan")
        act.fill(form.get_by_label("Alasan"), "Jalan ini jalan nasional.")
        act.fill(form.get_by_label("Cari instansi yang berwenang"), "pekerjaan umum")
        act.click(form.get_by_role("button", name="Cari instansi"))
        album.look(page, "officer-refusal")
        act.click(form.get_by_role("radio", name="Kementerian Pekerjaan Umum", exact=True))
        act.click(form.get_by_role("button", name="Nyatakan bukan kewenangan"))
    expect(page.get_by_role("status").first).to_contain_text("dinyatakan bukan kewenangan instansi Anda")
    assert act.clicks <= _MOST_CLICKS_OF_REFUSAL


def test_officer(day: Day, open_page: OpenPage, acts: CountedActs, album: Album) -> None:
    """The officer searches, answers by template, asks, refuses, closes, answers several and prints."""
    page = open_page(DESK).page
    email = day.invite(Role.OFFICER, "Sari Dewi", _CITY)
    with acts.act("officer", "sign in") as act:
        sign_in(page, act, email)
        album.look(page, "officer-second-factor-offered")
        act.click(page.get_by_role("link", name="Nanti saja"))
    album.look(page, "officer-list")
    with acts.act("officer", "store a template") as act:
        act.click(page.get_by_role("link", name="Templat"))
        act.fill(page.get_by_label("Judul"), "Dijadwalkan")
        act.fill(page.get_by_label("Teks"), "Laporan {nomor} kami jadwalkan minggu ini. Terima kasih.")
        act.click(page.get_by_role("button", name="Simpan"))
    album.look(page, "officer-templates")

    lamp = _case_of_city(day, "lampu jln mati")
    with acts.act("officer", "search by words and open a case") as act:
        act.click(page.get_by_role("link", name="Laporan", exact=True))
        act.fill(page.get_by_label("Nomor laporan atau kata"), "kedungmundu")
        act.click(page.get_by_role("button", name="Tampilkan"))
        album.look(page, "officer-search")
        act.click(page.locator(".cases .heading"))
    expect(page.locator(".facts .number").first).to_have_text(lamp.number)
    album.look(page, "officer-case")
    answer_by_template(page, lamp, acts, album)
    road = _case_of_city(day, "Jalan Sriwijaya Baru")
    refuse(page, road, acts, album)
    ask_for_a_number(page, _case_of_city(day, "Saya rekam KTP"), acts)
    close_with_preview(page, _case_of_city(day, "Pohon tumbang"), acts, album)
    day.settle()
    page.goto("/desk/laporan?cari=lampu&pilih=semua")
    with acts.act("officer", "answer several by template") as act:
        act.click(page.get_by_role("button", name="Jawab yang dipilih bersama"))
        act.click(page.get_by_role("button", name="Dijadwalkan"))
        act.click(page.get_by_role("button", name="Pratinjau"))
        album.look(page, "officer-answer-several")
        act.click(page.get_by_role("button", name=re.compile(r"Kirim ke \d+ laporan")))
    album.look(page, "officer-several-answered")
    page.goto("/desk/laporan?tab=selesai&pilih=semua")
    with acts.act("officer", "print chosen cases") as act:
        act.click(page.get_by_role("button", name="Cetak yang dipilih"))
    album.look(page, "officer-print")
    day.settle()
    sent = [fields["Body"] for fields in day.twilio.sends]
    assert any(f"{lamp.number}" in text and "kami jadwalkan minggu ini" in text for text in sent), sent
    assert any("Pohon sudah dipotong" in text for text in sent), sent
    assert day.holders()[road.number].agency == "kementerian-kemenpu"
    assert album.new_faults() == []


def test_coordinator(day: Day, open_page: OpenPage, acts: CountedActs, album: Album) -> None:
    """The coordinator invites an officer and hands a case to them and to a unit."""
    page = open_page(DESK).page
    colleague = day.invite(Role.OFFICER, "Tono Wibowo", _CITY)
    with acts.act("coordinator", "sign in") as act:
        sign_in(page, act, day.invite(Role.COORDINATOR, "Wulan Ayu", _CITY))
        act.click(page.get_by_role("link", name="Nanti saja"))
    with acts.act("coordinator", "invite an officer") as act:
        act.click(page.get_by_role("link", name="Akun"))
        act.fill(page.get_by_label("Nama", exact=True), "Dewi Lestari")
        act.fill(page.get_by_label("Email", exact=True), "dewi@contoh.example")
        act.click(page.get_by_role("button", name="Buat undangan"))
    album.look(page, "coordinator-invitation")
    page.goto("/desk/akun")
    expect(page.get_by_text(colleague)).to_be_visible()
    album.look(page, "coordinator-accounts")
    puskesmas = _case_of_city(day, "Puskesmas Ngaliyan")
    open_case(page, puskesmas.number)
    with acts.act("coordinator", "hand a case to an officer and a unit") as act:
        act.choose(page.get_by_label("Petugas", exact=True), "Tono Wibowo")
        act.click(page.get_by_role("button", name="Serahkan"))
        act.click(page.get_by_text("Teruskan ke unit", exact=True))
        act.fill(page.get_by_label("Nama unit, dinas atau OPD"), "Dinas Kesehatan")
        act.click(page.get_by_role("button", name="Teruskan ke unit ini"))
    expect(page.locator("#di-dalam")).to_contain_text("Unit: Dinas Kesehatan.")
    album.look(page, "coordinator-case")
    page.goto("/desk/unit")
    album.look(page, "coordinator-units")
    assert album.new_faults() == []


def test_overseer(day: Day, open_page: OpenPage, acts: CountedActs, album: Album) -> None:
    """The overseer goes from a figure to its cases, reads one with a reason and recommends; by keyboard to the list."""
    page = open_page(DESK).page
    with acts.act("overseer", "sign in") as act:
        sign_in(page, act, day.invite(Role.OVERSEER, "Ratna Sari"))
        album.look(page, "overseer-after-sign-in")
        if page.get_by_role("link", name="Nanti saja").count():
            act.click(page.get_by_role("link", name="Nanti saja"))
    page.goto("/pengawasan")
    album.look(page, "overseer-nation")
    page.goto(f"/pengawasan/instansi/{_CITY}")
    album.look(page, "overseer-city")
    cases = page.get_by_role("row", name="Kasus yang masih terbuka").get_by_role("link").first
    number_of_cases = cases.inner_text()
    assert tab_to(page, number_of_cases)
    with acts.act("overseer", "read a case behind a figure with a reason") as act:
        act.click(cases)
        album.look(page, "overseer-list")
        act.click(page.locator("a.number").first)
        act.click(page.get_by_label("Evaluasi instansi"))
        act.fill(page.get_by_label("Penjelasan singkat"), "Contoh hari ini")
        album.look(page, "overseer-reason")
        act.click(page.get_by_role("button", name="Catat alasan dan buka laporan"))
    album.look(page, "overseer-case")
    with acts.act("overseer", "recommend") as act:
        act.click(page.get_by_role("link", name="Tulis rekomendasi"))
        act.choose(page.get_by_label("Jenis rekomendasi"), "Percepat penanganan")
        act.fill(page.get_by_label("Isi rekomendasi"), "Mohon dijawab minggu ini.")
        act.click(page.get_by_role("button", name="Kirim rekomendasi"))
    expect(page.get_by_text("Rekomendasi Anda terkirim")).to_be_visible()
    album.look(page, "overseer-recommended")
    assert album.new_faults() == []


def report_on_a_phone(citizen: Page, acts: CountedActs, album: Album) -> str:
    """Fill in the form with place and picture, send it from the recap, and return the number of the report."""
    citizen.goto("/")
    album.look(citizen, "citizen-start")
    with acts.act("citizen", "report with place and picture") as act:
        citizen.goto("/lapor")
        album.look(citizen, "citizen-form")
        act.fill(citizen.get_by_label("Isi laporan"), "Tutup selokan hilang di depan sekolah, anak-anak bisa jatuh.")
        for level, code in (("province", "33"), ("city", "33.74"), ("district", "33.74.11")):
            pick_region(citizen, level, code, scripts=True)
            act.clicks += 2
        act.fill(citizen.get_by_label("Alamat atau patokan"), "Depan SD Srondol")
        citizen.set_input_files("#files", {"name": "selokan.jpg", "mimeType": "image/jpeg", "buffer": photo()})
        act.clicks += 2
        press_check(citizen)
        citizen.locator("#kirim").wait_for()
        album.look(citizen, "citizen-recap")
        act.click(citizen.get_by_role("button", name="Kirim laporan"))
        act.clicks += 1
    album.look(citizen, "citizen-receipt")
    return citizen.locator(".number.big").inner_text()


def test_citizen(day: Day, open_page: OpenPage, acts: CountedActs, album: Album) -> None:
    """A citizen reports on a phone, reads the result, says that it is not solved, then that it is, and rates."""
    citizen, officer = open_page(PHONE).page, open_page(DESK).page
    number = report_on_a_phone(citizen, acts, album)
    citizen.get_by_role("link", name="Buka halaman Anda").click()
    reload_until(citizen, lambda: "Diteruskan ke" in citizen.inner_text("main"))
    album.look(citizen, "citizen-own-page")
    with acts.act("officer", "close the case of the citizen") as act:
        sign_in(officer, act, day.invite(Role.OFFICER, "Gita Kirana", _CITY))
        day.settle()
        open_case(officer, number)
        album.look(officer, "officer-case-with-picture")
        act.click(officer.locator("#tutup > summary"))
        act.fill(officer.locator("#isi-tutup"), "Tutup selokan sudah dipasang.")
        act.click(officer.locator("#tutup").get_by_role("button", name="Tutup laporan"))
    reload_until(citizen, lambda: "Tutup selokan sudah dipasang." in citizen.inner_text("main"))
    album.look(citizen, "citizen-closed")
    with acts.act("citizen", "say that it is not solved") as act:
        act.click(citizen.get_by_text("Belum selesai", exact=True))
        act.fill(citizen.get_by_label("Apa yang belum selesai?"), "Baru satu dari tiga yang dipasang.")
        act.click(citizen.get_by_role("button", name="Kirim: belum selesai"))
    album.look(citizen, "citizen-objection-sent")
    reload_until(citizen, lambda: "Baru satu dari tiga" in citizen.inner_text("main"))
    day.settle()
    citizen.reload()
    album.look(citizen, "citizen-reopened")
    open_case(officer, number)
    album.look(officer, "officer-reopened")
    with acts.act("officer", "close the case again") as act:
        act.click(officer.locator("#tutup > summary"))
        act.fill(officer.locator("#isi-tutup"), "Ketiga tutup selokan sudah dipasang.")
        act.click(officer.locator("#tutup").get_by_role("button", name="Tutup laporan"))
    reload_until(citizen, lambda: "Ketiga tutup" in citizen.inner_text("main"))
    with acts.act("citizen", "confirm and rate") as act:
        act.click(citizen.get_by_role("button", name="Sudah beres"))
        reload_until(citizen, lambda: "Anda menyatakan sudah beres." in citizen.inner_text("main"))
        act.click(citizen.get_by_text("Beri nilai", exact=True))
        act.click(citizen.locator("label[for=nilai-4]"))
        act.click(citizen.get_by_role("button", name="Kirim nilai"))
    reload_until(citizen, lambda: "Anda memberi nilai 4 dari 5." in citizen.inner_text("main"))
    # Nobody is asked again what they have said.
    expect(citizen.get_by_text("Apakah masalahnya sudah beres?")).to_have_count(0)
    album.look(citizen, "citizen-rated")
    citizen.goto(f"/status/{number}")
    album.look(citizen, "citizen-status")
    assert album.new_faults() == []


def test_nothing_is_lost(day: Day) -> None:
    """After all acts the audit names no difference, and nothing waits."""
    audit = day.service.audit()
    assert (audit.pending, audit.as_json()["differences"]) == (0, [])
