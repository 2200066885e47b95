"""A running service and Chromium.

The browser is closed after this folder: while Playwright runs, no other test of the process can start an event loop.
"""

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Playwright, Route, sync_playwright

from app.clock import utc_now
from app.simulator.wait import answers
from app.simulator.x import PracticeX, Timeline
from ingest.web.form_token import FormTokens
from tests.conftest import missing
from tests.end_to_end.browser.pages import TOKEN, WatchedPage
from tests.end_to_end.counter_service import CounterService, running_counter
from tests.support.databases import Databases
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, LoopbackTwilio
from tests.support.loopback_twilio import TOKEN as TWILIO_TOKEN
from tests.support.service import RunningService

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
SIZES = [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk")]
# Colours do not depend on the size of the screen.
SIZES_AND_SCHEMES = [pytest.param(PHONE, "light", id="light-phone"), pytest.param(DESK, "dark", id="dark-desk")]


class OpenPage(Protocol):
    """Function that opens a page in a new browser context."""

    def __call__(self, size: dict[str, int] = ..., *, scripts: bool = True, **options: Any) -> WatchedPage:
        """Open a page. `options` are those of Playwright for a context."""
        ...


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory, process_databases: Databases) -> Iterator[RunningService]:
    """A service with all stages on the embedded bus, and a practice X that starts before it."""
    home = tmp_path_factory.mktemp("browser")
    # Few enough places for a test to fill them.
    with process_databases.settings(home) as values:
        running_service = RunningService(home, requests_at_once="20", **values)
        with practice_x(running_service, home):
            running_service.start()
            yield running_service
            running_service.close()


@contextmanager
def practice_x(service: RunningService, home: Path) -> Iterator[None]:
    """Run a practice X in a thread of this process; its posts are in `home`."""
    stopping = threading.Event()
    timeline = Timeline(home / "practice-x.jsonl", utc_now)
    settings, start_thread = service.settings, service.parts.threads.start_background
    practice = PracticeX(timeline, settings.x_url, service.parts.secrets.x_token, settings.x_user_id, start_thread)
    thread = threading.Thread(target=practice.run, args=(stopping,), name="practice-x")
    thread.start()
    while not answers(urlsplit(service.settings.x_url).port or 0, "/practice/seen"):
        threading.Event().wait(0.05)
    try:
        yield
    finally:
        stopping.set()
        thread.join(20)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The Chromium of the system."""
    path = shutil.which("chromium")
    if not path:
        missing("Chromium: not on PATH")
    driver: Playwright = request.getfixturevalue("playwright")
    browser = driver.chromium.launch(executable_path=path)
    yield browser
    browser.close()


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A loopback Twilio."""
    with serving(LoopbackTwilio()) as server:
        yield server


@pytest.fixture
def counter(
    tmp_path: Path, database_settings: Mapping[str, str], templates: Path, twilio: LoopbackTwilio
) -> Iterator[CounterService]:
    """A desk with a counter, the doors, and the stages behind them."""
    numbers = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_tokens": [TWILIO_TOKEN],
        "twilio_from": "+628000001708",
        "twilio_base_url": twilio.url,
    }
    values = {"home": str(tmp_path), "secret_key": "counter " * 5, **database_settings, **numbers}
    with running_counter(values, templates) as service:
        yield service


@pytest.fixture
def address(service: RunningService) -> str:
    """Address of the service."""
    return f"http://127.0.0.1:{service.settings.port}"


@pytest.fixture
def open_page(chromium: Browser, service: RunningService, address: str) -> Iterator[OpenPage]:
    """Return a function that opens pages. In the end no page may have run typed code or violated its policy."""
    opened: list[WatchedPage] = []
    with ExitStack() as stack:

        def start(size: dict[str, int] = PHONE, *, scripts: bool = True, **options: Any) -> WatchedPage:
            context = chromium.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                java_script_enabled=scripts,
                locale="id-ID",
                base_url=address,
                **options,
            )
            stack.callback(context.close)
            context.route(f"{address}/lapor", lambda route: _aged(route, service))
            page = WatchedPage(context.new_page())
            opened.append(page)
            return page

        yield start
    assert [fault for page in opened for fault in page.faults] == []


def _aged(route: Route, service: RunningService) -> None:
    """Serve the form as if it was a minute old: a form that is sent within two seconds is shown again."""
    answer = route.fetch()
    text = answer.text()
    hidden_fields = TOKEN.search(text)
    assert hidden_fields
    guard = FormTokens(service.parts.secrets.sender_key, service.settings.reached_at)
    older = guard.token(hidden_fields["form"], utc_now() - timedelta(minutes=1))
    route.fulfill(response=answer, body=text.replace(hidden_fields["token"], older))
