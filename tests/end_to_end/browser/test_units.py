"""Units in a real browser: made from a file, a case passed on and given back; on a small phone and without scripts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from uuid import UUID

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from sqlalchemy import Engine

from accounts.permissions import Actor, Role
from tests.desk.harness import DeskHarness
from tests.desk.pages.site import HEALTH, DeskSite
from tests.end_to_end.browser.conftest import DESK
from tests.end_to_end.browser.pages import WatchedPage, accessibility_faults, pixels_too_wide
from tests.ingest.door_client import DoorServer

HEAD = Actor(UUID(int=50), "Kepala Subbagian", Role.COORDINATOR, HEALTH)
CLINIC = Actor(UUID(int=52), "Petugas Puskesmas", Role.OFFICER, HEALTH, "PKM")
_PHONE = {"width": 320, "height": 640}
_FILE: FilePayload = {
    "name": "unit.csv",
    "mimeType": "text/csv",
    "buffer": "\ufeffkode;nama;induk\r\nDINKES;Dinas Kesehatan;\r\nPKM;Puskesmas Bandarharjo;DINKES\r\n".encode(),
}


@pytest.fixture
def site(engine: Engine, now: Callable[[], datetime]) -> DeskSite:
    """The agency's pages with two cases."""
    site = DeskSite(DeskHarness(engine, now), HEAD)
    site.send(1, "Kemenkes, Puskesmas Bandarharjo tutup", title="Pintu terkunci")
    site.send(2, "Kemenkes, vaksin habis", title="Vaksin habis")
    return site


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Browser, site: DeskSite) -> Iterator[Page]:
    """A browser at the desk, of a size, with scripts or without. At the end, no page may have broken the policy."""
    size, scripts = request.param
    server = DoorServer()
    server.app = site.app
    with server.serving(), ExitStack() as stack:
        base_url = f"http://127.0.0.1:{server.port}"
        context = chromium.new_context(viewport=size, java_script_enabled=scripts, base_url=base_url)
        stack.callback(context.close)
        watched = WatchedPage(context.new_page())
        yield watched.page
        assert watched.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("page", [(_PHONE, False), (DESK, True)], indirect=True, ids=["phone", "desk"])
def test_from_a_file_to_a_return(page: Page, site: DeskSite) -> None:
    """The coordinator uploads the units and passes a case on in one click; its unit gives it back with a reason."""
    page.goto("/desk/unit")
    page.get_by_label("Berkas CSV").set_input_files(_FILE)
    page.get_by_role("button", name="Unggah").click()
    expect(page.get_by_role("status")).to_contain_text("2 unit baru")
    assert pixels_too_wide(page) == 0

    page.goto("/desk/laporan")
    page.get_by_role("link", name="Pintu terkunci").click()
    expect(page.get_by_text("Laporan ini menyebut unit itu.")).to_be_visible()
    page.get_by_role("button", name="Teruskan ke Dinas Kesehatan / Puskesmas Bandarharjo").click()
    expect(page.get_by_text("Unit: Dinas Kesehatan / Puskesmas Bandarharjo.")).to_be_visible()

    site.actor = CLINIC
    page.goto("/desk/laporan")
    assert page.get_by_role("link", name="Vaksin habis").count() == 0
    page.get_by_role("link", name="Pintu terkunci").click()
    page.get_by_text("Kembalikan: bukan tugas unit ini").click()
    assert pixels_too_wide(page) == 0
    page.get_by_label("Alasan (wajib)").last.fill("Bukan wilayah kami")
    page.get_by_role("button", name="Kembalikan laporan").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_role("link", name="Pintu terkunci").count() == 0

    site.actor = HEAD
    page.goto("/desk/laporan")
    page.get_by_role("link", name="Pintu terkunci").click()
    expect(page.get_by_text("Petugas Puskesmas mengembalikan ke koordinator.")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("page", [(_PHONE, True), (DESK, True)], indirect=True, ids=["phone", "desk"])
def test_the_pages_are_accessible(page: Page, site: DeskSite) -> None:
    """Also with a fault, and while a unit is changed."""
    page.goto("/desk/unit")
    page.get_by_label("Berkas CSV").set_input_files(_FILE)
    page.get_by_role("button", name="Unggah").click()
    addresses = ("/desk/unit", "/desk/unit?ubah=PKM")
    for address in addresses:
        page.goto(address)
        assert accessibility_faults(page) == []
        assert pixels_too_wide(page) == 0
    page.goto("/desk/unit")
    page.get_by_label("Kode").fill("PKM")
    page.get_by_label("Nama").fill("Puskesmas lain")
    page.get_by_role("button", name="Simpan").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Kode unit PKM sudah ada.")
    assert accessibility_faults(page) == []
    site.actor = CLINIC
    page.goto("/desk/unit")
    assert accessibility_faults(page) == []
