"""Pages of a `CounterService` in Chromium: opened by a person, reached by the keyboard, and checked."""

from playwright.sync_api import Browser, Page

from accounts.pages.browser import SESSION_COOKIE
from tests.end_to_end.browser.pages import accessibility_faults, pixels_too_wide
from tests.end_to_end.counter_service import CounterService, Officer


def open_page(chromium: Browser, counter: CounterService, size: dict[str, int], officer: Officer | None = None) -> Page:
    """Open a page in a new context, with the session of an officer."""
    context = chromium.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale="id-ID", base_url=counter.address
    )
    if officer:
        value = officer.client.cookies[SESSION_COOKIE]
        # A browser takes a cookie of this name only from TLS, and sends it to the own machine without it.
        address = counter.address.replace("http:", "https:")
        context.add_cookies([{"name": SESSION_COOKIE, "value": value, "url": address, "secure": True}])
    return context.new_page()


def check(page: Page) -> None:
    """Assert that axe finds nothing serious, and that the page is no wider than the screen."""
    assert accessibility_faults(page) == []
    assert pixels_too_wide(page) == 0


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(selector)
