"""Traces of a running service: one setting turns them on, and no report waits for them."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.assembly import traces
from app.assembly.parts import Parts
from messages.topics import AUDIT_HEADS, DEAD_LETTER_TOPICS, FORGOTTEN
from tests.monitor.traces.loopback_otlp import LoopbackCollector, span_attributes
from tests.support.agency_answers import answer
from tests.support.loopback import Answer, serving
from tests.support.service import RunningService

WORDS = {
    "text": "Kemenkes tolong, puskesmas di depan rumah Bu Wati tutup",
    "name": "Wati Cempaka",
    "phone": "0812 3456 7890",
}
WHY = "bukan jalan kami, tanya Pak Joko"


@pytest.fixture
def collector() -> Iterator[LoopbackCollector]:
    """Yield a running collector."""
    with serving(LoopbackCollector()) as running:
        yield running


@pytest.fixture
def service(
    process_database: Mapping[str, str], tmp_path: Path, collector: LoopbackCollector
) -> Iterator[RunningService]:
    """Yield a service with a collector, on the embedded bus."""
    service = RunningService(tmp_path, otlp_endpoint=collector.url, **process_database)
    yield service
    service.close()


def report(service: RunningService) -> str:
    """Send a report; return its tracking number."""
    answer_json: dict[str, Any] = requests.post(
        f"http://127.0.0.1:{service.settings.port}/web/reports", json=WORDS, timeout=30
    ).json()
    return str(answer_json["tracking"])


def wait_until(condition: Callable[[], bool]) -> None:
    """Raise an error if the condition does not become true."""
    for _ in range(300):
        if condition():
            return
        threading.Event().wait(0.1)
    raise AssertionError("the condition did not become true")


def span_names(collector: LoopbackCollector) -> list[str]:
    """Return writer and shape of each received span."""
    return [f"{span.name} {span_attributes(span)['satupintu.what']}" for span in collector.spans.values()]


def test_one_report_is_one_trace_from_the_door_to_the_agency(
    service: RunningService, collector: LoopbackCollector
) -> None:
    """Each span follows from the previous one, from the door to the agency that follows a refusal.

    No text of the citizen or the officer is sent, nor the tracking number.
    """
    service.start()
    number = report(service)
    assert service.audit().at_agencies == 1
    answer(service.parts, number, "refused", WHY, "bumn-pln")
    wait_until(lambda: span_names(collector).count("router dispatch") == 2)
    assert service.stop() == [0]
    spans = list(collector.spans.values())
    assert len({span.trace_id for span in spans}) == 1
    (last,) = (span for span in spans if span_attributes(span).get("satupintu.hop") == 1)
    path = [f"{span.name} {span_attributes(span)['satupintu.what']}" for span in ancestors(collector, last)]
    assert path == [
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


def ancestors(collector: LoopbackCollector, span: Span) -> Iterator[Span]:
    """Yield the span and all spans that led to it."""
    yield span
    if span.parent_span_id:
        yield from ancestors(collector, collector.spans[span.parent_span_id.hex()])


def test_an_unavailable_collector_delays_no_report(service: RunningService, collector: LoopbackCollector) -> None:
    """The report reaches its agency and the service stops. The spans are sent when the collector returns."""
    released = threading.Event()
    collector.script += [Answer(200, b"", stall=released), *[Answer(503, b"")] * 500]
    service.start()
    report(service)
    audit = service.audit()
    assert (audit.clean, audit.complaints, audit.pending) == (True, 1, 0)
    assert service.stop() == [0]
    released.set()
    collector.script.clear()
    assert collector.spans == {}
    service.start("monitor")
    wait_until(lambda: "router dispatch" in span_names(collector))
    assert service.stop() == [0]


def test_every_topic_is_followed(parts: Parts) -> None:
    """A record of a report may be on any topic, also among the dead letters. A tombstone is about a person."""
    assert set(traces.consumer_group(parts).topics) == {topic.name for topic in parts.topics} - {AUDIT_HEADS, FORGOTTEN}
    assert set(DEAD_LETTER_TOPICS) < set(traces.consumer_group(parts).topics)


def test_opentelemetry_is_not_imported_without_a_collector() -> None:
    """A start without a collector is not slowed down."""
    code = (
        "import sys, app.cli, app.assembly.service\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert completed.stdout == "[]\n"
