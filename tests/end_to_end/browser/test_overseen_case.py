"""One case in a real browser: an overseer reads it and recommends, an officer answers. On a small phone and a desk."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from accounts.permissions import Role
from app.assembly.parts import Parts
from config.settings import Settings
from language.masking import MASK
from tests.app.staff.harness import person
from tests.app.test_corrections import number
from tests.conftest import NOW
from tests.end_to_end.browser.conftest import DESK
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide
from tests.ingest.door_client import DoorServer
from tests.oversight.cases.harness import HEALTH, OverseerHarness, officer
from tests.support.service import REGISTRY

_WORDS, _NUMBER = "Kemenkes, puskesmas tutup sejak Senin. Hubungi saya di {}.", "0812 3456 7890"
_SMALL_PHONE = {"width": 320, "height": 640}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with few institutions."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def overseers(parts: Parts) -> Iterator[OverseerHarness]:
    """The pages with two overdue cases at an agency."""
    server = DoorServer()
    with server.serving():
        harness = OverseerHarness(parts, parts.engine, server)
        harness.reports.write(1, _WORDS.format(_NUMBER))
        harness.reports.write(2, "Kemenkes, vaksin habis di puskesmas kami")
        harness.work()
        harness.time = NOW + timedelta(days=30)
        yield harness
        harness.close()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dark"), [(_SMALL_PHONE, True), (DESK, False)], ids=["small-phone", "desk"])
def test_an_overseer_reads_a_case_and_gets_an_answer(
    chromium: Browser, overseers: OverseerHarness, size: dict[str, int], *, dark: bool
) -> None:
    """From the figures to the case, to the desk and back to the list; axe finds nothing serious on any page."""
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if dark else "light",
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
    check(_WORDS.format(MASK))
    expect(page.get_by_text("Hubungi saya di")).to_have_count(2)
    page.get_by_role("link", name="Tulis rekomendasi").click()
    check("Tulis rekomendasi")
    page.get_by_label("Jenis rekomendasi").select_option("Percepat penanganan")
    page.get_by_label("Isi rekomendasi").fill("Buka puskesmas minggu ini.")
    page.get_by_role("button", name="Kirim rekomendasi").click()
    expect(page.get_by_text("Rekomendasi Anda terkirim")).to_be_visible()
    overseers.work()
    overseers.actor = officer(HEALTH)
    page.goto("/desk/laporan")
    check("Laporan")
    page.get_by_label("Rekomendasi pengawas yang harus dijawab").get_by_role("link", name=number(1)).click()
    check(_WORDS.format(_NUMBER))
    page.get_by_label("Diikuti", exact=True).check()
    page.get_by_label("Penjelasan kepada pengawas").fill("Puskesmas buka besok pagi.")
    page.get_by_role("button", name="Kirim jawaban").click()
    expect(page.get_by_text("Jawaban Anda terkirim")).to_be_visible()
    overseers.work()
    overseers.actor = person(Role.OVERSEER)
    page.goto("/pengawasan/rekomendasi")
    check("Rekomendasi")
    page.get_by_role("link", name=number(1)).click()
    expect(page.get_by_text("Puskesmas buka besok pagi.")).to_be_visible()
    check(_WORDS.format(MASK))
    context.close()
    assert [fault for fault in faults if not fault.endswith(": [] 0")] == []
