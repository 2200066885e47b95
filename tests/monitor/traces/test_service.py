"""Traces of a whole service: one setting turns them on, and no report waits for them."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.assembly import traces
from app.assembly.parts import Parts
from messages.topics import DEAD_LETTER_TOPICS
from tests.monitor.traces.loopback_otlp import LoopbackCollector, told
from tests.support.agency_answers import answer
from tests.support.loopback import Answer, serving
from tests.support.service import Whole

WORDS = {
    "text": "Kemenkes tolong, puskesmas di depan rumah Bu Wati tutup",
    "name": "Wati Cempaka",
    "phone": "0812 3456 7890",
}
WHY = "bukan jalan kami, tanya Pak Joko"


@pytest.fixture
def collector() -> Iterator[LoopbackCollector]:
    """Somewhere to send them."""
    with serving(LoopbackCollector()) as made:
        yield made


@pytest.fixture
def whole(tmp_path: Path, collector: LoopbackCollector) -> Iterator[Whole]:
    """A service with the setting, on the embedded bus."""
    made = Whole(tmp_path, otlp_endpoint=collector.url)
    yield made
    made.close()


def report(whole: Whole) -> str:
    """Somebody fills in the form; the number."""
    said: dict[str, Any] = requests.post(
        f"http://127.0.0.1:{whole.settings.port}/web/reports", json=WORDS, timeout=30
    ).json()
    return str(said["tracking"])


def until(found: Callable[[], bool]) -> None:
    """Raises where it does not come."""
    for _ in range(300):
        if found():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it did not come")


def names(collector: LoopbackCollector) -> list[str]:
    """Who wrote what, as far as it came."""
    return [f"{span.name} {told(span)['satupintu.what']}" for span in collector.spans.values()]


def test_one_report_is_one_trace_from_the_door_to_the_agency(whole: Whole, collector: LoopbackCollector) -> None:
    """Door, normalizer, router, the agency's refusal and the next door, each following from the one before.

    No word of the citizen or the officer, and not the number, is in anything that was sent.
    """
    whole.start()
    number = report(whole)
    assert whole.audit().at_agencies == 1
    answer(whole.parts, number, "refused", WHY, "bumn-pln")
    until(lambda: names(collector).count("router dispatch") == 2)
    assert whole.stop() == [0]
    spans = list(collector.spans.values())
    assert len({span.trace_id for span in spans}) == 1
    (last,) = (span for span in spans if told(span).get("satupintu.hop") == 1)
    way = [f"{span.name} {told(span)['satupintu.what']}" for span in upwards(collector, last)]
    assert way == [
        "router dispatch",
        "agency agency-answer",
        "router dispatch",
        "normalize complaint",
        "ingest raw-message",
    ]
    assert all(0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    assert all(not span.parent_span_id or span.parent_span_id.hex() in collector.spans for span in spans)
    sent = b"".join(asked.body for asked in collector.requests)
    for words in (*WORDS.values(), "Wati", "+62812", WHY, "Joko", number):
        assert words.encode() not in sent


def upwards(collector: LoopbackCollector, span: Span) -> Iterator[Span]:
    """It, and what led to it."""
    yield span
    if span.parent_span_id:
        yield from upwards(collector, collector.spans[span.parent_span_id.hex()])


def test_a_collector_that_is_away_holds_up_no_report(whole: Whole, collector: LoopbackCollector) -> None:
    """It hangs, then says 503: the report reaches its agency and the service stops when told; later all is sent."""
    hangs = threading.Event()
    collector.script += [Answer(200, b"", stall=hangs), *[Answer(503, b"")] * 500]
    whole.start()
    report(whole)
    audit = whole.audit()
    assert (audit.clean, audit.complaints, audit.pending) == (True, 1, 0)
    assert whole.stop() == [0]
    hangs.set()
    collector.script.clear()
    assert collector.spans == {}
    whole.start("monitor")
    until(lambda: "router dispatch" in names(collector))
    assert whole.stop() == [0]


def test_every_topic_is_followed(parts: Parts) -> None:
    """A record of a report may lie on any that is there; what was put aside too."""
    assert set(traces.group(parts).topics) == {topic.name for topic in parts.topics}
    assert set(DEAD_LETTER_TOPICS) < set(traces.group(parts).topics)


def test_nothing_of_it_is_imported_without_the_setting() -> None:
    """Who has no collector waits for nothing at a start."""
    code = (
        "import sys, app.cli, app.assembly.service\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout == "[]\n"
