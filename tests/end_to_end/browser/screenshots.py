"""Takes the README's two screenshots: the form on a phone and the operations console.

`make screenshots` runs it. It starts a service of its own, sends the demo's invented messages, and writes
`docs/images/form.png` and `docs/images/console.png`. It needs chromium.
"""

import io
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from app.simulator.replay import CHANNELS, Replay, load_reports
from tests.end_to_end.browser.conftest import practice_x
from tests.support.paths import DATA, ROOT, SHIPPED_TABLES
from tests.support.service import RunningService

IMAGES = ROOT / "docs" / "images"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
# The console draws its first lines after a few snapshots.
_CONSOLE_SECONDS = 20
# A palette of 128 colours keeps text sharp at a third of the size.
_COLOURS = 128


def main() -> int:
    """Write both images. Return 1 without chromium."""
    chromium = shutil.which("chromium")
    if not chromium:
        print("chromium is not on PATH: install it (Debian: apt-get install chromium)", file=sys.stderr)  # noqa: T201
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="satupintu-screenshots-") as folder:
        home = Path(folder)
        service = RunningService(home, reference_folder=str(SHIPPED_TABLES), ops_seconds="1")
        try:
            with practice_x(service, home):
                service.start()
                Replay(service.parts, CHANNELS, lambda: None).run(load_reports(DATA / "sample_reports.csv"))
                service.audit()
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(executable_path=chromium)
                    _take(browser, f"http://127.0.0.1:{service.settings.port}/lapor", PHONE, "form.png")
                    console = f"http://127.0.0.1:{service.settings.port + 2}/ops"
                    _take(browser, console, DESKTOP, "console.png", seconds=_CONSOLE_SECONDS)
                    browser.close()
        finally:
            service.close()
    return 0


def _take(browser: Browser, address: str, size: dict[str, int], name: str, *, seconds: float = 0.0) -> None:
    """Write a screenshot of the top of a page at twice the resolution, `seconds` after it was loaded."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, device_scale_factor=2, locale="id-ID"
    )
    page = context.new_page()
    page.goto(address)
    threading.Event().wait(seconds)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
