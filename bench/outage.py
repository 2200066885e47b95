"""An hour's worth of load while Kafka is stopped: what the doors accept, how long they take, what they hold in memory.

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

from messages import topics
from tests.bus.kafka.node import Node
from tests.support.service import Whole

_AT_ONCE = 8
# 1,435 reports a day is the service's average; fifty times the busiest hour of such a day.
_HOUR = 30_000
_PAGE = resource.getpagesize()


def main(messages: int) -> dict[str, object]:
    """Run it; returns what was measured."""
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        node = Node()
        node.start()
        whole = Whole(Path(folder), node.bootstrap)
        try:
            whole.start("ingest")
            _post(whole, 0, 200)
            before, used = _rss(whole), _cpu(whole)
            node.stop()
            watch = _Watch(whole)
            watch.start()
            began = time.monotonic()
            accepted = _post(whole, 200, messages)
            seconds = time.monotonic() - began
            spent = _cpu(whole) - used
            spooled, held = len(whole.parts.spool), whole.parts.spool.held_bytes
            node.start()
            began = time.monotonic()
            while len(whole.parts.spool):
                time.sleep(0.5)
            drained = time.monotonic() - began
            watch.stop()
            return {
                "sent": messages,
                "accepted": accepted,
                "spooled": spooled,
                "on_the_topic": _on_topic(whole),
                "spool_bytes": held,
                "rss_before": before,
                "rss_highest": watch.highest,
                "rss_after": _rss(whole),
                "cpu_us_per_message": round(spent / messages * 1e6),
                "accept_seconds": round(seconds, 1),
                "drain_seconds": round(drained, 1),
            }
        finally:
            whole.close()
            node.close()


def _post(whole: Whole, first: int, count: int) -> int:
    """Post numbered reports; returns how many were accepted."""
    address = f"http://127.0.0.1:{whole.settings.port}/web/reports"
    local = threading.local()

    def one(number: int) -> bool:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        said = {"text": f"Laporan nomor {number}. " + "Lampu jalan padam sejak kemarin. " * 20}
        return bool(local.session.post(address, json=said, timeout=30).status_code == requests.codes.accepted)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(one, range(first, first + count)))


def _on_topic(whole: Whole) -> int:
    reader = whole.parts.bus.reader()
    try:
        return len({dict(record.headers)["ce_id"] for record in reader.read([topics.raw_topic("web")])})
    finally:
        reader.close()


def _rss(whole: Whole) -> int:
    return int(Path(f"/proc/{whole.pids[0]}/statm").read_text().split()[1]) * _PAGE


def _cpu(whole: Whole) -> float:
    """Seconds of processor time of the process."""
    user, system = Path(f"/proc/{whole.pids[0]}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100


class _Watch(threading.Thread):
    """Looks at the process's memory twice a second."""

    def __init__(self, whole: Whole) -> None:
        super().__init__()
        self._whole = whole
        self._stopping = threading.Event()
        self.highest = 0

    def run(self) -> None:
        """See `threading.Thread`."""
        while not self._stopping.wait(0.5):
            self.highest = max(self.highest, _rss(self._whole))

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self.join()


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else _HOUR)))  # noqa: T201 - what a bench is for
