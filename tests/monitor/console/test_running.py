"""The console of a service that runs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.monitor.console.served import listens
from tests.monitor.console.test_served import events, listen, shown
from tests.support.service import Whole

_PATIENCE_SECONDS = 30
# Below what a browser that is not let go would take: uvicorn gives it five seconds.
_PROMPTLY = 4.0


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Whole]:
    """A process that only watches."""
    made = Whole(tmp_path)
    made.start("monitor")
    yield made
    made.close()


def test_it_looks_shows_and_ends(monitor: Whole) -> None:
    """Whoever opens the page early is told when there is something to see, and holds up nobody's end."""
    port = monitor.settings.port + 2
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not listens(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    address = f"http://127.0.0.1:{port}"
    early = events(listen(address, shown(address)))
    assert [next(early), next(early)] == [["retry: 2000"], ["event: fresh", "data:"]]
    page = requests.get(f"{address}/ops", timeout=30)
    assert "Nobody works normalize: nothing waits yet." in page.text
    heard = events(listen(address, shown(address)))
    assert next(heard) == ["retry: 2000"]
    began = time.monotonic()

    assert monitor.stop() == [0]
    assert time.monotonic() - began < _PROMPTLY
    assert [list(heard), list(early)] == [[], []]
