"""Pictures before and after in Chromium: the citizen's beside those that the officer attaches to the answer."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.browser.conftest import DESK, OpenPage
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide, press_send, reload_until
from tests.end_to_end.test_desk import PASSWORD, officer
from tests.ingest.files.test_attachments import picture
from tests.support.service import RunningService

_SMALL_PHONE = {"width": 320, "height": 640}
_LOADED = "image => image.complete && image.naturalWidth > 0"


def loaded_pictures(page: Page, place: str) -> list[bool]:
    """Scroll to each picture of a part, and return if its bytes are shown."""
    images = page.locator(f"{place} img").all()
    for image in images:
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", value=True)
    return [image.evaluate(_LOADED) for image in images]


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
def test_before_and_after(
    open_page: OpenPage,
    service: RunningService,
    tmp_path: Path,
    scripts: bool,  # noqa: FBT001
) -> None:
    """The officer is told of a wrong file and loses nothing; then both see both pictures, on both screens."""
    for name, content in {
        "bocor.jpg": picture(size=(640, 480)),
        "diperbaiki.png": picture("PNG", size=(480, 640)),
        "catatan.txt": b"bukan gambar",
    }.items():
        (tmp_path / name).write_bytes(content)
    citizen = open_page(_SMALL_PHONE, scripts=scripts).page
    citizen.goto("/lapor")
    citizen.get_by_label("Isi laporan").fill(f"Kemenkes, atap puskesmas bocor di ruang tunggu {scripts}.")
    citizen.set_input_files("#files", tmp_path / "bocor.jpg")
    press_send(citizen)
    number = citizen.locator(".number.big").inner_text()
    own_page = citizen.locator('a[href*="/l/"]').first.get_attribute("href")
    assert own_page

    desk = open_page(DESK, scripts=scripts).page
    email = f"sri-{scripts}@kemenkes.example".lower()
    officer(service, email)
    desk.goto("/desk/masuk")
    desk.get_by_label("Email", exact=True).fill(email)
    desk.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Masuk", exact=True).click()
    desk.wait_for_url(lambda url: "/masuk" not in url)
    desk.goto(f"/desk/laporan/{number}")
    reload_until(desk, lambda: desk.locator("#tanggapi").count() > 0)
    desk.locator("#tanggapi > summary").click()
    form = desk.locator("#tanggapi")
    form.get_by_label("Tanggapan kepada pelapor").fill("Atap sudah kami perbaiki.")
    form.get_by_label("Foto pekerjaan").set_input_files([tmp_path / "diperbaiki.png", tmp_path / "catatan.txt"])
    form.get_by_role("button", name="Kirim tanggapan").click()
    expect(form.get_by_role("alert")).to_contain_text("catatan.txt: Berkas ini tidak dapat diterima.")
    expect(form.get_by_label("Tanggapan kepada pelapor")).to_have_value("Atap sudah kami perbaiki.")
    assert loaded_pictures(desk, "#tanggapi") == [True]
    # Axe is a script.
    assert not scripts or accessibility_faults(desk) == []
    form.get_by_label("Sesudah dikirim, buka").select_option("laporan")
    form.get_by_role("button", name="Kirim tanggapan").click()
    reload_until(desk, lambda: desk.locator("#banding").count() > 0)
    desk.get_by_role("link", name="Lihat foto pelapor di samping").click()
    assert loaded_pictures(desk, "#banding") == [True, True]
    for size in (_SMALL_PHONE, DESK):
        desk.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert pixels_too_wide(desk) == 0
    assert not scripts or accessibility_faults(desk) == []

    citizen.goto(own_page)
    reload_until(citizen, lambda: citizen.locator(".pair").count() > 0)
    assert loaded_pictures(citizen, ".pair") == [True, True]
    for size in (DESK, _SMALL_PHONE):
        citizen.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert pixels_too_wide(citizen) == 0
    assert not scripts or accessibility_faults(citizen) == []
    before, after = (figure.bounding_box() for figure in citizen.locator(".pair figure").all())
    assert before
    assert after
    # Side by side also on a small phone.
    assert before["x"] + before["width"] <= after["x"]
    assert before["y"] == after["y"]
