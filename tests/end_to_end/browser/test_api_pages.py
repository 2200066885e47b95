"""The pages of the OpenAPI documents in a real browser that reaches nothing but the service."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.end_to_end.browser.conftest import OpenPage
from tests.support.service import RunningService

# The page reads a script of 1.7 MB and makes the document.
_PATIENCE_MILLISECONDS = 60_000


@pytest.mark.slow
def test_the_pages_work_without_a_network(open_page: OpenPage, service: RunningService) -> None:
    """Both ports show their operations with examples, on a narrow screen. No request leaves the host."""
    watched = open_page({"width": 320, "height": 700})
    page, foreign = watched.page, []

    def refuse_foreign(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
            return
        foreign.append(route.request.url)
        route.abort()

    page.context.route("**/*", refuse_foreign)
    ops_port = service.settings.ops_port_of(["monitor"])
    for port, operation in ((service.settings.port, "web_report"), (ops_port, "operations_metrics")):
        tag = operation.partition("_")[0]
        page.goto(f"http://127.0.0.1:{port}/docs")
        opened = page.locator(f"#operations-{tag}-{operation}")
        opened.locator(".opblock-summary-control").click(timeout=_PATIENCE_MILLISECONDS)
        expect(opened.get_by_text("curl").first).to_be_visible()
        # A report that is sent here would be a real one.
        expect(opened.get_by_role("button", name="Try it out")).to_have_count(int(operation != "web_report"))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert foreign == []
    assert watched.faults == []
