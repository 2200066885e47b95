"""What these tests do on a page, and what they look for on it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Dialog, Error, Page

TOKEN = re.compile(
    r'name="form_id" value="(?P<form>[^"]+)">\s*<input type="hidden" name="token" value="(?P<token>[^"]+)"'
)
_PATIENCE_SECONDS = 60
# Chromium says so of every page that is answered with 4xx, which is what a form with a fault is.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"
_RUNNING = """() => [...document.querySelectorAll('*')].flatMap(element => [...element.attributes]
    .filter(({name, value}) => name.startsWith('on') || name === 'srcdoc' ||
        (['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name) && /^\\s*javascript:/i.test(value)))
    .map(({name, value}) => `${element.tagName} ${name}=${value}`))
    .concat([...document.querySelectorAll('script:not([src="/web/form.js"])')].map(script => script.outerHTML))"""


@dataclass
class WatchedPage:
    """A page, and what went wrong on it: dialogs, faults of scripts, breaches of the policy."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", self._error)
        self.page.on("console", self._console)

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _error(self, error: Error) -> None:
        self.wrong.append(f"error: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.wrong.append(f"console: {message.text}")


def send(page: Page) -> None:
    """Press the form's last button."""
    page.get_by_role("button", name="Kirim laporan").click()


def pick(page: Page, level: str, code: str, scripts: bool) -> None:  # noqa: FBT001 - how the page works
    """Pick a region; where no script fills the next list, ask for it."""
    page.select_option(f"#{level}", code)
    following = {"province": "city", "city": "district"}.get(level)
    if not following:
        return
    if not scripts:
        page.click(f"#{following}-minta button")
    page.wait_for_selector(f"#{following}-isian:not([hidden])")


def fill(page: Page, scripts: bool) -> None:  # noqa: FBT001 - how the page works
    """Everything a citizen can say, in the order of the form, but for the files."""
    # The whole box is the label, and lies over the button in it.
    page.locator("label[for=kind-aspirasi]").click()
    page.get_by_label("Judul").fill("Lampu taman padam")
    page.get_by_label("Isi laporan").fill("Lampu taman padam semua.\nAnak-anak takut lewat.")
    page.get_by_label("Kapan terjadi").fill("sejak Senin malam")
    for level, code in (("province", "33"), ("city", "33.74"), ("district", "33.74.11")):
        pick(page, level, code, scripts)
    page.get_by_label("Alamat atau patokan").fill("Depan balai RW 4")
    page.get_by_label("Instansi yang dituju").fill("Pemerintah Kota Semarang")
    page.get_by_label("Nama").fill("Sekar Wulandari")
    page.get_by_label("Nomor telepon").fill("0800 0000 1708")
    page.get_by_label("Email").fill("sekar@contoh.id")
    for flag in ("anonim", "rahasia"):
        page.locator(f"label[for={flag}]").click()


def until(page: Page, seen: Callable[[], bool]) -> None:
    """Load the page again until something is seen on it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < deadline, page.inner_text("main")
        page.wait_for_timeout(100)
        page.reload()


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody out."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def running(page: Page) -> list[str]:
    """Whatever on the page could run and is not ours."""
    return list(page.evaluate(_RUNNING))
