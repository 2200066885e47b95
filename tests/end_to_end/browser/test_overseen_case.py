"""One case in a real browser: an overseer reads it with a reason. Without scripts, on a small phone and on a desk."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from accounts.permissions import Role
from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from config.settings import Settings
from tests.app.staff.harness import person
from tests.app.test_corrections import number
from tests.conftest import NOW
from tests.end_to_end.browser.conftest import DESK
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide
from tests.ingest.door_client import DoorServer
from tests.oversight.cases.harness import OverseerHarness
from tests.support.prepared_parts import create_topics, migrate_database
from tests.support.service import REGISTRY

_SMALL_PHONE = {"width": 320, "height": 640}


@pytest.fixture
def overseers(settings: Settings, tables: Path, templates: Path) -> Iterator[OverseerHarness]:
    """The pages with two overdue cases at an agency."""
    parts = Parts(settings.model_copy(update={"reference_folder": REGISTRY}), CHANNELS)
    migrate_database(parts, tables)
    create_topics(parts, templates)
    server = DoorServer()
    with server.serving():
        harness = OverseerHarness(parts, parts.engine, server)
        harness.reports.write(1, "Kemenkes, puskesmas tutup sejak Senin. Hubungi saya di 0812 3456 7890.")
        harness.reports.write(2, "Kemenkes, vaksin habis di puskesmas kami")
        harness.work()
        harness.time = NOW + timedelta(days=30)
        yield harness
        harness.close()
    parts.audit_heads.close()
    parts.engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dark"), [(_SMALL_PHONE, True), (DESK, False)], ids=["small-phone", "desk"])
def test_an_overseer_reads_a_case(
    chromium: Browser, overseers: OverseerHarness, size: dict[str, int], *, dark: bool
) -> None:
    """From the figures to the overdue cases, through the reason, to the case; axe finds nothing serious."""
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=True,
        locale="id-ID",
        base_url=overseers.address,
    )
    page = context.new_page()
    faults: list[str] = []

    def check(heading: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        faults.append(f"{heading}: {accessibility_faults(page)} {pixels_too_wide(page)}")

    overseers.actor = person(Role.OVERSEER)
    page.goto("/pengawasan")
    page.get_by_role("link", name="Lihat yang paling lama").click()
    check("Baca satu laporan")
    page.get_by_role("link", name=number(1)).click()
    check(f"Baca laporan {number(1)}")
    page.get_by_label("Laporan lewat tenggat").check()
    page.get_by_label("Penjelasan singkat").fill("Belum dijawab tiga puluh hari")
    page.get_by_role("button", name="Catat alasan dan buka laporan").click()
    check("Laporan tanpa judul")
    expect(page.get_by_text("Hubungi saya di")).to_be_visible()
    context.close()
    assert [fault for fault in faults if not fault.endswith(": [] 0")] == []
