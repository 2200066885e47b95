"""Figures in a real browser, for an overseer and for everybody: on a small phone in the dark, and on a desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.end_to_end.browser.conftest import DESK
from tests.end_to_end.browser.pages import WatchedPage, accessibility_faults, pixels_too_wide
from tests.oversight.pages.site import OversightSite, oversight_site
from tests.support.databases import Databases

_SMALL_PHONE = {"width": 320, "height": 640}
_PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def site(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OversightSite]:
    """The pages of a small generated year."""
    with (
        database.engine(tmp_path_factory.mktemp("oversight")) as engine,
        oversight_site(engine, cases=2_000) as started_site,
    ):
        yield started_site


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "dark"), [(_SMALL_PHONE, True), (_PHONE, False), (DESK, False)], ids=["small-phone", "phone", "desk"]
)
def test_an_overseer_goes_from_the_nation_to_a_province_and_an_agency(
    chromium: Browser, site: OversightSite, size: dict[str, int], *, dark: bool
) -> None:
    """With links and one form; axe finds nothing serious, and no page is wider than the screen."""
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if dark else "light",
        base_url=site.client.address,
    )
    watched = WatchedPage(context.new_page())
    page = watched.page
    faults: dict[str, list[str]] = {}

    def check(address: str = "") -> None:
        faults[page.get_by_role("heading", level=1).inner_text() + address] = accessibility_faults(page) + [
            "wide"
        ] * pixels_too_wide(page)

    def open_all() -> None:
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")

    page.goto("/pengawasan")
    page.get_by_text("Pilih bulan dan ukuran").click()
    page.get_by_label("Bulan", exact=True).select_option("2026-03")
    page.get_by_label("Ukuran untuk grafik").select_option("kasus")
    page.get_by_role("button", name="Tampilkan").click()
    expect(page.get_by_role("heading", name="Tren: Kasus")).to_be_visible()
    check()
    open_all()
    check(", open")
    page.get_by_label("Peta 38 provinsi").get_by_role("link", name="Jawa Tengah").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jawa Tengah")
    expect(page.get_by_label("Bulan", exact=True)).to_have_value("2026-03")
    open_all()
    check()
    page.get_by_role("link", name="Pemerintah Kota Semarang").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pemerintah Kota Semarang")
    check()
    page.goto("/angka/topik/jalan")
    check()
    page.get_by_role("link", name="Indonesia", exact=True).click()
    check(", /angka")
    open_all()
    check(", /angka, open")
    page.goto("/pengawasan?bulan=2026-03&ukuran=kasus")
    page.get_by_role("row", name="Jawaban pertama tepat waktu").get_by_role("link").first.click()
    expect(page.get_by_text("Daftar ini tidak berisi kata-kata.")).to_be_visible()
    check()
    page.goto("/pengawasan?ukuran=kasus")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Trend: Cases")).to_be_visible()
    context.close()
    assert list(faults) == [
        "Indonesia",
        "Indonesia, open",
        "Jawa Tengah",
        "Pemerintah Kota Semarang",
        "Jalan",
        "Indonesia, /angka",
        "Indonesia, /angka, open",
        "Jawaban pertama tepat waktu: yang termasuk",
    ]
    assert [fault for page_faults in faults.values() for fault in page_faults] == []
    assert watched.faults == []


@pytest.mark.slow
def test_an_overseer_reads_the_figures_first(chromium: Browser, site: OversightSite) -> None:
    """Without JavaScript. All figures stand before what is folded, and the page is no longer than its table."""
    context = chromium.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, base_url=site.client.address
    )
    page = context.new_page()
    page.goto("/pengawasan")
    table = page.get_by_role("table").first.bounding_box()
    page_box = page.locator("html").bounding_box()
    assert table is not None
    assert page_box is not None
    assert page_box["height"] <= 2 * table["height"]
    expect(page.locator("svg.tile")).to_be_hidden()
    page.get_by_text("Peta provinsi", exact=True).press("Enter")
    expect(page.locator("svg.tile")).to_be_visible()
    context.close()


@pytest.mark.slow
def test_the_public_figures_fit_two_screens_of_a_phone(chromium: Browser, site: OversightSite) -> None:
    """Without JavaScript. Topics with reports stand before all that is folded; the keyboard opens a folded part."""
    viewport: ViewportSize = {"width": _PHONE["width"], "height": _PHONE["height"]}
    context = chromium.new_context(viewport=viewport, java_script_enabled=False, base_url=site.client.address)
    page = context.new_page()
    page.goto("/angka?bulan=2026-03")
    expect(page.get_by_role("navigation", name="Topik").get_by_role("link").first).to_be_visible()
    height = page.locator("html").bounding_box()
    assert height is not None
    assert height["height"] <= 2 * _PHONE["height"]
    page.get_by_text("Bulan-bulan sebelumnya").press("Enter")
    expect(page.get_by_role("heading", name="Tren: Jawaban pertama tepat waktu")).to_be_visible()
    context.close()
