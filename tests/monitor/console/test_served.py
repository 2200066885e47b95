"""The console over HTTP: the page, its files, and the streams of those who listen."""

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
from monitor.console.event_stream import EventStream
from monitor.console.page import MOST_LISTENERS
from tests.monitor.console.served import serving
from tests.monitor.console.snapshots import Planted, quiet, troubled

# The page with everything in it that there can be, and the files that it needs: compressed, as it goes over the line.
MOST_PAGE_BYTES = 25_000
MOST_FILES_BYTES = 40_000
# What a stream may take to end; a second is for a busy machine.
_PROMPTLY = 2.0


@pytest.fixture
def planted() -> Planted:
    """A service in trouble, looked at once."""
    made = Planted(troubled(utc_now(), 700))
    made.watching.step()
    return made


@pytest.fixture
def address(planted: Planted) -> Iterator[str]:
    """Where it is served."""
    with serving(planted) as made:
        yield made


def listen(address: str, after: str = "", **headers: str) -> requests.Response:
    """Begin to listen."""
    answer = requests.get(f"{address}/ops/events", {"after": after}, stream=True, timeout=30, headers=headers)
    assert answer.status_code == 200
    return answer


def events(answer: requests.Response) -> Iterator[list[str]]:
    """Each event's lines."""
    lines: list[str] = []
    for line in answer.iter_lines(chunk_size=None, decode_unicode=True):
        if line:
            lines.append(line)
        elif lines:
            yield lines
            lines = []


def wait_for_room(address: str) -> None:
    """Until one more may listen."""
    deadline = time.monotonic() + 20
    while (answer := requests.get(f"{address}/ops/events", stream=True, timeout=30)).status_code == 503:
        assert time.monotonic() < deadline
    answer.close()


def shown(address: str) -> str:
    """The id of the look that the page shows."""
    found = re.search(r'data-id="([^"]+)"', requests.get(f"{address}/ops", timeout=30).text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/ops", "/ops/"])
def test_the_page_stands_without_scripts(address: str, path: str) -> None:
    """Everything is in it, and it loads itself again; nobody keeps a copy."""
    answer = requests.get(address + path, timeout=30)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    for text in ("The SMS door of doors-1 is shut", "Kabupaten Semarang 1<", "Kota Bandung 698<", "10,000"):
        assert text in answer.text
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in answer.text


def test_nothing_comes_from_elsewhere(address: str) -> None:
    """Scripts and styles are files of this port, and the policy allows no others."""
    answer = requests.get(f"{address}/ops", timeout=30)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))

    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert all(place.startswith(("/", "#", "data:")) for place in re.findall(r'(?:href|src)="([^"]*)"', answer.text))
    nonce = policy["style-src"].removeprefix("'nonce-").removesuffix("'")
    assert answer.text.count(f'nonce="{nonce}"') == len(re.findall(r'rel="stylesheet"', answer.text)) == 2


def test_files_are_kept_for_ever(address: str) -> None:
    """Their address changes with what is in them; another address is none. The licence lies beside."""
    page = requests.get(f"{address}/ops", timeout=30).text
    files = re.findall(r'/ops/static/[^"]+', page)
    answers = [requests.get(address + file, timeout=30) for file in files]

    assert [answer.headers["Content-Type"].split(";")[0] for answer in answers] == ["text/css"] * 2 + [
        "text/javascript"
    ] * 2
    assert {answer.headers["Cache-Control"] for answer in answers} == {"public, max-age=31536000, immutable"}
    for name in ("console.js", "uPlot.LICENSE", "..%2fpage.py", ""):
        assert requests.get(f"{address}/ops/static/{name}", timeout=30).status_code == 404


def test_the_page_is_light(address: str) -> None:
    """With 700 agencies and every kind of concern it goes over a telephone's line in a moment."""
    page = requests.get(f"{address}/ops", timeout=30)
    files = [requests.get(address + file, timeout=30).content for file in re.findall(r'/ops/static/[^"]+', page.text)]

    assert page.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(page.content)) < MOST_PAGE_BYTES
    assert sum(len(gzip.compress(file)) for file in files) < MOST_FILES_BYTES


def test_before_the_first_look(planted: Planted) -> None:
    """The page says that it comes, and then it is told to load again."""
    early = Planted(quiet(utc_now()))
    with serving(early) as address:
        answer = requests.get(f"{address}/ops", timeout=30)
        assert answer.status_code == 503
        assert "The first look at the service is under way" in answer.text
        heard = events(listen(address, shown(address)))
        assert next(heard) == ["retry: 2000"]
        early.watching.step()
        assert next(heard) == ["event: fresh", "data:"]


def test_an_old_look_says_how_old_it_is(planted: Planted) -> None:
    """Without scripts nothing else would: the monitor may hang."""
    planted.step(planted.seen.model_copy(update={"at": utc_now().replace(year=2025)}))
    with serving(planted) as address:
        assert re.search(r", \d+ s before this page was made", requests.get(f"{address}/ops", timeout=30).text)


def test_each_look_is_one_event(address: str, planted: Planted) -> None:
    """It comes to everybody who listens, and nobody keeps a copy."""
    answers = [listen(address, shown(address)) for _ in range(3)]
    heard = [events(answer) for answer in answers]
    first = [next(one) for one in heard]
    planted.step(troubled(utc_now(), 700, step=1))
    said = [next(one) for one in heard]

    assert first == [["retry: 2000"]] * 3
    assert said[0] == said[1] == said[2]
    assert said[0][0].endswith("-2")
    assert (answers[0].headers["Content-Type"].split(";")[0], answers[0].headers["Cache-Control"]) == (
        "text/event-stream",
        "no-store",
    )


def test_who_comes_again_goes_on(address: str, planted: Planted) -> None:
    """The browser says what it heard last, and that counts more than the page's address."""
    began = shown(address)
    planted.step(troubled(utc_now(), 700, step=1))
    second = shown(address)
    planted.step(troubled(utc_now(), 700, step=2))
    heard = events(listen(address, began, **{"Last-Event-ID": second}))
    next(heard)

    assert next(heard)[0].endswith("-3")


def test_so_many_may_listen(address: str, planted: Planted) -> None:
    """The next is told when to come again; who goes makes room."""
    with ExitStack() as stack:
        listening = [stack.enter_context(listen(address)) for _ in range(MOST_LISTENERS)]
        refused = requests.get(f"{address}/ops/events", timeout=30)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "15")
        listening[0].close()
        wait_for_room(address)


def test_the_end_does_not_wait_for_browsers(planted: Planted) -> None:
    """Whoever listens is let go at once when the service stops."""
    with serving(planted) as address:
        heard = [events(listen(address, shown(address))) for _ in range(3)]
        assert [next(one) for one in heard] == [["retry: 2000"]] * 3
        began = time.monotonic()
    assert time.monotonic() - began < _PROMPTLY
    assert [list(one) for one in heard] == [[], [], []]


def test_who_takes_nothing_holds_nobody_up(planted: Planted) -> None:
    """Others hear every look, and the service ends, though a browser does not read what it asked for."""
    with serving(planted) as address:
        known = shown(address)
        where = urlsplit(address)
        with socket.socket() as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sleeper.connect((where.hostname, where.port))
            sleeper.sendall(f"GET /ops/events?after={known} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            heard = events(listen(address, known))
            next(heard)
            for step in range(20):
                # Every row of 700 changes each time: more than a telephone that sleeps has room for.
                agencies = troubled(utc_now(), 700 - step).queues
                planted.step(troubled(utc_now(), 700, step).model_copy(update={"queues": agencies}))
                assert next(heard)[0].endswith(f"-{step + 2}")
            began = time.monotonic()
            planted.stopping.set()
            assert list(heard) == []
            assert time.monotonic() - began < _PROMPTLY


def test_who_takes_nothing_is_let_go() -> None:
    """A browser that sleeps does not keep its place for ever."""
    ended = []

    async def events() -> AsyncIterator[bytes]:
        yield b":\n\n"

    async def never(_: object = None) -> Any:
        await asyncio.Event().wait()

    async def stream() -> None:
        answer = EventStream(events(), lambda: ended.append(True), patience=0.01)
        await asyncio.wait_for(answer({"type": "http"}, never, never), 10)

    asyncio.run(stream())
    assert ended == [True]


def test_programs_read_the_same(address: str) -> None:
    """As JSON."""
    said = requests.get(f"{address}/ops/state", timeout=30).json()

    assert (said["number"], len(said["queues"]), said["concerns"][0]["name"]) == (1, 701, "audit")
