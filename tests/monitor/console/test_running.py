"""The console of a running service."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from tests.monitor.console.served import is_listening
from tests.monitor.console.test_served import events, listen, shown_id
from tests.support.service import RunningService

_PATIENCE_SECONDS = 30


@pytest.fixture
def monitor(process_database: Mapping[str, str], tmp_path: Path) -> Iterator[RunningService]:
    """A process that runs only the monitor."""
    made = RunningService(tmp_path, **process_database)
    made.start("monitor")
    yield made
    made.close()


def test_the_monitor_shows_its_snapshots_and_stops(monitor: RunningService) -> None:
    """A page that was opened before the first snapshot reloads after it. Open pages do not delay the stop."""
    port = monitor.settings.port + 2
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_listening(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    address = f"http://127.0.0.1:{port}"
    early_page = events(listen(address, shown_id(address)))
    assert [next(early_page), next(early_page)] == [["retry: 2000"], ["event: fresh", "data:"]]
    page = requests.get(f"{address}/ops", timeout=30)
    assert "Tidak ada proses yang menjalankan normalize. Belum ada pesan yang menunggu." in page.text
    later_page = events(listen(address, shown_id(address)))
    assert next(later_page) == ["retry: 2000"]

    assert monitor.stop() == [0]
    assert [list(later_page), list(early_page)] == [[], []]
