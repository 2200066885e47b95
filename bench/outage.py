"""Measures the doors during an hour's worth of load while Kafka is stopped: acceptance, time and memory.

`python -m bench.outage [MESSAGES]` starts a real Apache Kafka and the ingest process, stops the broker, posts MESSAGES
form reports on a few kept-alive connections, starts the broker again and waits until the spool is empty. It prints one
JSON object: resident memory before, at its highest and afterwards (bytes), processor time per message (µs), and the
counts that must be equal.
"""

import json
import resource
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from bench.processes import cpu_seconds
from messages import topics
from tests.bus.kafka.node import Node
from tests.support.service import RunningService

_CONNECTIONS = 8
# Fifty times the busiest hour of an average day, which has 1,435 reports.
_HOUR_MESSAGES = 30_000
# Messages before the measurement, so that everything is loaded.
_WARM_UP_MESSAGES = 200
_PAGE_BYTES = resource.getpagesize()


def main(messages: int) -> dict[str, object]:
    """Run the measurement; return its figures."""
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        node = Node()
        node.start()
        service = RunningService(Path(folder), node.bootstrap)
        try:
            return _measure(service, node, messages)
        finally:
            service.close()
            node.close()


def _measure(service: RunningService, node: Node, messages: int) -> dict[str, object]:
    service.start("ingest")
    _post(service, 0, _WARM_UP_MESSAGES)
    rss_before, cpu_before = _rss(service), _cpu_seconds(service)
    node.stop()
    memory = _MemoryWatch(service)
    memory.start()
    began = time.monotonic()
    accepted = _post(service, _WARM_UP_MESSAGES, messages)
    accept_seconds = time.monotonic() - began
    used_seconds = _cpu_seconds(service) - cpu_before
    spooled, spool_bytes = len(service.parts.doors.spool), service.parts.doors.spool.held_bytes
    node.start()
    began = time.monotonic()
    while len(service.parts.doors.spool):
        time.sleep(0.5)
    drain_seconds = time.monotonic() - began
    memory.stop()
    return {
        "sent": messages,
        "accepted": accepted,
        "spooled": spooled,
        "on_the_topic": _count_on_topic(service),
        "spool_bytes": spool_bytes,
        "rss_before": rss_before,
        "rss_highest": memory.highest,
        "rss_after": _rss(service),
        "cpu_us_per_message": round(used_seconds / messages * 1e6),
        "accept_seconds": round(accept_seconds, 1),
        "drain_seconds": round(drain_seconds, 1),
    }


def _post(service: RunningService, first: int, count: int) -> int:
    """Post numbered reports; return how many were accepted."""
    address = f"http://127.0.0.1:{service.settings.port}/web/reports"
    local = threading.local()

    def post(number: int) -> bool:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        report = {"text": f"Laporan nomor {number}. " + "Lampu jalan padam sejak kemarin. " * 20}
        return bool(local.session.post(address, json=report, timeout=30).status_code == requests.codes.accepted)

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return sum(pool.map(post, range(first, first + count)))


def _count_on_topic(service: RunningService) -> int:
    reader = service.parts.bus.reader()
    try:
        return len({dict(record.headers)["ce_id"] for record in reader.read([topics.raw_topic("web")])})
    finally:
        reader.close()


def _rss(service: RunningService) -> int:
    return int(Path(f"/proc/{service.pids[0]}/statm").read_text().split()[1]) * _PAGE_BYTES


def _cpu_seconds(service: RunningService) -> float:
    """Return the processor time of the process in seconds."""
    return cpu_seconds(service.pids[:1])


class _MemoryWatch(threading.Thread):
    """Records the highest memory of the process, twice a second."""

    def __init__(self, service: RunningService) -> None:
        super().__init__()
        self._service = service
        self._stopping = threading.Event()
        self.highest = 0

    def run(self) -> None:
        """See `threading.Thread`."""
        while not self._stopping.wait(0.5):
            self.highest = max(self.highest, _rss(self._service))

    def stop(self) -> None:
        """End the recording."""
        self._stopping.set()
        self.join()


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else _HOUR_MESSAGES)))  # noqa: T201 - the result
