"""The public reports and the form without scripts in a real browser: on a small phone, and on a desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.browser.conftest import DESK
from tests.end_to_end.browser.pages import WatchedPage, accessibility_faults, pixels_too_wide
from tests.ingest.conftest import Serve, host, serve, settings  # noqa: F401 - fixtures
from tests.ingest.door_client import DoorClient
from tests.ingest.web.forms import photo
from tests.sinks.public.harness import PublicPipeline

_SMALL_PHONE = {"width": 320, "height": 640}
SIZES = pytest.mark.parametrize("size", [_SMALL_PHONE, DESK], ids=["small-phone", "desk"])
_TEXT = "Kemenkes tolong, lantai puskesmas berlubang di depan loket. Sudah dua pekan begini dan belum ada yang datang."
_ANSWER = (
    "Yth. Bapak Rahmat Hidayat, petugas menambal lantai itu Kamis pagi. Hubungi 0813-1111-2222 bila masih berlubang."
)


@contextmanager
def opened(chromium: Browser, served: DoorClient, size: dict[str, int], *, scripts: bool) -> Iterator[Page]:
    """Open a page of a new context; in the end it may have no fault."""
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        java_script_enabled=scripts,
        locale="id-ID",
        base_url=served.address,
    )
    watched = WatchedPage(context.new_page())
    yield watched.page
    context.close()
    assert watched.faults == []


def check(page: Page, *, scripts: bool) -> None:
    """See that the page fits the screen and that axe finds nothing serious. Both need scripts."""
    if scripts:
        assert (pixels_too_wide(page), accessibility_faults(page)) == (0, [])


@SIZES
def test_everybody_reads_the_answer_and_finds_it_by_a_word(
    chromium: Browser,
    serve: Serve,  # noqa: F811 - a fixture
    size: dict[str, int],
) -> None:
    """With the keyboard. The answer is masked on the list and on the page of the report."""
    served = serve(public_view=True)
    pipeline = PublicPipeline(served.parts, served.parts.engine)
    answered = pipeline.send_taken(_TEXT)
    pipeline.answer(answered, "responded", _ANSWER)
    pipeline.answer(answered, "closed", "Lantai sudah rata dan aman dilalui.")
    pipeline.send_taken("Kemenkes tolong, antrean obat lama sekali setiap Senin pagi.")
    with opened(chromium, served, size, scripts=True) as page:
        page.goto("/publik")
        expect(page.get_by_text("Lantai sudah rata")).to_be_visible()
        check(page, scripts=True)
        page.get_by_label("Cari kata dalam laporan dan jawaban").fill("lubang tambal")
        page.keyboard.press("Enter")
        expect(page.get_by_role("listitem").filter(has_text="loket")).to_have_count(1)
        expect(page.get_by_text("antrean obat")).to_have_count(0)
        expect(page.get_by_label("Cari kata")).to_have_value("lubang tambal")
        check(page, scripts=True)
        page.get_by_role("listitem").get_by_role("link").first.click()
        expect(page.get_by_role("heading", name="Jawaban instansi")).to_be_visible()
        expect(page.get_by_text("Yth. Bapak [nama], petugas menambal lantai itu")).to_be_visible()
        expect(page.get_by_text("Hidayat")).to_have_count(0)
        check(page, scripts=True)
        page.goto("/publik?kata=jembatan")
        expect(page.get_by_text("Coba kata lain, atau hapus saringan.")).to_be_visible()
        check(page, scripts=True)


@SIZES
@pytest.mark.parametrize("scripts", [False, True], ids=["no-scripts", "scripts"])
def test_a_reload_and_back_lose_nothing(
    chromium: Browser,
    serve: Serve,  # noqa: F811 - a fixture
    tmp_path: Path,
    size: dict[str, int],
    *,
    scripts: bool,
) -> None:
    """After errors and after the recap: nothing is sent again, and text, place and photo are there."""
    picture = tmp_path / "depan.jpg"
    picture.write_bytes(photo())
    served = serve()
    with opened(chromium, served, size, scripts=scripts) as page:
        page.goto("/lapor")
        page.get_by_label("Isi laporan").fill("Lampu taman padam semua.")
        page.get_by_label("Provinsi").select_option("33")
        page.locator("#files").set_input_files(picture)
        page.get_by_role("button", name="Periksa laporan").last.click()
        expect(page.get_by_role("heading", name="Laporan belum terkirim")).to_be_visible()
        answer = page.reload()
        assert answer
        assert answer.request.method == "GET"
        expect(page.get_by_label("Isi laporan")).to_have_value("Lampu taman padam semua.")
        expect(page.get_by_label("Provinsi")).to_have_value("33")
        expect(page.get_by_label("Kota atau kabupaten")).to_be_visible()
        expect(page.get_by_role("checkbox", name="depan.jpg")).to_be_checked()
        check(page, scripts=scripts)
        page.get_by_label("Kota atau kabupaten").select_option("33.74")
        page.get_by_role("button", name="Periksa laporan").last.click()
        expect(page.get_by_role("heading", name="Yang akan dikirim")).to_be_visible()
        expect(page.get_by_text("Titik itu di sekitar")).to_be_visible()
        check(page, scripts=scripts)
        if not scripts:
            answer = page.reload()
            assert answer
            assert answer.request.method == "GET"
            expect(page.get_by_role("heading", name="Yang akan dikirim")).to_be_visible()
            page.go_back()
            expect(page.get_by_label("Isi laporan")).to_have_value("Lampu taman padam semua.")
            page.go_forward()
        page.get_by_role("button", name="Kirim laporan").click()
        expect(page.get_by_role("heading", name="Laporan Anda sudah kami terima")).to_be_visible()
        (raw,) = served.raw_messages("web")
        assert len(raw.attachments) == 1
        page.go_back()
        expect(page.get_by_role("heading", name="Isian ini sudah tidak ada")).to_have_count(0 if scripts else 1)


@SIZES
def test_the_form_names_the_place_of_the_phone(
    chromium: Browser,
    serve: Serve,  # noqa: F811 - a fixture
    size: dict[str, int],
) -> None:
    """After "Pakai lokasi saya sekarang" the form says where that is, and the recap too."""
    served = serve()
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        base_url=served.address,
        locale="id-ID",
        geolocation={"latitude": -7.05, "longitude": 110.44},
        permissions=["geolocation"],
    )
    watched = WatchedPage(context.new_page())
    page = watched.page
    page.goto("/lapor")
    page.get_by_label("Isi laporan").fill("Lampu taman padam semua.")
    page.get_by_role("button", name="Pakai lokasi saya sekarang").click()
    expect(page.get_by_text("Di sekitar Tembalang, Kota Semarang, Jawa Tengah.")).to_be_visible()
    check(page, scripts=True)
    page.get_by_role("button", name="Periksa laporan").last.click()
    expect(page.get_by_text("Tembalang, Kota Semarang, Jawa Tengah")).to_be_visible()
    check(page, scripts=True)
    context.close()
    assert watched.faults == []
