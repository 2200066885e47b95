"""Actions on a page, and checks of a page."""

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
# Chromium logs this for every page with status 4xx. A form with an error is such a page.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"
_RUNNING = """() => [...document.querySelectorAll('*')].flatMap(element => [...element.attributes]
    .filter(({name, value}) => name.startsWith('on') || name === 'srcdoc' ||
        (['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name) && /^\\s*javascript:/i.test(value)))
    .map(({name, value}) => `${element.tagName} ${name}=${value}`))
    .concat([...document.querySelectorAll(
        'script:not([src="/web/form.js"], [src="/web/receipt.js"], [src="/desk/meja.js"])')]
        .map(script => script.outerHTML))"""

# An arrow stands beside the text of a closed list.
_CUT_OPTIONS = """() => [...document.querySelectorAll('select')].filter(list => list.clientWidth).flatMap(list => {
    const style = getComputedStyle(list), pen = document.createElement('canvas').getContext('2d')
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
    const room = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 16
    return [...list.options].map(({text}) => text.trim()).filter(text => pen.measureText(text).width > room)
})"""


@dataclass
class WatchedPage:
    """A page and its faults: dialogs, errors of scripts, and violations of the content security policy."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to the events of the page."""
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", self._error)
        self.page.on("console", self._console)

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _error(self, error: Error) -> None:
        self.faults.append(f"error: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.faults.append(f"console: {message.text}")


def press_check(page: Page) -> None:
    """Press the form's last button, which shows the recap, or the errors."""
    page.get_by_role("button", name="Periksa laporan").click()


def press_send(page: Page) -> None:
    """Go on to the recap and send the report from there. A form with errors stays a form."""
    if page.locator("#laporan").count():
        press_check(page)
        page.locator("#kirim, .summary").first.wait_for()
    if page.locator("#kirim").count():
        page.get_by_role("button", name="Kirim laporan").click()


def open_details(page: Page) -> None:
    """Open the parts of the form that are closed at first."""
    closed_parts = page.locator("details:not([open]) > summary")
    while closed_parts.count():
        closed_parts.first.click()


def pick_region(page: Page, level: str, code: str, scripts: bool) -> None:  # noqa: FBT001 - how the page works
    """Pick a region. Without scripts, request the next list with its button."""
    page.select_option(f"#{level}", code)
    following = {"province": "city", "city": "district"}.get(level)
    if not following:
        return
    if not scripts:
        page.click(f"#{following}-minta button")
    page.wait_for_selector(f"#{following}-isian:not([hidden])")


def fill_form(page: Page, scripts: bool) -> None:  # noqa: FBT001 - how the page works
    """Fill in all fields in the order of the form, except the files."""
    page.get_by_label("Isi laporan").fill("Lampu taman padam semua.\nAnak-anak takut lewat.")
    for level, code in (("province", "33"), ("city", "33.74"), ("district", "33.74.11")):
        pick_region(page, level, code, scripts)
    page.get_by_label("Alamat atau patokan").fill("Depan balai RW 4")
    open_details(page)
    # The label covers the radio button.
    page.locator("label[for=kind-aspirasi]").click()
    page.get_by_label("Judul").fill("Lampu taman padam")
    page.get_by_label("Kapan terjadi").fill("sejak Senin malam")
    page.get_by_label("Instansi yang dituju").fill("Pemerintah Kota Semarang")
    page.get_by_label("Nama").fill("Sekar Wulandari")
    for flag in ("anonim", "rahasia"):
        page.locator(f"label[for={flag}]").click()


def reload_until(page: Page, condition: Callable[[], bool]) -> None:
    """Reload the page until the condition is true."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, page.inner_text("main")
        page.wait_for_timeout(100)
        page.reload()


def accessibility_faults(page: Page) -> list[str]:
    """Return the serious and critical faults that axe finds."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html']}"
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def pixels_too_wide(page: Page) -> int:
    """Return by how many pixels the page is wider than the screen, once it has loaded."""
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def cut_options(page: Page) -> list[str]:
    """Return the choices of visible lists that are wider than the list, which shows them cut."""
    return list(page.evaluate(_CUT_OPTIONS))


def foreign_code(page: Page) -> list[str]:
    """Return everything on the page that could run and is not our script."""
    return list(page.evaluate(_RUNNING))
