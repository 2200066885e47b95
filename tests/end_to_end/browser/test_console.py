"""The operations console in a real browser: on a telephone and on a desktop, in both colour schemes, by keyboard."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect

from app.clock import utc_now
from monitor.console.page import MAX_LISTENERS
from tests.end_to_end.browser.conftest import DESK, PHONE, SIZES, SIZES_AND_SCHEMES
from tests.end_to_end.browser.pages import WatchedPage, accessibility_faults, pixels_too_wide
from tests.monitor.console.served import serving
from tests.monitor.console.snapshots import PlantedMonitor, all_away, quiet, troubled
from tests.monitor.console.test_served import listen, wait_for_room

# Chromium logs this if there are too many listeners already.
_TOO_MANY = "console: Failed to load resource: the server responded with a status of 503 (Service Unavailable)"
# Adds up the layout shifts of the page.
_SHIFTS = """() => { window.shifts = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {
    window.shifts += entry.value; })).observe({type: 'layout-shift', buffered: false}); }"""
_FOCUS = """() => { const at = document.activeElement; const style = getComputedStyle(at);
    return [at.tagName, at.textContent.trim() || at.id, style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
# Number of alerts whose badge covers a part of the sentence.
_COVERED = """() => [...document.querySelectorAll('.alert')].filter(alert => {
    const badge = alert.querySelector('.badge').getBoundingClientRect();
    const text = alert.querySelector('.text').getBoundingClientRect();
    return badge.right > text.left && badge.left < text.right && badge.bottom > text.top && badge.top < text.bottom;
}).length"""


class OpenConsole(Protocol):
    """Opens the console in a browser of its own."""

    def __call__(
        self,
        size: dict[str, int] = ...,
        *,
        path: str = "/ops",
        scripts: bool = True,
        language: str = "en",
        **options: Any,
    ) -> Page:
        """`language` is that of the page. `options` are Playwright's for a context."""
        ...


@pytest.fixture
def planted() -> PlantedMonitor:
    """Return a monitor after an hour with every alert, 600 agencies and 10,000 dead letters."""
    monitor = PlantedMonitor(quiet(utc_now()))
    for step in range(59):
        monitor.step(troubled(utc_now() - timedelta(minutes=59 - step), 1, step % 17))
    monitor.step(troubled(utc_now()))
    return monitor


@pytest.fixture
def address(planted: PlantedMonitor) -> Iterator[str]:
    """Address of the console."""
    with serving(planted) as url:
        yield url


@pytest.fixture
def open_console(chromium: Browser, address: str) -> Iterator[OpenConsole]:
    """Return a function that opens the console. At the end, no script may have failed or broken the policy."""
    opened: list[WatchedPage] = []
    with ExitStack() as stack:

        def start(
            size: dict[str, int] = PHONE,
            *,
            path: str = "/ops",
            scripts: bool = True,
            language: str = "en",
            **options: Any,
        ) -> Page:
            context = chromium.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                java_script_enabled=scripts,
                base_url=address,
                **options,
            )
            stack.callback(context.close)
            context.add_cookies([{"name": "bahasa", "value": language, "url": address}])
            opened.append(WatchedPage(context.new_page()))
            page = opened[-1].page
            page.goto(path)
            return page

        yield start
        assert [fault for watched in opened for fault in watched.faults if fault != _TOO_MANY] == []


def take_snapshot(planted: PlantedMonitor, step: int = 18, agencies: int = 600) -> None:
    """Take one more snapshot, in which some numbers are a little different."""
    planted.step(troubled(utc_now(), agencies, step))


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_the_indonesian_words_have_room(open_console: OpenConsole, size: dict[str, int]) -> None:
    """They are longer than the English ones: no badge covers the sentence beside it, and nothing is too wide."""
    page = open_console(size, language="id")

    expect(page.locator("[data-list=alerts] .badge").first).to_contain_text("SEKARANG")
    assert page.evaluate(_COVERED) == 0
    assert pixels_too_wide(page) == 0


@pytest.mark.parametrize(("size", "scheme"), SIZES_AND_SCHEMES)
def test_the_page_is_accessible(
    open_console: OpenConsole, planted: PlantedMonitor, size: dict[str, int], scheme: str
) -> None:
    """Axe finds nothing serious and nothing is too wide: with all alerts, without bus and database, without alerts."""
    page = open_console(size, color_scheme=scheme)
    faults = {}
    for name, snapshot in (("troubled", None), ("all away", all_away(utc_now())), ("quiet", quiet(utc_now()))):
        if snapshot:
            planted.step(snapshot)
            expect(page.locator("[data-fact=at]")).to_have_text(f"{snapshot.at:%H:%M:%S}")
        faults[name] = accessibility_faults(page)
        page.locator("#remaining").evaluate("details => { details.open = true; }")
        faults[name] += ["too wide"] * pixels_too_wide(page)

    assert faults == {"troubled": [], "all away": [], "quiet": []}


def test_the_most_urgent_alert_comes_first(open_console: OpenConsole) -> None:
    """Urgency is a word and a shape, not a colour alone. An alert has its start, its runbook entry and a link."""
    page = open_console()
    badges = page.locator(".alert .badge").all_inner_texts()
    first = page.locator(".alert").first

    assert badges == sorted(badges, key=["NOW", "SOON", "LATER"].index)
    assert len(set(badges)) == 3
    expect(first).to_contain_text("The disk of doors-1 is full (98.1%).")
    expect(first.locator(".since")).to_have_text(re.compile(r"^since ([\d-]+ )?\d\d:\d\d UTC \(59 min\)$"))
    expect(first.locator(".details code")).to_have_text("disk-full")
    shapes = [page.locator(f".badge .mark.{name}").first.evaluate("mark => getComputedStyle(mark).clipPath")
              for name in ("now", "soon", "later")]  # fmt: skip
    assert len(set(shapes)) == 3
    expect(page).to_have_title("(15 NOW) Satu Pintu operations")


def test_a_snapshot_changes_numbers_in_place(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Unchanged elements are not replaced, the charts continue, and the layout does not shift."""
    page = open_console(PHONE)
    lines = page.locator("[data-line] canvas")
    expect(lines.first).to_be_visible()
    count = lines.count()
    web = page.locator("[data-list=channels] [data-key=web]")
    web.evaluate("card => { card.planted = true; }")
    page.evaluate(_SHIFTS)
    for step in (18, 19):
        take_snapshot(planted, step)
        expect(web.locator(".big b")).to_have_text(str(410 + step))
    page.wait_for_timeout(100)

    assert web.evaluate("card => card.planted === true")
    assert lines.count() == count == 4 + 2 * 4
    assert web.locator("[data-line]").get_attribute("aria-label") == (
        "Accepted per minute, the last hour: up to 429 a minute"
    )
    assert page.evaluate("window.shifts") == 0


def test_an_agency_with_a_growing_queue_moves_up(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Every agency is still listed once, in order."""
    page = open_console()
    take_snapshot(planted)
    expect(page.locator("[data-list=largest] tr").first).to_contain_text("Kota Bandung 2")
    rows = page.locator("[data-list=largest] tr, [data-list=remaining] tr")
    keys = rows.evaluate_all("rows => rows.map(row => row.dataset.key)")

    queues = [queue.agency for queue in planted.snapshot.queues if queue.agency != "triage"]
    assert sorted(keys) == sorted(queues)
    assert keys == queues


def test_raised_and_cleared_alerts_are_announced(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Screen readers hear nothing else: changed numbers are not announced."""
    page = open_console()
    announcement = page.locator("#announcement")
    take_snapshot(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")
    expect(announcement).to_be_empty()
    planted.step(quiet(utc_now()))
    expect(announcement).to_contain_text("Cleared: NOW: The audit found differences")
    planted.step(all_away(utc_now()))
    expect(announcement).to_contain_text("NOW: The bus can't be reached")

    assert page.locator("[aria-live], [role=alert], [role=status]").count() == 1


def test_an_unknown_alert_is_not_announced_as_cleared(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """While the bus is away, the dead letters are unknown."""
    page = open_console()
    planted.step(all_away(utc_now()))
    expect(page.locator("#announcement")).to_contain_text("NOW: The bus can't be reached")
    expect(page.locator("#announcement")).not_to_contain_text("Cleared")


def test_agencies_can_be_filtered_by_name(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """The filter covers all agencies, also the hidden ones. A new snapshot keeps it."""
    page = open_console()
    shown = page.locator("#agencies tbody tr:visible")
    assert shown.count() == 20
    page.get_by_label("Filter agencies by name").fill("bandung 59")
    expect(page.locator("#matches")).to_have_text("3 of 600")
    assert [text.split("\t")[0] for text in shown.all_inner_texts()] == [f"Kota Bandung {n}" for n in (590, 594, 598)]
    take_snapshot(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")
    assert shown.count() == 3
    page.get_by_label("Filter agencies by name").fill("")
    assert shown.count() == 20
    page.get_by_text("580 more agencies").click()
    assert shown.count() == 600


def test_the_keyboard_reaches_every_control(open_console: OpenConsole) -> None:
    """The order is that of the page, and the focus is visible."""
    page = open_console(DESK)
    controls = page.evaluate("""() => [...document.querySelectorAll('a, input, summary')].map(
        control => control.textContent.trim() || control.id)""")
    reached = []
    for _ in controls:
        page.keyboard.press("Tab")
        _, name, style, width = page.evaluate(_FOCUS)
        reached.append(name)
        assert (style, width) == ("solid", 3), name

    assert reached == controls
    page.get_by_text("580 more agencies").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-list=remaining] tr").first).to_be_visible()


def test_the_focus_stays_when_numbers_change(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """A focused link stays focused."""
    page = open_console()
    link = page.locator("[data-list=alerts] a").first
    link.focus()
    take_snapshot(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")

    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#processes")).to_be_in_viewport()


def test_the_page_is_complete_without_scripts(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """The page reloads itself, and the filter is hidden."""
    page = open_console(PHONE, scripts=False)
    assert page.locator(".alert").count() == 31
    expect(page.get_by_label("Filter agencies by name")).to_be_hidden()
    page.get_by_text("580 more agencies").click()
    expect(page.locator("[data-key=kab-0599]")).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count() == 1


def test_a_page_without_events_shows_that_it_is_not_live(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """It shows its age in the title and in a banner, so that nobody relies on an old page."""
    page = open_console()
    expect(page.locator("#stale")).to_be_hidden()
    page.clock.install()
    page.reload()
    page.clock.run_for(40_000)
    expect(page).to_have_title(re.compile("^NOT LIVE "))
    expect(page.locator("#stale")).to_have_text(re.compile(r"^NOT LIVE: this page is \d\d s old"))
    assert accessibility_faults(page) == []
    take_snapshot(planted)
    expect(page.locator("#stale")).to_be_hidden()


def test_the_page_reloads_after_a_restart_of_the_monitor(
    open_console: OpenConsole, planted: PlantedMonitor, address: str
) -> None:
    """The new process does not know the changes. The reloaded page is live."""
    page = open_console()
    # Otherwise the open page could receive the event that is meant for the next one.
    page.goto("about:blank")
    loaded = []
    page.on("request", lambda request: loaded.append(request.url) if request.is_navigation_request() else None)
    fresh = {"body": "event: fresh\ndata:\n\n", "headers": {"Content-Type": "text/event-stream"}}
    page.route("**/ops/events**", lambda route: route.fulfill(**fresh), times=1)
    with page.expect_response("**/ops/events**"):
        page.goto(f"{address}/ops")
    page.wait_for_load_state()
    take_snapshot(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")
    for _ in range(200):
        if len(loaded) == 2:
            break
        page.wait_for_timeout(50)
    assert len(loaded) == 2


def test_the_page_tries_again_if_there_are_too_many_listeners(
    open_console: OpenConsole, planted: PlantedMonitor, address: str
) -> None:
    """The page is shown, and connects later by itself.

    Every answer is recorded from the first request on. The page's clock runs also without `run_for`, so the page may
    try again at any moment; and it may handle the refusal after the first `run_for`, which then has no effect.
    """
    # A page that was loaded before would send a request of its own.
    page = open_console(DESK, path="about:blank")
    page.clock.install()
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if "/ops/events" in answer.url else None)
    with ExitStack() as stack:
        for _ in range(MAX_LISTENERS):
            stack.enter_context(listen(address))
        with page.expect_response("**/ops/events**"):
            page.goto("/ops")
        assert statuses == [503]
        expect(page.locator(".alert").first).to_be_visible()
    wait_for_room(address)
    for _ in range(200):
        page.clock.run_for(16_000)
        page.wait_for_timeout(50)
        if statuses[-1] == 200:
            break
    assert (statuses[0], statuses[-1]) == (503, 200)


def test_reduced_motion_is_respected(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """A raised alert has a fading edge, but not with reduced motion."""
    for motion, name in (("reduce", "none"), ("no-preference", "raised")):
        planted.step(quiet(utc_now()))
        page = open_console(reduced_motion=motion)
        planted.step(all_away(utc_now()))
        raised = page.locator(".alert.raised").first
        expect(raised).to_be_visible()
        assert raised.evaluate("row => getComputedStyle(row).animationName") == name
