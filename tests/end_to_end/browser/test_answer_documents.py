"""A document with an answer in Chromium: from the officer's form to the citizen's own page."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.end_to_end.browser.conftest import DESK, OpenPage
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide, press_send, reload_until
from tests.end_to_end.test_desk import PASSWORD, officer
from tests.pages.test_document_cleaning import SECRET, WORDS, laden, letter, noted
from tests.support.service import RunningService

_SMALL_PHONE = {"width": 320, "height": 640}
_LINK = "Unduh dokumen dari instansi"


@pytest.mark.slow
def test_a_letter_to_the_citizen(open_page: OpenPage, service: RunningService, tmp_path: Path) -> None:
    """A signed letter is refused with what to do, and nothing is lost; the citizen saves the cleaned one."""
    for name, content in {"surat.pdf": letter(laden), "tte.pdf": letter(noted("/Widget"))}.items():
        (tmp_path / name).write_bytes(content)
    citizen = open_page(_SMALL_PHONE).page
    citizen.goto("/lapor")
    citizen.get_by_label("Isi laporan").fill("Kemenkes, surat rujukan puskesmas belum ada.")
    press_send(citizen)
    number = citizen.locator(".number.big").inner_text()
    own_page = citizen.locator('a[href*="/l/"]').first.get_attribute("href")
    assert own_page

    desk = open_page(DESK).page
    officer(service, "sri-surat@kemenkes.example")
    desk.goto("/desk/masuk")
    desk.get_by_label("Email", exact=True).fill("sri-surat@kemenkes.example")
    desk.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Masuk", exact=True).click()
    desk.wait_for_url(lambda url: "/masuk" not in url)
    desk.goto(f"/desk/laporan/{number}")
    reload_until(desk, lambda: desk.locator("#tanggapi").count() > 0)
    desk.locator("#tanggapi > summary").click()
    form = desk.locator("#tanggapi")
    form.get_by_label("Tanggapan kepada pelapor").fill("Surat kami terlampir.")
    form.get_by_label("Satu dokumen").set_input_files(tmp_path / "tte.pdf")
    form.get_by_role("button", name="Kirim tanggapan").click()
    expect(form.get_by_role("alert").first).to_contain_text("tte.pdf: PDF ini terkunci")
    expect(form.get_by_label("Tanggapan kepada pelapor")).to_have_value("Surat kami terlampir.")
    form.get_by_label("Satu dokumen").set_input_files(tmp_path / "surat.pdf")
    form.get_by_role("button", name="Pratinjau").click()
    expect(form.get_by_label("Unduh dokumen (PDF")).to_be_checked()
    for size in (_SMALL_PHONE, DESK):
        desk.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert pixels_too_wide(desk) == 0
    assert accessibility_faults(desk) == []
    form.get_by_label("Sesudah dikirim, buka").select_option("laporan")
    form.get_by_role("button", name="Kirim tanggapan").click()
    reload_until(desk, lambda: desk.locator(".history").get_by_role("link", name="Unduh dokumen").count() > 0)

    citizen.goto(own_page)
    reload_until(citizen, lambda: citizen.get_by_role("link", name=_LINK).count() > 0)
    for size in (DESK, _SMALL_PHONE):
        citizen.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert pixels_too_wide(citizen) == 0
    assert accessibility_faults(citizen) == []
    with citizen.expect_download() as download:
        citizen.get_by_role("link", name=_LINK).click()
    assert download.value.suggested_filename.endswith(".pdf")
    saved = tmp_path / "tersimpan.pdf"
    download.value.save_as(saved)
    assert WORDS in PdfReader(saved).pages[0].extract_text()
    assert SECRET.encode() not in saved.read_bytes()
