"""Measures the operations console: bytes of the page and of an event, and processor time of a refresh.

`python -m bench.console [AGENCIES]` plants a service with every alert, 700 or AGENCIES agencies, and 10,000 dead
letters. It prints one JSON object. Times are processor time in milliseconds, the mean of several snapshots: `letters`
counts the dead letters by reason, `draw` renders all rows, `event` makes the change event. `refresh` is a snapshot that
all listeners receive, including their reading, because they run in the same process.
"""

import gzip
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
import structlog

from app.assembly.channels import DIRECTORY
from app.assembly.stages.console import console_templates
from app.clock import utc_now
from bus.local.bus import LocalBus
from bus.port import Outgoing, TopicSpec
from messages.topics import DEAD_LETTER_TOPICS
from monitor.active_alerts import AlertRegister
from monitor.console.feed import RenderedView, change_event
from monitor.console.page import MAX_LISTENERS
from monitor.console.view_model import ViewModelBuilder
from monitor.monitor_loop import Observation
from monitor.pending_review import PendingReviewTracker
from tests.monitor.console.served import serving
from tests.monitor.console.snapshots import DEAD_LETTERS, PlantedMonitor, troubled
from tests.monitor.console.test_served import events, listen, shown_id

_AGENCIES = 700
_REPETITIONS = 40
_SNAPSHOTS = 6
# The handler threads of closed streams need a moment to end.
_CLOSE_SECONDS = 1


def main(agencies: int) -> dict[str, object]:
    """Measure the console; return the figures."""
    structlog.configure(processors=[_drop])
    return {
        "agencies": agencies,
        "letters": sum(DEAD_LETTERS.values()),
        **_measure_rendering(agencies),
        **_measure_serving(agencies),
    }


def _measure_rendering(agencies: int) -> dict[str, object]:
    """Return the cost of a snapshot without listeners."""
    build_view = ViewModelBuilder(console_templates("http://127.0.0.1:1708"), DIRECTORY)
    register = AlertRegister(DIRECTORY)
    snapshots = [troubled(utc_now() + timedelta(seconds=5 * step), agencies, step) for step in range(_REPETITIONS)]
    observations = [
        Observation(number, snapshot, register.update(snapshot)) for number, snapshot in enumerate(snapshots)
    ]
    views = [
        RenderedView(f"bench-{observation.number}", observation, build_view(observation))
        for observation in observations
    ]
    events_ = [change_event(previous.view_model, current) for previous, current in pairwise(views)]
    tracker = _tracker()
    return {
        "event_bytes": {"mean": round(sum(map(len, events_)) / len(events_)), "most": max(map(len, events_))},
        "milliseconds": {
            "letters": _cpu(lambda: (tracker.dead_letters, tracker.quarantined)),
            "draw": _cpu(lambda: build_view(observations[0])),
            "event": _cpu(lambda: change_event(views[0].view_model, views[1])),
        },
    }


def _measure_serving(agencies: int) -> dict[str, object]:
    """Return the bytes that are sent, and the cost of the listeners."""
    planted = PlantedMonitor(troubled(utc_now(), agencies))
    for step in range(_SNAPSHOTS):
        planted.step(troubled(utc_now(), agencies, step))
    with serving(planted) as address:
        page = requests.get(f"{address}/ops", timeout=30).content
        names = re.findall(r'/ops/static/([^"]+)', page.decode())
        files = {name: requests.get(f"{address}/ops/static/{name}", timeout=30).content for name in names}
        single = _refresh_milliseconds(planted, address, agencies, 1)
        multiple = _refresh_milliseconds(planted, address, agencies, MAX_LISTENERS)
    return {
        "page_bytes": _bytes(page),
        "file_bytes": {name.split(".")[0] + name[name.rindex(".") :]: _bytes(file) for name, file in files.items()},
        "refresh_milliseconds": {"one_listener": single, f"{MAX_LISTENERS}_listeners": multiple},
    }


def _refresh_milliseconds(planted: PlantedMonitor, address: str, agencies: int, listeners: int) -> float:
    """Return the processor time of the process for a snapshot, its events and their listeners."""
    answers = [listen(address, shown_id(address)) for _ in range(listeners)]
    streams = [events(answer) for answer in answers]
    for stream in streams:
        next(stream)
    snapshots = [troubled(utc_now(), agencies, 100 + step) for step in range(_SNAPSHOTS)]
    started_at = time.process_time()
    for snapshot in snapshots:
        planted.step(snapshot)
        for stream in streams:
            next(stream)
    seconds = time.process_time() - started_at
    for answer in answers:
        answer.close()
    threading.Event().wait(_CLOSE_SECONDS)
    return round(1000 * seconds / _SNAPSHOTS, 2)


def _tracker() -> PendingReviewTracker:
    """Return a tracker with ten thousand dead letters, which it read from a local bus."""
    names = ("dead_stage", "dead_reason", "dead_field", "dead_position")
    reasons = (reason for reason, count in DEAD_LETTERS.items() for _ in range(count))
    letters = [
        Outgoing(
            DEAD_LETTER_TOPICS[0],
            b"",
            b"",
            tuple((name, str(value).encode()) for name, value in zip(names, (*reason, offset), strict=True)),
        )
        for offset, reason in enumerate(reasons)
    ]
    tracker = PendingReviewTracker()
    with TemporaryDirectory() as home:
        bus = LocalBus(Path(home) / "bus.db", time.time)
        bus.ensure([TopicSpec(DEAD_LETTER_TOPICS[0])])
        with closing(bus.producer()) as producer:
            producer.publish(letters)
        with closing(bus.reader()) as reader:
            tracker.update(reader)
    return tracker


def _bytes(content: bytes) -> dict[str, int]:
    return {"plain": len(content), "compressed": len(gzip.compress(content))}


def _cpu(function: Callable[[], object]) -> float:
    function()
    started_at = time.process_time()
    for _ in range(_REPETITIONS):
        function()
    return round(1000 * (time.process_time() - started_at) / _REPETITIONS, 2)


def _drop(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else _AGENCIES)))  # noqa: T201 - the result of the benchmark
