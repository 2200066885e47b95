"""An officer at the agency's desk in a real browser: on small phones, without scripts, by keyboard, in the dark."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from messages.shapes import Suggestion
from tests.desk.harness import DeskHarness
from tests.desk.pages.site import BUDI, SARI, DeskSite
from tests.end_to_end.browser.conftest import DESK, PHONE
from tests.end_to_end.browser.pages import WatchedPage, accessibility_faults, cut_options, pixels_too_wide
from tests.ingest.door_client import DoorServer
from tests.router.test_linked import id_of

_SMALL_PHONE = {"width": 320, "height": 640}
# More than the links, fields and buttons of the longest page.
_MAX_TABS = 150
_FOCUSED = """() => { const at = document.activeElement; const style = getComputedStyle(at);
    return [at.id || at.innerText.trim(), style.outlineStyle !== 'none' || at.type === 'radio']; }"""


class OpenDesk(Protocol):
    """Opens the desk in a browser of its own."""

    def __call__(self, size: dict[str, int] = ..., *, scripts: bool = True, **options: Any) -> Page:
        """`options` are Playwright's for a context."""
        ...


@pytest.fixture
def site(engine: Engine, now: Callable[[], datetime]) -> DeskSite:
    """The agency's pages with five cases whose deadline has passed."""
    site = DeskSite(DeskHarness(engine, now))
    site.send(1, "Kemenkes, lampu puskesmas padam", title="Lampu padam", channel="sms")
    site.send(2, "Kemenkes, puskesmas tutup", title="Pintu terkunci", channel="sms")
    for number in (3, 4, 5):
        site.send(number, f"Kemenkes, vaksin habis {number}", title=f"Vaksin habis {number}", channel="sms")
    site.later = timedelta(days=30)
    return site


@pytest.fixture
def open_desk(chromium: Browser, site: DeskSite) -> Iterator[OpenDesk]:
    """Return a function that opens the desk. At the end, no page may have broken the policy."""
    opened: list[WatchedPage] = []
    server = DoorServer()
    server.app = site.app
    with server.serving(), ExitStack() as stack:

        def start(size: dict[str, int] = PHONE, *, scripts: bool = True, **options: Any) -> Page:
            context = chromium.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                java_script_enabled=scripts,
                base_url=f"http://127.0.0.1:{server.port}",
                **options,
            )
            stack.callback(context.close)
            opened.append(WatchedPage(context.new_page()))
            opened[-1].page.goto("/desk")
            return opened[-1].page

        yield start
        assert [fault for watched in opened for fault in watched.faults] == []


def open_case(page: Page, tab: str, title: str) -> None:
    """Open a case of a tab."""
    page.goto("/desk/laporan")
    page.get_by_role("link", name=tab).click()
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert pixels_too_wide(page) == 0


def open_act(page: Page, act: str) -> Any:
    """Unfold the form of an act, and return it."""
    page.locator(f"#{act} > summary").click()
    assert pixels_too_wide(page) == 0
    return page.locator(f"#{act}")


@pytest.mark.slow
def test_an_officer_works_without_scripts(site: DeskSite, open_desk: OpenDesk) -> None:
    """Refuse the overdue case to the right institution, ask, hand to a unit, answer, close, and answer many."""
    page = open_desk(_SMALL_PHONE, scripts=False)
    expect(page.get_by_role("link", name="Baru")).to_have_attribute("aria-current", "page")

    open_case(page, "Lewat tenggat", "Lampu padam")
    expect(page.locator(".due.late")).to_be_visible()
    act = open_act(page, "bukan-kewenangan")
    act.get_by_label("Cari instansi yang berwenang").fill("listrik negara")
    act.get_by_role("button", name="Cari instansi").click()
    act = page.locator("#bukan-kewenangan")
    act.get_by_label("PT PLN (Persero)").check()
    act.get_by_label("Alasan").fill("Aliran listrik adalah urusan PLN.")
    act.get_by_role("button", name="Nyatakan bukan kewenangan").click()
    # The next case of the same list.
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Lampu padam")
    expect(page.get_by_role("status")).to_contain_text("dinyatakan bukan kewenangan instansi Anda")
    site.desk.deliver()

    open_case(page, "Lewat tenggat", "Pintu terkunci")
    act = open_act(page, "minta-keterangan")
    act.get_by_label("Pertanyaan kepada pelapor").fill("Puskesmas mana yang tutup?")
    act.get_by_role("button", name="Kirim pertanyaan").click()
    site.desk.deliver()
    open_case(page, "Menunggu pelapor", "Pintu terkunci")
    page.get_by_text("Teruskan ke unit", exact=True).click()
    page.get_by_label("Nama unit, dinas atau OPD").fill("Dinas Kesehatan")
    page.get_by_role("button", name="Teruskan ke unit ini").click()
    expect(page.locator("#di-dalam")).to_contain_text("Unit: Dinas Kesehatan.")
    act = open_act(page, "tutup")
    assert cut_options(page) == []
    act.get_by_label("Hasil penanganan").fill("Puskesmas sudah buka lagi.")
    act.get_by_role("button", name="Pratinjau").click()
    act = page.locator("#tutup")
    expect(act.locator(".sms").first).to_contain_text(
        "selesai ditangani Kementerian Kesehatan: Puskesmas sudah buka lagi."
    )
    act.get_by_role("button", name="Tutup laporan").click()
    site.desk.deliver()
    open_case(page, "Selesai", "Pintu terkunci")

    page.goto("/desk/laporan?cari=vaksin&pilih=semua")
    assert pixels_too_wide(page) == 0
    page.get_by_role("button", name="Jawab yang dipilih bersama").click()
    page.get_by_label("Teks untuk semua pelapor").fill("Vaksin sudah tersedia.")
    page.get_by_role("button", name="Pratinjau").click()
    assert pixels_too_wide(page) == 0
    page.get_by_role("button", name="Kirim ke 3 laporan").click()
    expect(page.get_by_role("status")).to_have_text("3 dari 3 laporan dijawab.")
    assert [answer.verdict for answer in site.desk.published] == ["responded"] * 3


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this id or text has the focus, which must be visible on the way."""
    for _ in range(_MAX_TABS):
        page.keyboard.press("Tab")
        focused, is_visible = page.evaluate(_FOCUSED)
        assert is_visible, focused
        if focused == name:
            return
    pytest.fail(f"{name} cannot be reached by Tab")


@pytest.mark.slow
def test_an_officer_works_by_keyboard(site: DeskSite, open_desk: OpenDesk) -> None:
    """From the list to the answer, with a focus that can be seen at each step."""
    page = open_desk(DESK)
    tab_to(page, "Langsung ke isi")
    page.keyboard.press("Enter")
    tab_to(page, "Pintu terkunci")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pintu terkunci")
    tab_to(page, "Tanggapi")
    page.keyboard.press("Enter")
    tab_to(page, "isi-tanggapi")
    page.keyboard.type("Petugas sudah datang.")
    tab_to(page, "Kirim tanggapan")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Tanggapan atas laporan")
    assert [answer.text for answer in site.desk.published] == ["Petugas sudah datang."]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(site: DeskSite, open_desk: OpenDesk, scheme: str) -> None:
    """Axe finds nothing serious on any page, with all parts unfolded, in both colour schemes."""
    picture = site.picture("a", b"x")
    number = site.send(6, "Kemenkes, obat habis", attachments=(picture,), channel="sms")
    site.send(7, "Sama", of=6, kind="joins")
    page = open_desk(PHONE, color_scheme=scheme)
    case = f"/desk/laporan/{number}"
    site.actor = BUDI
    page.request.post(
        f"{case}/jawab",
        form={"tindakan": "tanggapi", "isi": "Kami periksa.", "versi": "0", "langkah": "kirim"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    site.actor = SARI
    page.goto("/desk/templat")
    page.get_by_label("Judul").fill("Salam")
    page.get_by_label("Teks").fill("Terima kasih atas laporan Anda.")
    page.get_by_role("button", name="Simpan").click()

    def check() -> None:
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        assert accessibility_faults(page) == [], page.url
        assert pixels_too_wide(page) == 0, page.url

    for address in (
        "/desk/laporan",
        "/desk/laporan?ditolak=1",
        f"{case}?tindakan=bukan-kewenangan",
        "/desk/laporan/tidak-ada",
        "/desk/templat",
        "/desk/unit",
        f"{case}/berkas/00000000-0000-0000-0000-000000000000",
        f"{case}/cetak",
        "/desk/laporan/cetak",
        "/desk/laporan/cetak?pilihan=1",
    ):
        page.goto(address)
        check()
    page.goto(case)
    check()
    page.evaluate("document.querySelectorAll('[name=versi]').forEach(field => { field.value = '0'; })")
    act = page.locator("#tutup")
    act.get_by_label("Hasil penanganan").fill("Sudah tersedia.")
    act.get_by_role("button", name="Tutup laporan").click()
    expect(page.get_by_role("alert")).to_contain_text("berubah sejak Anda membukanya")
    check()
    page.goto(case)
    page.get_by_text("Lihat identitas", exact=True).first.click()
    page.get_by_label("Alasan melihat identitas").fill("Perlu alamat")
    page.get_by_role("button", name="Lihat identitas").click()
    expect(page.get_by_role("definition").first).to_have_text("Sekar Wulandari")
    check()


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(_SMALL_PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_an_officer_releases_a_report(open_desk: OpenDesk, size: dict[str, int]) -> None:
    """The words that everybody would read come before the button. Nothing is wider than the screen."""
    page = open_desk(size)
    open_case(page, "Lewat tenggat", "Lampu padam")
    page.get_by_role("link", name="Baca yang akan tampil untuk umum").click()
    section = page.locator("#publik")
    expect(section).to_contain_text("lampu puskesmas padam")
    assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])
    section.get_by_role("button", name="Tampilkan untuk umum").click()
    expect(section).to_contain_text("Mulai besok semua orang dapat membaca laporan ini.")
    section.get_by_role("button", name="Tarik dari laporan publik").click()
    expect(section).to_contain_text("Petugas menarik laporan ini dari laporan publik.")
    assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(_SMALL_PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_an_officer_prints_what_is_chosen(site: DeskSite, open_desk: OpenDesk, size: dict[str, int]) -> None:
    """One button leads from the chosen cases to their letter. Paper has the letter and nothing of the desk."""
    number = site.send(6, "Kemenkes, obat habis", title="Obat habis")
    page = open_desk(size, color_scheme="dark")
    page.goto("/desk/laporan")
    page.get_by_label(f"Pilih laporan {number}").check()
    page.get_by_role("button", name="Cetak yang dipilih").click()
    letter = page.get_by_role("article")
    expect(letter).to_contain_text("Daftar 1 laporan")
    expect(letter).to_contain_text(number)
    assert pixels_too_wide(page) == 0
    page.emulate_media(media="print")
    expect(letter).to_be_visible()
    expect(page.get_by_role("link", name="Kembali ke daftar")).to_be_hidden()
    expect(page.get_by_role("navigation", include_hidden=True)).to_be_hidden()
    assert letter.evaluate("part => getComputedStyle(part).color") == "rgb(0, 0, 0)"


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(_SMALL_PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_an_officer_compares_two_reports(site: DeskSite, open_desk: OpenDesk, size: dict[str, int]) -> None:
    """On one page: side by side where the screen is wide enough, otherwise one below the other, and then the acts."""
    suggestion = Suggestion(of=id_of(2), score=0.8, evidence=("place-same-topics", "same-names"))
    place = {"address": "Jalan Kenari 5, dekat pasar"}
    picture = site.picture("antrean", b"x")
    number = site.send(6, "Kemenkes, pintu dikunci", suggestion=suggestion, place=place, attachments=(picture,))
    site.write_ledger()
    page = open_desk(size)
    page.goto(f"/desk/laporan/{number}")
    page.get_by_role("link", name="Bandingkan kedua laporan").click()
    left, right = (card.bounding_box() for card in page.locator(".pair > section").all())
    assert left
    assert right
    assert (left["y"] == right["y"], left["y"] + left["height"] <= right["y"]) == (size == DESK, size != DESK)
    assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])
    page.get_by_role("button", name="Bukan yang sama").click()
    expect(page.locator("#mungkin-sama")).to_contain_text("Sudah diputuskan: ini bukan laporan yang sama.")


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(_SMALL_PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_an_officer_names_a_filter(open_desk: OpenDesk, size: dict[str, int]) -> None:
    """It is a link on each list from then on, until it is removed there."""
    page = open_desk(size)
    page.goto("/desk/laporan?tab=lewat&saluran=sms&saya=1")
    page.get_by_text("Simpan saringan ini").click()
    page.get_by_label("Nama saringan").fill("SMS yang saya pegang dan sudah lewat tenggat")
    page.get_by_role("button", name="Simpan", exact=True).click()
    saved = page.get_by_role("link", name="SMS yang saya pegang dan sudah lewat tenggat")
    expect(saved).to_have_attribute("aria-current", "page")
    page.goto("/desk/laporan")
    assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])
    saved.click()
    assert page.url.endswith("/desk/laporan?tab=lewat&saya=1&saluran=sms")
    page.get_by_text("Simpan saringan ini").click()
    assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])
    page.get_by_role("button", name="Hapus saringan SMS yang saya pegang").click()
    expect(saved).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(_SMALL_PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_an_officer_sees_who_reads_an_answer(site: DeskSite, open_desk: OpenDesk, size: dict[str, int]) -> None:
    """Each text by its way, and nothing wider than the screen, also the link in a mail."""
    for number, channel in ((6, "web"), (7, "twitter")):
        tracking = site.send(number, f"Kemenkes, obat habis {number}", channel=channel)
        page = open_desk(size)
        page.goto(f"/desk/laporan/{tracking}?tindakan=tanggapi")
        act = page.locator("#tanggapi")
        act.get_by_label("Tanggapan kepada pelapor").fill("Obat tersedia lagi mulai besok. " * 8)
        act.get_by_role("button", name="Pratinjau").click()
        where = "Email: dibaca pelapor" if channel == "web" else "Balasan terbuka di X: dibaca semua orang"
        expect(act.get_by_role("status")).to_contain_text(where)
        expect(act.get_by_role("status")).to_contain_text("Halaman pelapor sendiri: seluruh teks")
        assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])


@pytest.mark.parametrize("size", [_SMALL_PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_danger_is_seen_and_read(site: DeskSite, open_desk: OpenDesk, size: dict[str, int], scheme: str) -> None:
    """In words and with enough contrast, on a small phone too: above the list, in its row, and on the case's page."""
    site.send(6, "Kemenkes, ada kebakaran", title="Puskesmas terbakar", channel="sms", danger="fire")
    page = open_desk(size, color_scheme=scheme)
    page.goto("/desk/laporan")
    expect(page.locator(".alarms")).to_contain_text("bahaya: kebakaran")
    expect(page.locator(".cases > li").first).to_contain_text("bahaya: kebakaran")
    assert pixels_too_wide(page) == 0
    assert accessibility_faults(page) == []
    page.locator(".alarms a").click()
    expect(page.locator(".alarms")).to_contain_text("Telepon 113 (pemadam kebakaran) atau 112 sekarang")
    assert pixels_too_wide(page) == 0
    assert accessibility_faults(page) == []


class CountedClicks:
    """Clicks on a page, counted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, locator: Any) -> None:
        """Click an element."""
        locator.click()
        self.count += 1


def store_template(page: Page, title: str, text: str) -> None:
    """Store a template of the institution."""
    page.goto("/desk/templat")
    page.get_by_label("Judul").fill(title)
    page.get_by_label("Teks").fill(text)
    page.get_by_role("button", name="Simpan").click()


@pytest.mark.slow
@pytest.mark.parametrize("size", [_SMALL_PHONE, DESK])
def test_a_template_goes_to_the_cursor(site: DeskSite, open_desk: OpenDesk, size: dict[str, int]) -> None:
    """What was typed stays. From the open case, an answer by template is three clicks."""
    page = open_desk(size)
    store_template(page, "Terima kasih", "Terima kasih atas laporan {nomor}.")
    open_case(page, "Lewat tenggat", "Pintu terkunci")
    number = page.locator(".facts .number").first.inner_text()
    click = CountedClicks()
    click(page.locator("#tanggapi > summary"))
    click(page.locator("#tanggapi").get_by_role("button", name="Terima kasih"))
    field = page.locator("#isi-tanggapi")
    expect(field).to_have_value(f"Terima kasih atas laporan {number}.")
    field.press("Control+Home")
    field.type("Yth. Ibu Wati. ")
    page.locator("#tanggapi").get_by_role("button", name="Terima kasih").click()
    thanks = f"Terima kasih atas laporan {number}."
    expect(field).to_have_value(f"Yth. Ibu Wati. {thanks}{thanks}")
    assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])
    field.fill(thanks)
    click(page.locator("#tanggapi").get_by_role("button", name="Kirim tanggapan"))
    expect(page.get_by_role("status").first).to_contain_text("Tanggapan atas laporan")
    assert [answer.text for answer in site.desk.published] == [thanks]
    assert click.count == 3


@pytest.mark.slow
def test_a_refusal_is_four_clicks(site: DeskSite, open_desk: OpenDesk) -> None:
    """The search for the institution keeps the reason that was typed before."""
    page = open_desk(_SMALL_PHONE)
    open_case(page, "Lewat tenggat", "Lampu padam")
    click = CountedClicks()
    click(page.locator("#bukan-kewenangan > summary"))
    act = page.locator("#bukan-kewenangan")
    act.get_by_label("Alasan").fill("Aliran listrik adalah urusan PLN.")
    act.get_by_label("Cari instansi yang berwenang").fill("listrik negara")
    click(act.get_by_role("button", name="Cari instansi"))
    expect(act.get_by_label("Alasan")).to_have_value("Aliran listrik adalah urusan PLN.")
    click(act.get_by_label("PT PLN (Persero)"))
    click(act.get_by_role("button", name="Nyatakan bukan kewenangan"))
    expect(page.get_by_role("status").first).to_contain_text("dinyatakan bukan kewenangan instansi Anda")
    assert [answer.verdict for answer in site.desk.published] == ["refused"]
    assert click.count == 4


@pytest.mark.slow
@pytest.mark.parametrize("size", [_SMALL_PHONE, DESK])
def test_a_draft_stays_until_it_is_sent(site: DeskSite, open_desk: OpenDesk, size: dict[str, int]) -> None:
    """It comes back with its form unfolded; it can be discarded, and signing out removes it."""
    page = open_desk(size)
    for text in ("Dibuang.", "Petugas datang besok."):
        open_case(page, "Lewat tenggat", "Pintu terkunci")
        page.locator("#tanggapi > summary").click()
        page.locator("#isi-tanggapi").fill(text)
        open_case(page, "Lewat tenggat", "Lampu padam")
        expect(page.locator("#isi-tanggapi")).to_have_value("")
        open_case(page, "Lewat tenggat", "Pintu terkunci")
        expect(page.locator("#isi-tanggapi")).to_have_value(text)
        expect(page.get_by_text("Teks yang belum terkirim dipulihkan.")).to_be_visible()
        assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])
        if text == "Dibuang.":
            page.get_by_role("button", name="Buang teks ini").click()
            expect(page.locator("#isi-tanggapi")).to_have_value("")
    address = page.url
    page.locator("#tanggapi").get_by_role("button", name="Kirim tanggapan").click()
    expect(page.get_by_role("status").first).to_contain_text("Tanggapan atas laporan")
    site.desk.deliver()
    page.goto(address)
    expect(page.locator("#isi-tanggapi")).to_have_value("")
    page.locator("#tanggapi > summary").click()
    page.locator("#isi-tanggapi").fill("Belum terkirim.")
    assert page.evaluate("sessionStorage.length") == 1
    page.get_by_role("button", name="Keluar").click()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.slow
def test_keys_go_through_the_list(open_desk: OpenDesk) -> None:
    """They are letters in a field, and can be switched off."""
    page = open_desk(DESK)
    page.goto("/desk/laporan")
    headings = page.locator(".cases .heading")
    for key, index in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        expect(headings.nth(index)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#cari")).to_be_focused()
    page.keyboard.type("jk/")
    expect(page.locator("#cari")).to_have_value("jk/")
    page.get_by_role("button", name="Matikan pintasan").click()
    page.keyboard.press("j")
    expect(headings.first).not_to_be_focused()
    page.get_by_role("button", name="Nyalakan pintasan").click()
    page.keyboard.press("j")
    expect(headings.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
