"""The form, its errors, the receipt and the status, on a phone and on a desktop, with and without scripts."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from messages.shapes import Complaint, Report
from messages.topics import COMPLAINTS
from tests.end_to_end.browser.conftest import DESK, PHONE, SIZES_AND_SCHEMES, OpenPage
from tests.end_to_end.browser.pages import (
    accessibility_faults,
    fill_form,
    foreign_code,
    open_details,
    pick_region,
    pixels_too_wide,
    press_check,
    press_send,
    reload_until,
)
from tests.ingest.door_client import raw_messages
from tests.ingest.web.forms import photo
from tests.support.service import RunningService

WITH_AND_WITHOUT_SCRIPTS = [pytest.param(True, id="scripts"), pytest.param(False, id="no-scripts")]
# Each size and each way of working once. A script does not depend on the size.
SIZES_AND_SCRIPTS = [pytest.param(PHONE, False, id="phone-no-scripts"), pytest.param(DESK, True, id="desk-scripts")]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Two photos of a phone."""
    contents_by_name = {"depan rumah.jpg": photo(size=(640, 480)), "surat.png": photo("PNG")}
    for name, content in contents_by_name.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents_by_name]


def complaint(service: RunningService, number: str) -> Complaint:
    """Return the complaint that was made of a report."""
    reader = service.parts.bus.reader()
    try:
        complaints = [json.loads(record.value) for record in reader.read([COMPLAINTS])]
    finally:
        reader.close()
    return next(Complaint.model_validate(fields) for fields in complaints if fields["tracking"] == number)


@pytest.mark.parametrize(("size", "scripts"), SIZES_AND_SCRIPTS)
def test_a_report_from_form_to_status(
    open_page: OpenPage,
    service: RunningService,
    pictures: list[Path],
    size: dict[str, int],
    scripts: bool,  # noqa: FBT001
) -> None:
    """Every field arrives. The receipt shows the number, and the status shows the state and no private value."""
    page = open_page(size, scripts=scripts).page
    page.goto("/lapor")
    fill_form(page, scripts)
    page.set_input_files("#files", pictures)
    press_check(page)
    # The recap shows all of it, and "Ubah" leads back without a loss.
    page.locator("#kirim").wait_for()
    recap = page.inner_text("main")
    shown = ("Lampu taman padam semua.", "Kota Semarang", "Banyumanik", "Aspirasi", "depan rumah.jpg", "surat.png")
    assert [words for words in shown if words not in recap] == []
    page.get_by_role("button", name="Ubah").click()
    expect(page.get_by_label("Judul")).to_have_value("Lampu taman padam")
    press_send(page)

    number = page.locator(".number.big").inner_text()
    assert f"/web/receipts/{number}?bukti=" in page.url
    # Whoever has no scripts sees no button that needs one.
    expect(page.locator("#nomor-salin")).to_be_visible(visible=scripts)
    expect(page.locator("#nomor-cetak")).to_be_visible(visible=scripts)
    page.get_by_role("link", name="Lihat status laporan ini").click()
    # A private report's page does not name the agency: anybody may have the number.
    reload_until(page, lambda: "Diteruskan ke Instansi" in page.inner_text("main"))
    assert pixels_too_wide(page) == 0
    status_text = page.inner_text("main .stack")
    assert [
        word for word in ("Sekar", "1708", "contoh.id", "Lampu taman", "balai", "Semarang") if word in status_text
    ] == []

    report = complaint(service, number).report
    assert (report.kind, report.title, report.incident_time) == ("aspirasi", "Lampu taman padam", "sejak Senin malam")
    assert report.text == "Lampu taman padam semua.\nAnak-anak takut lewat."
    assert (report.place.region, report.place.district, report.place.code) == (
        "Kota Semarang", "Banyumanik", "33.74.11",
    )  # fmt: skip
    assert (report.place.latitude, report.place.longitude) == (-6.9, 110.4)
    assert (report.anonim, report.rahasia) == (True, True)
    assert [attachment.media_type for attachment in report.attachments] == ["image/jpeg", "image/png"]


@pytest.mark.parametrize(("size", "scripts"), SIZES_AND_SCRIPTS)
def test_an_error_stands_beside_its_field(
    open_page: OpenPage,
    pictures: list[Path],
    size: dict[str, int],
    scripts: bool,  # noqa: FBT001
) -> None:
    """The summary has the focus and leads to the field, which says what is wrong; nothing picked or typed is gone."""
    page = open_page(size, scripts=scripts).page
    page.goto("/lapor")
    fill_form(page, scripts)
    page.set_input_files("#files", pictures)
    page.get_by_label("Isi laporan").fill("   ")
    press_send(page)

    expect(page).to_have_title(re.compile("^Perlu diperbaiki: Kirim laporan"))
    expect(page.locator(".summary")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Isi laporan: Mohon diisi.")).to_be_focused()
    page.keyboard.press("Enter")
    text = page.get_by_label("Isi laporan")
    expect(text).to_be_in_viewport()
    expect(text).to_have_attribute("aria-invalid", "true")
    expect(text).to_have_accessible_description("Perlu diperbaiki: Mohon diisi. " + page.inner_text("#text-bantuan"))
    error_box, text_box = page.locator("#text-salah").bounding_box(), text.bounding_box()
    assert error_box
    assert text_box
    assert error_box["y"] < text_box["y"]

    for label, value in (("Judul", "Lampu taman padam"), ("Alamat", "Depan balai RW 4"), ("Kecamatan", "33.74.11")):
        expect(page.get_by_label(label)).to_have_value(value)
    expect(page.get_by_role("radio", name="Aspirasi")).to_be_checked()
    for label in ("Anonim", "Rahasia", "depan rumah.jpg", "surat.png"):
        expect(page.get_by_role("checkbox", name=label)).to_be_checked()
    text.fill("Lampu taman padam.")
    press_send(page)
    assert len(page.locator(".number.big").inner_text()) == 14


@pytest.mark.parametrize(("size", "scheme"), SIZES_AND_SCHEMES)
def test_nobody_is_kept_out(open_page: OpenPage, pictures: list[Path], size: dict[str, int], scheme: str) -> None:
    """Nothing serious is found (axe) on any page, by day and by night, and none is wider than the screen."""
    page = open_page(size, color_scheme=scheme).page
    faults_by_page: dict[str, list[str]] = {}

    def look(name: str) -> None:
        faults_by_page[name] = accessibility_faults(page) + ["wide"] * pixels_too_wide(page)

    page.goto("/lapor")
    look("form")
    fill_form(page, scripts=True)
    look("filled form")
    page.set_input_files("#files", pictures)
    page.get_by_label("Isi laporan").fill(" ")
    page.select_option("#city", "")
    press_send(page)
    look("form with errors")
    page.get_by_label("Isi laporan").fill("Lampu taman padam.")
    page.select_option("#city", "-")
    press_check(page)
    page.locator("#kirim").wait_for()
    look("recap")
    press_send(page)
    look("receipt")
    page.get_by_role("link", name="Buka halaman Anda").click()
    reload_until(page, lambda: "Diteruskan ke" in page.inner_text("main"))
    page.get_by_text("Tambah keterangan atau foto").click()
    look("own page")
    page.get_by_role("textbox", name="Keterangan Anda").fill("Di depan taman.")
    page.get_by_role("button", name="Kirim keterangan").click()
    reload_until(page, lambda: "Di depan taman." in page.inner_text("main"))
    page.get_by_role("button", name="Tarik laporan").or_(page.get_by_text("Tarik laporan")).first.click()
    page.get_by_role("button", name="Tarik laporan").click()
    look("question before a withdrawal")
    page.go_back()
    page.locator("aside a[href^='/status/']").click()
    look("status")
    page.goto("/status")
    look("find")
    page.goto("/status?number=xyz")
    look("find with an error")
    page.goto("/status/0000-0000-0000")
    look("status of no number")
    for path in ("/", "/bantuan", "/privasi"):
        page.goto(path)
        look(path)
    assert [fault for faults in faults_by_page.values() for fault in faults] == []


def test_the_form_by_keyboard(open_page: OpenPage) -> None:
    """Whoever has no mouse comes from field to field in the order of the page, and never into the trap."""
    page = open_page().page
    page.goto("/lapor")
    open_details(page)
    page.locator("#text").focus()
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(str(page.evaluate("document.activeElement.id")))

    wanted = ["province", "address", "titik-pakai", "files", "photo_place"]
    assert reached[:5] == wanted
    assert "website" not in reached
    in_details = [name for name in reached[5:] if name]
    assert in_details == ["kind-pengaduan", "title", "incident_time", "agency", "name", "anonim", "rahasia"]
    page.locator("#address").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".summary")).to_be_hidden()


def test_the_phone_says_where(open_page: OpenPage, service: RunningService) -> None:
    """With scripts the phone's place is offered, shown, and can be taken back; a picture does not overrule it."""
    spot = {"latitude": -7.05, "longitude": 110.43}
    page = open_page(geolocation=spot, permissions=["geolocation"]).page
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Jalan berlubang di depan pasar.")
    page.get_by_role("button", name="Pakai lokasi saya sekarang").click()
    expect(page.locator("#titik-angka")).to_have_text("-7.05000, 110.43000")
    page.get_by_role("button", name="Hapus titik ini").click()
    expect(page.locator("#titik-ada")).to_be_hidden()
    expect(page.get_by_label("Alamat")).to_be_focused()
    page.get_by_role("button", name="Pakai lokasi saya sekarang").click()
    expect(page.locator("#titik-ada")).to_be_visible()
    page.set_input_files("#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    press_send(page)

    number = page.locator(".number.big").inner_text()
    page.goto(f"/status/{number}")
    reload_until(page, lambda: "Laporan kami terima" in page.inner_text("main"))
    place = complaint(service, number).report.place
    assert (place.latitude, place.longitude) == (-7.05, 110.43)


def test_a_phone_that_does_not_say(open_page: OpenPage) -> None:
    """Where the citizen refuses, the form says what else to do."""
    page = open_page(permissions=[]).page
    page.goto("/lapor")
    page.get_by_role("button", name="Pakai lokasi saya sekarang").click()

    expect(page.locator("#titik-kabar")).to_contain_text("Lokasi tidak dapat dibaca")


def test_a_file_too_large_is_said_before_it_is_sent(open_page: OpenPage) -> None:
    """With scripts nobody waits minutes to hear it; without it the form would say it afterwards."""
    page = open_page().page
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Jalan berlubang.")
    page.set_input_files("#files", {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"0" * 8_000_001})

    expect(page.locator("#files-kabar")).to_contain_text("Terlalu besar: b.jpg")
    press_check(page)
    assert page.url.endswith("/lapor")


def test_a_script_that_cannot_fetch_leaves_the_button(open_page: OpenPage) -> None:
    """When the list does not come, the form's own button asks for it."""
    watched = open_page()
    page = watched.page
    page.route("**/web/regions/**", lambda route: route.fulfill(status=404))
    page.goto("/lapor")
    page.select_option("#province", "33")
    page.get_by_role("button", name="Tampilkan kota dan kabupaten").click()

    expect(page.locator("#city")).to_be_focused()
    page.select_option("#city", "33.74")


def test_another_province_empties_what_was_picked(open_page: OpenPage) -> None:
    """No city of one province is sent with another."""
    page = open_page().page
    page.goto("/lapor")
    for level, code in (("province", "33"), ("city", "33.74"), ("district", "33.74.11")):
        pick_region(page, level, code, scripts=True)
    page.select_option("#province", "34")
    page.wait_for_selector("#city option[value='34.04']", state="attached")

    assert [page.input_value(f"#{level}") for level in ("city", "district")] == ["", ""]
    assert page.locator("#district-isian").is_hidden()
    assert page.locator("#city option[value='33.74']").count() == 0


def test_a_second_press(open_page: OpenPage, service: RunningService) -> None:
    """A form that came without our token is shown again with all values, and a second press sends it."""
    page = open_page(scripts=False).page
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Jembatan gantung putus talinya.")
    page.evaluate("document.querySelector('[name=token]').value = ''")
    # As an older form, which had no recap.
    page.evaluate("document.querySelectorAll('#laporan [value=recap]').forEach(button => { button.value = ''; })")
    press_check(page)

    expect(page.locator(".summary")).to_contain_text("tekan Kirim laporan sekali lagi")
    press_send(page)
    number = page.locator(".number.big").inner_text()
    assert number in [raw.tracking for raw in raw_messages(service.parts, "web")]
    assert foreign_code(page) == []


@contextmanager
def crowded(service: RunningService) -> Iterator[None]:
    """As many incomplete requests as may be: each guest has begun to send a report, and is slow."""
    port = service.settings.port
    with ExitStack() as guests:
        for _ in range(5 * service.settings.requests_at_once):
            guest = guests.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            guest.sendall(b"POST /web/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\ntext=")
        while not is_full(service):
            pass
        yield


def is_full(service: RunningService) -> bool:
    """Return True if an empty form is refused because of too many requests."""
    address = f"http://127.0.0.1:{service.settings.port}/web/reports"
    return requests.post(address, data={"text": ""}, timeout=30).status_code == 503


@pytest.mark.parametrize("scripts", WITH_AND_WITHOUT_SCRIPTS)
def test_a_full_house_keeps_what_was_typed(open_page: OpenPage, service: RunningService, scripts: bool) -> None:  # noqa: FBT001
    """The page says that the form is still there; one step back it is, and the next press sends it."""
    watched = open_page(scripts=scripts)
    page = watched.page
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Lampu taman padam semua.")
    open_details(page)
    page.get_by_label("Nama").fill("Sekar Wulandari")
    with crowded(service):
        press_check(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Laporan Anda belum terkirim")
        assert "Isi formulir Anda masih ada di halaman sebelumnya" in page.inner_text("main")
        assert not scripts or accessibility_faults(page) == []
        assert pixels_too_wide(page) == 0
    # Chromium says so of the page that was answered with 503.
    watched.faults.clear()
    page.go_back()

    expect(page.get_by_label("Isi laporan")).to_have_value("Lampu taman padam semua.")
    expect(page.get_by_label("Nama")).to_have_value("Sekar Wulandari")
    while is_full(service):
        pass
    press_send(page)
    expect(page.locator(".number.big")).to_be_visible()


def test_a_draft_survives_leaving(open_page: OpenPage, service: RunningService, pictures: list[Path]) -> None:
    """Back from the recap, and the form opened anew in the tab, have text, place, ticks and photo. Sent, it is gone."""
    page = open_page(PHONE).page
    page.goto("/lapor")
    expect(page.locator("#draf")).to_be_hidden()
    fill_form(page, scripts=True)
    page.set_input_files("#files", pictures[0])
    press_check(page)
    page.locator("#kirim").wait_for()

    page.go_back()
    _expect_draft(page)
    page.goto("/bantuan")
    page.goto("/lapor")
    expect(page.locator("#draf")).to_be_visible()
    _expect_draft(page)
    assert accessibility_faults(page) + ["wide"] * pixels_too_wide(page) == []

    press_send(page)
    report = complaint_when_there(page, service)
    assert (report.place.code, report.title, report.anonim) == ("33.74.11", "Lampu taman padam", True)
    assert [attachment.media_type for attachment in report.attachments] == ["image/jpeg"]
    page.goto("/lapor")
    expect(page.get_by_label("Isi laporan")).to_have_value("")
    expect(page.locator("#draf")).to_be_hidden()


def test_back_and_reload_send_nothing_again(open_page: OpenPage, pictures: list[Path]) -> None:
    """The recap and a form with an error become the form with everything typed, and the receipt leads to a new one."""
    page = open_page(DESK).page
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Lampu taman padam.")
    page.get_by_label("Provinsi").select_option("33")
    page.get_by_label("Kota atau kabupaten").select_option("")
    press_check(page)
    page.locator(".summary").wait_for()
    sent = len(posts)
    page.reload()
    expect(page.get_by_label("Isi laporan")).to_have_value("Lampu taman padam.")
    expect(page.get_by_label("Provinsi")).to_have_value("33")

    fill_form(page, scripts=True)
    page.set_input_files("#files", pictures[0])
    press_check(page)
    page.locator("#kirim").wait_for()
    # The script of the page has run: before it a reload shows the recap again.
    page.wait_for_url("**/lapor")
    sent = len(posts)
    page.reload()
    _expect_draft(page)
    assert (len(posts), page.url.rpartition("/")[2]) == (sent, "lapor")

    press_send(page)
    page.locator(".number.big").wait_for()
    sent = len(posts)
    page.go_back()
    expect(page.get_by_label("Isi laporan")).to_have_value("")
    assert len(posts) == sent


def test_a_draft_can_be_cleared(open_page: OpenPage) -> None:
    """One button empties the form, as on a computer that others use. Another tab never has the draft."""
    opened = open_page(DESK)
    page = opened.page
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Lampu taman padam.")
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    expect(other_tab.get_by_label("Isi laporan")).to_have_value("")
    other_tab.close()

    page.goto("/lapor")
    expect(page.get_by_label("Isi laporan")).to_have_value("Lampu taman padam.")
    page.get_by_role("button", name="Kosongkan formulir").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Isi laporan")).to_have_value("")
    expect(page.locator("#draf")).to_be_hidden()


def _expect_draft(page: Page) -> None:
    expect(page.get_by_label("Isi laporan")).to_have_value("Lampu taman padam semua.\nAnak-anak takut lewat.")
    expect(page.get_by_label("Provinsi")).to_have_value("33")
    expect(page.get_by_label("Kota atau kabupaten")).to_have_value("33.74")
    expect(page.get_by_label("Kecamatan")).to_have_value("33.74.11")
    expect(page.get_by_label("Judul")).to_have_value("Lampu taman padam")
    expect(page.get_by_role("radio", name="Aspirasi")).to_be_checked()
    for label in ("Anonim", "Rahasia", "depan rumah.jpg"):
        expect(page.get_by_role("checkbox", name=label)).to_be_checked()


def complaint_when_there(page: Page, service: RunningService) -> Report:
    """Return the report whose receipt a page shows, once the normalizer has it."""
    number = page.locator(".number.big").inner_text()
    page.get_by_role("link", name="Lihat status laporan ini").click()
    reload_until(page, lambda: "Diteruskan ke Instansi" in page.inner_text("main"))
    return complaint(service, number).report
