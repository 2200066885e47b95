"""What the operations console weighs: bytes of the page and of an event, and processor time of one refresh.

`python -m bench.console [AGENCIES]` plants a service in every kind of trouble, with so many agencies (700) and 10,000
dead letters, and prints one JSON object. Times are of the processor, in milliseconds, the mean of many looks: `letters`
to count the dead letters by reason, `draw` all rows, `event` to find what changed and write it down. `refresh` is a
look that everybody who listens hears of, with what the readers take: they are of the same process here.
"""

import gzip
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise
from typing import cast

import requests
import structlog

from app.assembly.channels import DIRECTORY
from app.assembly.operations_http import pages
from app.clock import utc_now
from bus.port import Reader, Record
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
_TIMES = 40
_LOOKS = 20


def main(agencies: int) -> dict[str, object]:
    """Measure; returns what was found."""
    structlog.configure(processors=[_drop])
    return {"reference_folder": agencies, "letters": sum(DEAD_LETTERS.values()), **_made(agencies), **_served(agencies)}


def _made(agencies: int) -> dict[str, object]:
    """What a look costs, without anybody who listens."""
    draw = ViewModelBuilder(pages(), DIRECTORY)
    register = AlertRegister(DIRECTORY)
    seen = [troubled(utc_now() + timedelta(seconds=5 * step), agencies, step) for step in range(_TIMES)]
    views = [Observation(step, one, register.update(one)) for step, one in enumerate(seen)]
    drawn = [RenderedView(f"bench-{view.number}", view, draw(view)) for view in views]
    sent = [change_event(previous.view_model, current) for previous, current in pairwise(drawn)]
    heaps = _heaps()
    return {
        "event_bytes": {"mean": round(sum(map(len, sent)) / len(sent)), "most": max(map(len, sent))},
        "milliseconds": {
            "letters": _cpu(lambda: (heaps.dead_letters, heaps.quarantined)),
            "draw": _cpu(lambda: draw(views[0])),
            "event": _cpu(lambda: change_event(drawn[0].view_model, drawn[1])),
        },
    }


def _served(agencies: int) -> dict[str, object]:
    """What goes over the line, and what those who listen cost."""
    planted = PlantedMonitor(troubled(utc_now(), agencies))
    for step in range(_LOOKS):
        planted.step(troubled(utc_now(), agencies, step))
    with serving(planted) as address:
        page = requests.get(f"{address}/ops", timeout=30).content
        names = re.findall(r'/ops/static/([^"]+)', page.decode())
        files = {name: requests.get(f"{address}/ops/static/{name}", timeout=30).content for name in names}
        alone = _listened(planted, address, agencies, 1)
        many = _listened(planted, address, agencies, MAX_LISTENERS)
    return {
        "page_bytes": _bytes(page),
        "file_bytes": {name.split(".")[0] + name[name.rindex(".") :]: _bytes(file) for name, file in files.items()},
        "refresh_milliseconds": {"one_listener": alone, f"{MAX_LISTENERS}_listeners": many},
    }


def _listened(planted: PlantedMonitor, address: str, agencies: int, listeners: int) -> float:
    """Processor time of the whole process for a look and all who hear of it, those who read included."""
    answers = [listen(address, shown_id(address)) for _ in range(listeners)]
    heard = [events(answer) for answer in answers]
    for one in heard:
        next(one)
    looks = [troubled(utc_now(), agencies, 100 + step) for step in range(_LOOKS)]
    began = time.process_time()
    for look in looks:
        planted.step(look)
        for one in heard:
            next(one)
    spent = time.process_time() - began
    for answer in answers:
        answer.close()
    threading.Event().wait(1)
    return round(1000 * spent / _LOOKS, 2)


def _heaps() -> PendingReviewTracker:
    """Ten thousand dead letters, taken in."""
    heaps = PendingReviewTracker()
    records = [
        Record(
            topic=DEAD_LETTER_TOPICS[0],
            partition=0,
            offset=at,
            key=b"",
            value=b"",
            headers=tuple(
                (name, str(value).encode())
                for name, value in zip(
                    ("dead_stage", "dead_reason", "dead_field", "dead_position"), (*of, at), strict=True
                )
            ),
            timestamp=1_790_000_000_000 + at,
        )
        for at, of in enumerate(of for of, many in DEAD_LETTERS.items() for _ in range(many))
    ]

    class Planter:
        def read(self, *_: object, **__: object) -> Iterable[Record]:
            return records

    heaps.update(cast("Reader", Planter()))
    return heaps


def _bytes(content: bytes) -> dict[str, int]:
    return {"plain": len(content), "compressed": len(gzip.compress(content))}


def _cpu(what: Callable[[], object]) -> float:
    what()
    began = time.process_time()
    for _ in range(_TIMES):
        what()
    return round(1000 * (time.process_time() - began) / _TIMES, 2)


def _drop(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else _AGENCIES)))  # noqa: T201 - what a bench is for
