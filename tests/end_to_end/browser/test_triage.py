"""Triage in Chromium: a person reads a case, searches the agency and decides. Without JavaScript, on both screens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.permissions import Role
from app.assembly.parts import Parts
from config.settings import Settings
from tests.app.review.test_quarantine import QuarantineHarness, form
from tests.app.staff.harness import StaffHarness
from tests.app.test_corrections import number
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide
from tests.ingest.door_client import DoorServer
from tests.support.service import REGISTRY

SMALL_PHONE = {"width": 320, "height": 640}
LARGE_SCREEN = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
SIZES = [(SMALL_PHONE, "dark"), (PHONE, "light"), (LARGE_SCREEN, "light")]
# All pages, and who opens them.
PAGES = (
    (Role.TRIAGE, "/desk/triase"),
    (Role.TRIAGE, "/desk/triase?pilih=semua"),
    (Role.TRIAGE, f"/desk/triase/{number(2)}?cari=semarang"),
    (Role.TRIAGE, f"/desk/triase/{number(4)}"),
    (Role.TRIAGE, f"/desk/triase/{number(9)}"),
    (Role.TRIAGE, "/desk/disisihkan"),
    (Role.OPERATOR, "/desk/karantina?saluran=sms&kelompok=bad_signature"),
    (Role.OPERATOR, "/desk/surat-mati"),
    (Role.OPERATOR, f"/desk/telusur?nomor={number(2)}"),
    (Role.OPERATOR, f"/desk/gabung?a={number(1)}&b={number(2)}"),
    (Role.AUDITOR, "/desk/audit?periksa=1"),
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with few institutions."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def staff(parts: Parts) -> Iterator[StaffHarness]:
    """Pages over four cases at triage, one of them with danger, and one quarantined message."""
    server = DoorServer()
    with server.serving():
        harness = StaffHarness(parts, parts.engine, server)
        harness.reports.write(1, "Lampu jalan mati sejak hari Senin, hubungi 0812 3456 7890. Gelap sekali kalau malam.")
        harness.reports.write(
            2, "Kota Semarang atau Kabupaten Semarang, mohon dicek jalan yang berlubang di perbatasan."
        )
        harness.reports.write(3, "halo selamat pagi")
        harness.reports.write(7, "lampunya di depan pasar", of=2)
        harness.reports.write(4, "tolong, ada orang berkelahi dengan parang di depan tugu", danger="violence")
        QuarantineHarness(parts, harness.reports.producer).quarantine_message(form())
        harness.work()
        yield harness
        harness.close()


def open_page(chromium: Browser, staff: StaffHarness, size: dict[str, int], scheme: str, *, scripts: bool) -> Page:
    """Open a page in a new context."""
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        locale="id-ID",
        base_url=staff.address,
    )
    return context.new_page()


@pytest.mark.slow
def test_two_persons_decide_at_triage(chromium: Browser, staff: StaffHarness) -> None:
    """The keyboard chooses the agency and sends the form. A second person with an old page reads who was first."""
    page = open_page(chromium, staff, SMALL_PHONE, "dark", scripts=False)
    stale_page = page.context.new_page()
    page.goto("/desk/triase")
    page.get_by_role("link", name=number(2)).click()
    stale_page.goto(f"/desk/triase/{number(2)}?cari=semarang")
    page.get_by_label("Cari instansi").fill("semarang")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Cari instansi")).to_have_value("semarang")
    page.get_by_label("Kota Semarang").focus()
    page.keyboard.press("Space")
    page.locator("#alasan").fill("jalannya di kota itu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 laporan diputuskan.")
    # The next case is open.
    expect(page.get_by_role("heading", level=1)).not_to_have_text(number(2))
    expect(page.get_by_role("heading", name="Teruskan ke instansi")).to_be_visible()

    staff.act_as(Role.TRIAGE, "Budi Santoso")
    stale_page.get_by_label("Kabupaten Semarang").check()
    stale_page.locator("#alasan").fill("di kabupaten")
    stale_page.get_by_role("button", name="Teruskan", exact=True).click()
    expect(stale_page.get_by_role("alert")).to_contain_text("diputuskan lebih dulu oleh Sari Dewi")

    staff.time += timedelta(minutes=1)
    page.goto(f"/desk/triase/{number(3)}")
    page.locator("#sebab").fill("Isinya bukan laporan.")
    page.get_by_role("button", name="Tutup tanpa diteruskan").click()
    expect(page.get_by_role("status")).to_contain_text("ditutup tanpa diteruskan")
    page.context.close()


@pytest.mark.slow
def test_ten_are_closed_as_junk_in_two_acts(chromium: Browser, staff: StaffHarness) -> None:
    """One act chooses all of the page, the other one is the reason. Without JavaScript, on a small phone."""
    for index in range(10, 18):
        staff.reports.write(index, f"halo selamat pagi {'x' * index}")
    staff.work()
    page = open_page(chromium, staff, SMALL_PHONE, "light", scripts=False)
    page.goto("/desk/triase")
    acts = (
        page.get_by_role("link", name="Pilih semua di halaman ini"),
        page.get_by_role("button", name="Pesan ini hanya percobaan."),
    )
    for act in acts:
        act.click()
    # Eleven without danger are at triage; the one with danger stays.
    expect(page.get_by_role("status")).to_contain_text("11 laporan ditutup tanpa diteruskan")
    expect(page.get_by_text("Sedang diproses.")).to_have_count(11)
    assert len(acts) == 2
    staff.work()
    page.reload()
    expect(page.get_by_role("link", name=number(4))).to_be_visible()
    expect(page.get_by_text("1 laporan menunggu keputusan.")).to_be_visible()
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "scheme"), SIZES, ids=["small-phone", "phone", "large-screen"])
def test_the_pages_of_staff_are_accessible(
    chromium: Browser, staff: StaffHarness, size: dict[str, int], scheme: str
) -> None:
    """Axe finds nothing serious, and no page is wider than the screen."""
    page = open_page(chromium, staff, size, scheme, scripts=True)
    faults: dict[str, list[str]] = {}
    for role, path in PAGES:
        staff.act_as(role)
        page.goto(path)
        for details in page.locator("details:not([open]) > summary").all():
            details.click()
        faults[path] = accessibility_faults(page) + ["wide"] * pixels_too_wide(page)
    assert {path: page_faults for path, page_faults in faults.items() if page_faults} == {}
    page.context.close()
