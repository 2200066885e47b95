"""The console over HTTP: the page, its files and its event streams."""

import asyncio
import gzip
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from app.clock import utc_now
from monitor.console.page import MAX_LISTENERS, EventStream
from tests.monitor.console.served import DESK_ADDRESS, serving
from tests.monitor.console.snapshots import PlantedMonitor, quiet, troubled

# Compressed size of the page with all alerts, and of its files.
MAX_PAGE_BYTES = 25_000
MAX_FILES_BYTES = 40_000
# Time that the server gives to open requests at its end, in seconds: longer than the patience of `serving`.
_ENDLESS = 3600
_ENGLISH = {"Cookie": "bahasa=en"}


@pytest.fixture
def planted() -> PlantedMonitor:
    """Return a monitor after one snapshot with every alert."""
    monitor = PlantedMonitor(troubled(utc_now(), 700))
    monitor.loop.step()
    return monitor


@pytest.fixture
def address(planted: PlantedMonitor) -> Iterator[str]:
    """Address of the console."""
    with serving(planted) as url:
        yield url


def listen(address: str, after: str = "", **headers: str) -> requests.Response:
    """Open an event stream."""
    answer = requests.get(f"{address}/ops/events", {"after": after}, stream=True, timeout=30, headers=headers)
    assert answer.status_code == 200
    return answer


def events(answer: requests.Response) -> Iterator[list[str]]:
    """Yield the lines of each event."""
    lines: list[str] = []
    for line in answer.iter_lines(chunk_size=None, decode_unicode=True):
        if line:
            lines.append(line)
        elif lines:
            yield lines
            lines = []


def wait_for_room(address: str) -> None:
    """Wait until one more stream may be opened."""
    deadline = time.monotonic() + 20
    while (answer := requests.get(f"{address}/ops/events", stream=True, timeout=30)).status_code == 503:
        assert time.monotonic() < deadline
    answer.close()


def shown_id(address: str) -> str:
    """Return the event id that the page shows."""
    match = re.search(r'data-id="([^"]+)"', requests.get(f"{address}/ops", timeout=30).text)
    assert match
    return match[1]


@pytest.mark.parametrize("path", ["/ops", "/ops/"])
def test_the_page_is_complete_without_scripts(address: str, path: str) -> None:
    """It contains all rows and reloads itself. It is never cached."""
    answer = requests.get(address + path, headers=_ENGLISH, timeout=30)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    for text in ("The SMS door of doors-1 is shut", "Kabupaten Semarang 1<", "Kota Bandung 698<", "10,000"):
        assert text in answer.text
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in answer.text


def test_nothing_is_loaded_from_another_host(address: str) -> None:
    """Scripts and styles are files of this port. The policy allows no others. Only links lead to the desk."""
    answer = requests.get(f"{address}/ops", timeout=30)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))

    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    addresses = re.findall(r'<(\w+)[^>]*? (?:href|src)="([^"]*)"', answer.text)
    elsewhere = {(tag, link) for tag, link in addresses if not link.startswith(("/", "#", "?", "data:"))}
    assert {tag for tag, _ in elsewhere} == {"a"}
    assert all(link.startswith(f"{DESK_ADDRESS}/desk") for _, link in elsewhere)
    nonce = policy["style-src"].removeprefix("'nonce-").removesuffix("'")
    assert answer.text.count(f'nonce="{nonce}"') == len(re.findall(r'rel="stylesheet"', answer.text)) == 2


def test_files_are_cached_for_a_year(address: str) -> None:
    """Their address changes with their content. A file without hash and the licence are not served."""
    page = requests.get(f"{address}/ops", timeout=30).text
    files = re.findall(r'/ops/static/[^"]+', page)
    answers = [requests.get(address + file, timeout=30) for file in files]

    assert [answer.headers["Content-Type"].split(";")[0] for answer in answers] == ["text/css"] * 2 + [
        "text/javascript"
    ] * 2
    assert {answer.headers["Cache-Control"] for answer in answers} == {"public, max-age=31536000, immutable"}
    for name in ("console.js", "uPlot.LICENSE", "..%2fpage.py", ""):
        assert requests.get(f"{address}/ops/static/{name}", timeout=30).status_code == 404


def test_the_page_is_small(address: str) -> None:
    """It is small with 700 agencies and all alerts, for a mobile connection."""
    page = requests.get(f"{address}/ops", timeout=30)
    files = [requests.get(address + file, timeout=30).content for file in re.findall(r'/ops/static/[^"]+', page.text)]

    assert page.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(page.content)) < MAX_PAGE_BYTES
    assert sum(len(gzip.compress(file)) for file in files) < MAX_FILES_BYTES


def test_before_the_first_snapshot(planted: PlantedMonitor) -> None:
    """The page says that the snapshot is being taken, and reloads after it."""
    unstarted = PlantedMonitor(quiet(utc_now()))
    with serving(unstarted) as address:
        answer = requests.get(f"{address}/ops", timeout=30)
        assert answer.status_code == 503
        assert "Data pertama sedang diambil." in answer.text
        stream = events(listen(address, shown_id(address)))
        assert next(stream) == ["retry: 2000"]
        unstarted.loop.step()
        assert next(stream) == ["event: fresh", "data:"]


def test_an_old_snapshot_shows_its_age(planted: PlantedMonitor) -> None:
    """The monitor may hang. Without scripts nothing else would show that."""
    planted.step(planted.snapshot.model_copy(update={"at": utc_now().replace(year=2025)}))
    with serving(planted) as address:
        page = requests.get(f"{address}/ops", headers=_ENGLISH, timeout=30).text
        assert re.search(r", \d+ s old when this page was loaded", page)


def test_events_have_the_language_of_the_page(address: str, planted: PlantedMonitor) -> None:
    """The page is Indonesian, or English by choice, and so are its events. After a change of language it reloads."""
    indonesian = requests.get(f"{address}/ops", timeout=30)
    english = requests.get(f"{address}/ops?bahasa=en", timeout=30)
    assert ('<html lang="id">' in indonesian.text, '<html lang="en">' in english.text) == (True, True)
    assert "Peringatan aktif" in indonesian.text
    first_id = shown_id(address)
    streams = {language: events(listen(address, first_id, Cookie=f"bahasa={language}")) for language in ("id", "en")}
    assert [next(stream) for stream in streams.values()] == [["retry: 2000"]] * 2
    assert next(streams["en"]) == ["event: fresh", "data:"]
    planted.step(troubled(utc_now(), 700, step=1))
    assert "dtk lalu" in next(streams["id"])[1]


def test_each_snapshot_is_one_event(address: str, planted: PlantedMonitor) -> None:
    """Every listener gets the same event. It is never cached."""
    answers = [listen(address, shown_id(address)) for _ in range(3)]
    streams = [events(answer) for answer in answers]
    first_events = [next(stream) for stream in streams]
    planted.step(troubled(utc_now(), 700, step=1))
    changes = [next(stream) for stream in streams]

    assert first_events == [["retry: 2000"]] * 3
    assert changes[0] == changes[1] == changes[2]
    assert changes[0][0].endswith("-2")
    assert (answers[0].headers["Content-Type"].split(";")[0], answers[0].headers["Cache-Control"]) == (
        "text/event-stream",
        "no-store",
    )


def test_a_reconnecting_browser_continues_after_its_last_event(address: str, planted: PlantedMonitor) -> None:
    """The header `Last-Event-ID` counts more than the id in the address."""
    first_id = shown_id(address)
    planted.step(troubled(utc_now(), 700, step=1))
    second_id = shown_id(address)
    planted.step(troubled(utc_now(), 700, step=2))
    stream = events(listen(address, first_id, **{"Last-Event-ID": second_id}))
    next(stream)

    assert next(stream)[0].endswith("-3")


def test_the_number_of_listeners_is_limited(address: str, planted: PlantedMonitor) -> None:
    """The next one gets 503 with Retry-After. A listener that disconnects frees its place."""
    with ExitStack() as stack:
        answers = [stack.enter_context(listen(address)) for _ in range(MAX_LISTENERS)]
        refused = requests.get(f"{address}/ops/events", timeout=30)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "15")
        answers[0].close()
        wait_for_room(address)


def test_open_streams_do_not_delay_the_stop(planted: PlantedMonitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """All streams end by themselves when the service stops. The server, which waits for them, ends then too."""
    monkeypatch.setattr("app.assembly.operations_http._SHUTDOWN_SECONDS", _ENDLESS)
    with serving(planted) as address:
        streams = [events(listen(address, shown_id(address))) for _ in range(3)]
        assert [next(stream) for stream in streams] == [["retry: 2000"]] * 3
    assert [list(stream) for stream in streams] == [[], [], []]


def test_a_client_that_reads_nothing_delays_no_other(planted: PlantedMonitor) -> None:
    """Other listeners get every event, and the service can stop."""
    with serving(planted) as address:
        event_id = shown_id(address)
        url = urlsplit(address)
        with socket.socket() as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sleeper.connect((url.hostname, url.port))
            sleeper.sendall(f"GET /ops/events?after={event_id} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            stream = events(listen(address, event_id))
            next(stream)
            for step in range(20):
                # Every row of 700 agencies changes each time: more than the receive buffer of the sleeping client.
                agencies = troubled(utc_now(), 700 - step).queues
                planted.step(troubled(utc_now(), 700, step).model_copy(update={"queues": agencies}))
                assert next(stream)[0].endswith(f"-{step + 2}")
            planted.stopping.set()
            assert list(stream) == []


def test_a_client_that_reads_nothing_is_disconnected() -> None:
    """Its place becomes free for another listener."""
    endings = []

    async def events() -> AsyncIterator[bytes]:
        yield b":\n\n"

    async def never(_: object = None) -> Any:
        await asyncio.Event().wait()

    async def stream() -> None:
        answer = EventStream(events(), lambda: endings.append(True), send_timeout=0.01)
        await asyncio.wait_for(answer({"type": "http"}, never, never), 10)

    asyncio.run(stream())
    assert endings == [True]


def test_programs_read_the_state_as_json(address: str) -> None:
    """The active alerts have the key `concerns`."""
    state = requests.get(f"{address}/ops/state", timeout=30).json()

    assert (state["number"], len(state["queues"]), state["concerns"][0]["name"]) == (1, 701, "disk-full")
