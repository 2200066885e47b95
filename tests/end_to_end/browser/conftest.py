"""A whole service for these tests, and Chromium to look at it with.

The browser lives for this folder alone: while Playwright runs, no other test of the process could start a loop.
"""

import shutil
import threading
from collections.abc import Iterator
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
from tests.support.service import RunningService

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
SIZES = [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk")]


class OpenPage(Protocol):
    """Opens a page in a browser of its own."""

    def __call__(self, size: dict[str, int] = ..., *, scripts: bool = True, **options: Any) -> WatchedPage:
        """`options` are Playwright's for a context."""
        ...


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """Every stage, on the embedded bus, and an X that is there before it is asked."""
    home = tmp_path_factory.mktemp("browser")
    made = RunningService(home)
    with practice_x(made, home):
        made.start()
        yield made
        made.close()


@contextmanager
def practice_x(service: RunningService, home: Path) -> Iterator[None]:
    """Run a practice X in a thread of this process; its posts are in `home`."""
    stopping = threading.Event()
    timeline = Timeline(home / "practice-x.jsonl", utc_now)
    practice = PracticeX(timeline, service.settings.x_url, service.parts.secrets.x_token, service.settings.x_user_id)
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
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="package")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium as the system has it."""
    path = shutil.which("chromium")
    if not path:
        missing("Chromium: not on PATH")
    driver: Playwright = request.getfixturevalue("playwright")
    made = driver.chromium.launch(executable_path=path)
    yield made
    made.close()


@pytest.fixture
def address(service: RunningService) -> str:
    """Where the service is."""
    return f"http://127.0.0.1:{service.settings.port}"


@pytest.fixture
def open_page(chromium: Browser, service: RunningService, address: str) -> Iterator[OpenPage]:
    """Each page has a browser of its own; at the end none may have run what a citizen typed, nor broken its policy."""
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
            context.route(f"{address}/", lambda route: _aged(route, service))
            made = WatchedPage(context.new_page())
            opened.append(made)
            return made

        yield start
    assert [said for page in opened for said in page.wrong] == []


def _aged(route: Route, service: RunningService) -> None:
    """The first page as it is after a minute: nobody here should have to wait before pressing the button."""
    answer = route.fetch()
    text = answer.text()
    found = TOKEN.search(text)
    assert found
    guard = FormTokens(service.parts.secrets.sender_key, service.settings.reached_at)
    older = guard.token(found["form"], utc_now() - timedelta(minutes=1))
    route.fulfill(response=answer, body=text.replace(found["token"], older))
