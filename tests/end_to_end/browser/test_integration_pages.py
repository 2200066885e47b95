"""A coordinator manages webhooks and keys in a real browser: on a small phone without scripts, and in the dark."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests.desk.harness import DeskHarness
from tests.desk.pages.integration.site import HOME, IntegrationSite
from tests.desk.pages.site import HEALTH, DeskSite
from tests.desk.webhooks.harness import Harness, change
from tests.desk.webhooks.receiver import Receiver
from tests.end_to_end.browser.conftest import DESK
from tests.end_to_end.browser.pages import WatchedPage, accessibility_faults, pixels_too_wide
from tests.ingest.door_client import DoorServer
from tests.support.loopback import serving

_SMALL_PHONE = {"width": 320, "height": 640}


class OpenPages(Protocol):
    """Opens the pages in a browser of its own."""

    def __call__(self, size: dict[str, int], scheme: str = "light", *, scripts: bool = True) -> Page:
        """Return the first integration page."""
        ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver by http."""
    with serving(Receiver()) as loopback_receiver:
        yield loopback_receiver


@pytest.fixture
def integration(engine: Engine, now: Callable[[], datetime]) -> IntegrationSite:
    """The pages of an agency without webhooks and keys."""
    return IntegrationSite(DeskSite(DeskHarness(engine, now)), Harness(engine))


@pytest.fixture
def open_pages(chromium: Browser, integration: IntegrationSite) -> Iterator[OpenPages]:
    """Return a function that opens the pages. At the end, no page may have broken the policy."""
    opened: list[WatchedPage] = []
    server = DoorServer()
    server.app = integration.app
    with server.serving(), ExitStack() as stack:

        def start(size: dict[str, int], scheme: str = "light", *, scripts: bool = True) -> Page:
            context = chromium.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                color_scheme="dark" if scheme == "dark" else "light",
                java_script_enabled=scripts,
                base_url=f"http://127.0.0.1:{server.port}",
            )
            stack.callback(context.close)
            opened.append(WatchedPage(context.new_page()))
            opened[-1].page.goto(HOME)
            return opened[-1].page

        yield start
        assert [fault for watched in opened for fault in watched.faults] == []


@pytest.mark.slow
def test_a_coordinator_connects_a_program_without_scripts(
    integration: IntegrationSite, open_pages: OpenPages, receiver: Receiver
) -> None:
    """Add a webhook, test it, send a notice again, and make and revoke a key, on a phone of 320 px."""
    page = open_pages(_SMALL_PHONE, scripts=False)
    page.get_by_label("Alamat penerima").fill("https://nama@lapor.example/")
    page.get_by_role("button", name="Tambah webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("Alamat ini tidak dapat dipakai.")
    assert pixels_too_wide(page) == 0
    page.get_by_label("Alamat penerima").fill(f"{receiver.url}/{'panjang' * 20}")
    page.get_by_role("button", name="Tambah webhook").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    assert pixels_too_wide(page) == 0
    page.get_by_role("link", name="Sudah saya simpan").click()
    page.get_by_role("button", name="Kirim uji coba").click()
    expect(page.get_by_role("status")).to_contain_text("Uji coba berhasil")
    integration.hooks.enqueue(change(1, "LPR-1", agency=HEALTH))
    integration.hooks.deliver_all()
    page.reload()
    page.get_by_role("button", name="Kirim ulang LPR-1").click()
    expect(page.get_by_role("status")).to_contain_text("segera dikirim lagi")
    assert pixels_too_wide(page) == 0
    integration.hooks.deliver_all()
    assert receiver.events[1:] == [("case.received", "LPR-1")] * 2

    page.goto(HOME)
    page.get_by_role("button", name="Buat kunci").click()
    expect(page.locator(".code")).to_contain_text("sp_")
    assert pixels_too_wide(page) == 0
    page.get_by_role("link", name="Sudah saya simpan").click()
    page.get_by_text("Cabut kunci ini").click()
    page.get_by_role("button", name="Ya, cabut").click()
    expect(page.get_by_role("status")).to_contain_text("Kunci dicabut.")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "scheme"), [(_SMALL_PHONE, "light"), (DESK, "dark")], ids=["small-phone", "dark"])
def test_nothing_serious_is_found_on_the_pages(
    integration: IntegrationSite, open_pages: OpenPages, receiver: Receiver, size: dict[str, int], scheme: str
) -> None:
    """By axe, on every page, with all parts unfolded."""
    added = integration.hooks.add(receiver.url, agency=HEALTH)
    integration.hooks.enqueue(change(1, "LPR-1", agency=HEALTH))
    integration.keys.issue(HEALTH, ["read"], "Dewi", "test")
    page = open_pages(size, scheme)
    faults: dict[str, list[str]] = {}

    def check(name: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        faults[name] = accessibility_faults(page) + ["wide"] * pixels_too_wide(page)

    check("first page")
    page.get_by_label("Alamat penerima").fill("ftp://lapor.example/")
    page.get_by_role("button", name="Tambah webhook").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check("fault")
    page.get_by_role("button", name="Buat kunci").click()
    expect(page.locator(".code")).to_contain_text("sp_")
    check("key")
    receiver.broken = 500
    page.goto(f"{HOME}/webhook/{added.id}")
    page.get_by_role("button", name="Kirim uji coba").click()
    expect(page.get_by_role("status")).to_contain_text("Uji coba gagal.")
    check("webhook")
    page.get_by_role("button", name="Ganti rahasia").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    check("secret")
    assert list(faults) == ["first page", "fault", "key", "webhook", "secret"]
    assert [fault for page_faults in faults.values() for fault in page_faults] == []
