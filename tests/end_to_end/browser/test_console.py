"""The operations console in a real browser: on a telephone and at a desk, by day and by night, by keys alone."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect

from app.clock import utc_now
from monitor.console.page import MAX_LISTENERS
from tests.end_to_end.browser.conftest import DESK, PHONE, SIZES
from tests.end_to_end.browser.pages import Watched, serious, sideways
from tests.monitor.console.served import serving
from tests.monitor.console.snapshots import PlantedMonitor, all_away, quiet, troubled
from tests.monitor.console.test_served import listen, wait_for_room

SCHEMES = ["light", "dark"]
# Chromium says so where too many listen already.
_FULL = "console: Failed to load resource: the server responded with a status of 503 (Service Unavailable)"
# Adds up by how much what is seen moved by itself.
_SHIFTS = """() => { window.shifts = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {
    window.shifts += entry.value; })).observe({type: 'layout-shift', buffered: false}); }"""
_FOCUS = """() => { const at = document.activeElement; const style = getComputedStyle(at);
    return [at.tagName, at.textContent.trim() || at.id, style.outlineStyle, parseFloat(style.outlineWidth)]; }"""


class OpenConsole(Protocol):
    """Opens the console in a browser of its own."""

    def __call__(self, size: dict[str, int] = ..., *, scripts: bool = True, **options: Any) -> Page:
        """`options` are Playwright's for a context."""
        ...


@pytest.fixture
def planted() -> PlantedMonitor:
    """An hour in which everything went wrong, at 600 agencies and with 10,000 dead letters."""
    made = PlantedMonitor(quiet(utc_now()))
    for step in range(59):
        made.step(troubled(utc_now() - timedelta(minutes=59 - step), 1, step % 17))
    made.step(troubled(utc_now()))
    return made


@pytest.fixture
def address(planted: PlantedMonitor) -> Iterator[str]:
    """Where it is served."""
    with serving(planted) as made:
        yield made


@pytest.fixture
def open_console(chromium: Browser, address: str) -> Iterator[OpenConsole]:
    """At the end no script may have failed, and nothing have broken the policy."""
    opened: list[Watched] = []
    with ExitStack() as stack:

        def start(size: dict[str, int] = PHONE, *, scripts: bool = True, **options: Any) -> Page:
            context = chromium.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                java_script_enabled=scripts,
                base_url=address,
                **options,
            )
            stack.callback(context.close)
            opened.append(Watched(context.new_page()))
            page = opened[-1].page
            page.goto("/ops")
            return page

        yield start
        assert [said for watched in opened for said in watched.wrong if said != _FULL] == []


def look(planted: PlantedMonitor, step: int = 18, agencies: int = 600) -> None:
    """One more look, in which the numbers moved a little."""
    planted.step(troubled(utc_now(), agencies, step))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_is_kept_out(
    open_console: OpenConsole, planted: PlantedMonitor, size: dict[str, int], scheme: str
) -> None:
    """Nothing serious is found (axe) in trouble, without bus and database, or when all is well; nothing is too wide."""
    page = open_console(size, color_scheme=scheme)
    found = {}
    for name, seen in (("trouble", None), ("dark", all_away(utc_now())), ("well", quiet(utc_now()))):
        if seen:
            planted.step(seen)
            expect(page.locator("[data-fact=at]")).to_have_text(f"{seen.at:%H:%M:%S}")
        found[name] = serious(page)
        page.locator("#more").evaluate("details => { details.open = true; }")
        found[name] += ["wide"] * sideways(page)

    assert found == {"trouble": [], "dark": [], "well": []}


def test_the_most_urgent_comes_first(open_console: OpenConsole) -> None:
    """By word and shape, not by colour alone; each with since when, its entry in the runbook and where to see more."""
    page = open_console()
    badges = page.locator(".concern .badge").all_inner_texts()
    first = page.locator(".concern").first

    assert badges == sorted(badges, key=["NOW", "SOON", "LOOK"].index)
    assert len(set(badges)) == 3
    expect(first).to_contain_text("The audit found differences: 2 lost, 1 misfiled.")
    expect(first.locator(".since")).to_have_text(re.compile(r"^since (\d+ \w+ )?\d\d:\d\d UTC \(59 min\)$"))
    expect(first.locator(".more code")).to_have_text("audit")
    shapes = [page.locator(f".badge .mark.{name}").first.evaluate("mark => getComputedStyle(mark).clipPath")
              for name in ("now", "soon", "look")]  # fmt: skip
    assert len(set(shapes)) == 3
    expect(page).to_have_title("(12 NOW) Satu Pintu operations")


@pytest.mark.parametrize("size", SIZES)
def test_a_look_arrives_and_nothing_jumps(
    open_console: OpenConsole, planted: PlantedMonitor, size: dict[str, int]
) -> None:
    """Numbers change where they stand, the lines go on, and what stays is the very same element."""
    page = open_console(size)
    lines = page.locator("[data-line] canvas")
    expect(lines.first).to_be_visible()
    count = lines.count()
    web = page.locator("[data-list=channels] [data-key=web]")
    web.evaluate("card => { card.planted = true; }")
    page.evaluate(_SHIFTS)
    for step in (18, 19):
        look(planted, step)
        expect(web.locator(".big b")).to_have_text(str(410 + step))
    page.wait_for_timeout(100)

    assert web.evaluate("card => card.planted === true")
    assert lines.count() == count == 4 + 2 * 4
    assert web.locator("[data-line]").get_attribute("aria-label") == (
        "Accepted per minute, the last hour: up to 429 a minute"
    )
    assert page.evaluate("window.shifts") == 0


def test_an_agency_that_fills_rises(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """It takes its place among the fullest, and every agency is still there once, in order."""
    page = open_console()
    look(planted)
    expect(page.locator("[data-list=fullest] tr").first).to_contain_text("Kota Bandung 2")
    rows = page.locator("[data-list=fullest] tr, [data-list=rest] tr")
    keys = rows.evaluate_all("rows => rows.map(row => row.dataset.key)")

    queues = [queue.agency for queue in planted.snapshot.queues if queue.agency != "triage"]
    assert sorted(keys) == sorted(queues)
    assert keys == queues


def test_what_began_and_what_is_over_is_said(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Only that: a reader who listens is not told each number, and nothing else on the page speaks."""
    page = open_console()
    told = page.locator("#told")
    look(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")
    expect(told).to_be_empty()
    planted.step(quiet(utc_now()))
    expect(told).to_contain_text("Over: NOW: The audit found differences")
    planted.step(all_away(utc_now()))
    expect(told).to_contain_text("NOW: The bus can't be reached")

    assert page.locator("[aria-live], [role=alert], [role=status]").count() == 1


def test_what_cannot_be_seen_is_not_said_to_be_over(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Of dead letters nobody knows while the bus is away."""
    page = open_console()
    planted.step(all_away(utc_now()))
    expect(page.locator("#told")).to_contain_text("NOW: The bus can't be reached")
    expect(page.locator("#told")).not_to_contain_text("Over")


def test_an_agency_is_found_by_its_name(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Among all of them, those that were not shown as well; a new look does not undo it."""
    page = open_console()
    shown = page.locator("#agencies tbody tr:visible")
    assert shown.count() == 20
    page.get_by_label("Show agencies named").fill("bandung 59")
    expect(page.locator("#matches")).to_have_text("3 of 600")
    assert [text.split("\t")[0] for text in shown.all_inner_texts()] == [f"Kota Bandung {n}" for n in (590, 594, 598)]
    look(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")
    assert shown.count() == 3
    page.get_by_label("Show agencies named").fill("")
    assert shown.count() == 20
    page.get_by_text("The other 580 agencies").click()
    assert shown.count() == 600


@pytest.mark.parametrize("size", SIZES)
def test_keys_reach_everything(open_console: OpenConsole, size: dict[str, int]) -> None:
    """In the order of the page, and one sees where one is."""
    page = open_console(size)
    wanted = page.evaluate("""() => [...document.querySelectorAll('a, input, summary')].map(
        each => each.textContent.trim() || each.id)""")
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        _, name, style, width = page.evaluate(_FOCUS)
        reached.append(name)
        assert (style, width) == ("solid", 3), name

    assert reached == wanted
    page.get_by_text("The other 580 agencies").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-list=rest] tr").first).to_be_visible()


def test_focus_stays_while_numbers_change(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Who is about to follow a link does not lose it."""
    page = open_console()
    link = page.locator("[data-list=concerns] a").first
    link.focus()
    look(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")

    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stages")).to_be_in_viewport()


@pytest.mark.parametrize("size", SIZES)
def test_without_scripts_everything_is_shown(
    open_console: OpenConsole, planted: PlantedMonitor, size: dict[str, int]
) -> None:
    """The page loads itself again; what only scripts can do is not offered."""
    page = open_console(size, scripts=False)
    assert page.locator(".concern").count() == 25
    expect(page.get_by_label("Show agencies named")).to_be_hidden()
    page.get_by_text("The other 580 agencies").click()
    expect(page.locator("[data-key=kab-0599]")).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count() == 1


def test_a_page_that_hears_nothing_says_so(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """Loudly, and how old it is; a picture of half an hour ago must not be taken for one of now."""
    page = open_console()
    expect(page.locator("#stale")).to_be_hidden()
    page.clock.install()
    page.reload()
    page.clock.run_for(40_000)
    expect(page).to_have_title(re.compile("^NOT LIVE "))
    expect(page.locator("#stale")).to_have_text(re.compile(r"^NOT LIVE: this is how it was \d\d s ago"))
    assert serious(page) == []
    look(planted)
    expect(page.locator("#stale")).to_be_hidden()


def test_another_process_is_another_page(open_console: OpenConsole, planted: PlantedMonitor, address: str) -> None:
    """After a restart what changed can't be told: the page loads itself again, and is live."""
    page = open_console()
    # Else the page that stands there could hear what is meant for the next.
    page.goto("about:blank")
    loaded = []
    page.on("request", lambda request: loaded.append(request.url) if request.is_navigation_request() else None)
    fresh = {"body": "event: fresh\ndata:\n\n", "headers": {"Content-Type": "text/event-stream"}}
    page.route("**/ops/events**", lambda route: route.fulfill(**fresh), times=1)
    with page.expect_response("**/ops/events**"):
        page.goto(f"{address}/ops")
    page.wait_for_load_state()
    look(planted)
    expect(page.locator("[data-list=channels] [data-key=web] .big b")).to_have_text("428")
    for _ in range(200):
        if len(loaded) == 2:
            break
        page.wait_for_timeout(50)
    assert len(loaded) == 2


def test_where_too_many_listen(open_console: OpenConsole, planted: PlantedMonitor, address: str) -> None:
    """The page stands, and tries again by itself."""
    with ExitStack() as stack:
        for _ in range(MAX_LISTENERS):
            stack.enter_context(listen(address))
        page = open_console(DESK)
        page.clock.install()
        with page.expect_response("**/ops/events**") as refused:
            page.reload()
        assert refused.value.status == 503
    wait_for_room(address)
    with page.expect_response("**/ops/events**") as again:
        page.clock.run_for(16_000)
    assert again.value.status == 200


def test_nothing_moves_for_who_wants_no_motion(open_console: OpenConsole, planted: PlantedMonitor) -> None:
    """What began is marked by a fading edge, for those who may see one fade."""
    for motion, name in (("reduce", "none"), ("no-preference", "began")):
        planted.step(quiet(utc_now()))
        page = open_console(reduced_motion=motion)
        planted.step(all_away(utc_now()))
        began = page.locator(".concern.began").first
        expect(began).to_be_visible()
        assert began.evaluate("row => getComputedStyle(row).animationName") == name
