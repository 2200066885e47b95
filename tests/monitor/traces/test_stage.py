"""The stage sends spans to a collector that accepts them, fails, hangs, refuses them, and returns."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Bus, Membership, Outgoing, Record, TopicSpec
from bus.worker import Worker
from monitor.traces.collector import Collector
from monitor.traces.spans import TraceSpan
from monitor.traces.stage import TracesStage
from tests.conftest import NOW
from tests.monitor.traces.loopback_otlp import PROTOBUF, LoopbackCollector, accepted, span_attributes
from tests.monitor.traces.test_record_trace import COMPLAINT, MESSAGE, complaint, dispatch, raw, record
from tests.support.log_capture import CapturedLog, captured_log
from tests.support.loopback import Answer, serving
from tests.support.ports import free_port

BATCH = [record(raw(), "/satu-pintu/ingest"), record(complaint(), "/satu-pintu/normalize"), record(dispatch())]
_EXPORT_SECONDS = 0.5


@pytest.fixture
def collector() -> Iterator[LoopbackCollector]:
    """Yield a running collector."""
    with serving(LoopbackCollector()) as running:
        yield running


@pytest.fixture
def log() -> Iterator[CapturedLog]:
    """Yield the log of the test."""
    with captured_log() as captured:
        yield captured


@pytest.fixture
def connected(collector: LoopbackCollector) -> Iterator[Callable[[str], TracesStage]]:
    """Yield a function that makes a stage for the collector, or for another address."""
    connections: list[Collector] = []

    def connect(url: str = collector.url) -> TracesStage:
        connections.append(Collector(url, "host-a", time.monotonic, _EXPORT_SECONDS))
        return TracesStage(connections[-1].send, lambda: NOW)

    yield connect
    for connection in connections:
        connection.close()


def logged_counts(log: CapturedLog) -> list[tuple[str, dict[str, object]]]:
    """Return the log events about traces with their counts."""
    names = ("records", "refused", "sent", "old", "without_report")
    lines = [line for line in log.lines if line["event"].startswith("traces.")]
    return [(line["event"], {name: line[name] for name in names if name in line}) for line in lines]


@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_a_batch_is_one_request(
    collector: LoopbackCollector, connected: Callable[[str], TracesStage], path: str
) -> None:
    """The setting may contain the path or not. The stage publishes no record."""
    assert connected(f"{collector.url}{path}").handle(BATCH) == ()
    assert len(collector.requests) == 1
    first, second, third = collector.spans.values()
    assert {span.trace_id for span in (first, second, third)} == {MESSAGE.bytes}
    assert (first.parent_span_id, second.parent_span_id, third.parent_span_id) == (b"", first.span_id, second.span_id)
    assert [span.name for span in (first, second, third)] == ["ingest", "normalize", "router"]
    assert (second.span_id, span_attributes(second)["satupintu.id"]) == (COMPLAINT.bytes[:8], str(COMPLAINT))
    assert (span_attributes(third)["satupintu.agency"], span_attributes(third)["satupintu.hop"]) == ("bumn-pln", 0)


def test_the_exporters_environment_variables_are_used(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may contain a token for the collector."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20token")
    connected().handle(BATCH)
    assert collector.requests[0].headers["authorization"] == "Bearer token"


UNAVAILABLE = [
    *(Answer(status, b"") for status in (401, 403, 404, 408, 429, 502, 503, 504)),
    Answer(301, b"", {"Location": "https://elsewhere.example/"}),
    Answer(200, b"\x0a\x02", PROTOBUF, has_effect=True, missing_bytes=100),
    Answer(200, b"\x0a" * 15, PROTOBUF, has_effect=True, seconds_per_byte=0.1),
    Answer(200, b"\x00" * 200_000, PROTOBUF, has_effect=True),
]


@pytest.mark.parametrize(
    "answer",
    UNAVAILABLE,
    ids=lambda answer: f"{answer.status}-{answer.missing_bytes}-{answer.seconds_per_byte}-{len(answer.body)}",
)
def test_spans_wait_for_an_unavailable_collector(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], answer: Answer
) -> None:
    """It is away, rejects our credentials, or answers incompletely or slowly. In the end all spans arrive once."""
    stage = connected()
    # The exporter itself tries twice.
    collector.script += [answer, answer]
    with pytest.raises(Retry, match="the collector of traces: "):
        stage.handle(BATCH)
    collector.script.clear()
    stage.handle(BATCH)
    assert len(collector.spans) == len(BATCH)


def test_a_hanging_collector_is_given_up(collector: LoopbackCollector, connected: Callable[[], TracesStage]) -> None:
    """It has the time of one export."""
    released, finished = threading.Event(), threading.Event()
    collector.script += [Answer(200, b"", stall=released)] * 2
    stage = connected()

    def work() -> None:
        with pytest.raises(Retry, match="Timeout"):
            stage.handle(BATCH)
        finished.set()

    thread = threading.Thread(target=work)
    thread.start()
    gave_up = finished.wait(10 * _EXPORT_SECONDS)
    released.set()
    thread.join()
    assert gave_up
    collector.script.clear()
    stage.handle(BATCH)
    assert len(collector.spans) == len(BATCH)


def test_the_error_does_not_contain_the_address(connected: Callable[[str], TracesStage]) -> None:
    """The address may contain a password."""
    with pytest.raises(Retry, match=r"^the collector of traces: ConnectionError$"):
        connected(f"http://user:password@127.0.0.1:{free_port()}").handle(BATCH)


@pytest.mark.parametrize("status", [400, 413, 500])
def test_a_refused_batch_is_dropped_and_counted(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog, status: int
) -> None:
    """The following batches are sent."""
    stage = connected()
    collector.script.append(Answer(status, b""))
    stage.handle(BATCH[:2])
    stage.handle(BATCH[2:])
    assert logged_counts(log) == [("traces.refused", {"refused": 2, "sent": 2})]
    assert len(collector.spans) == 1


def test_single_refused_spans_are_counted(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog
) -> None:
    """They are counted by OTLP's partial success. An answer that is not OTLP counts as success."""
    stage = connected()
    collector.script += [accepted(1), Answer(200, b"<html>"), Answer(202, b"")]
    for _ in range(3):
        stage.handle(BATCH)
    assert logged_counts(log) == [("traces.refused", {"refused": 1, "sent": 3})]


def test_old_records_are_not_sent(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog
) -> None:
    """The first start does not send a year of records. One log event counts those that were left out."""
    stage = connected()
    old = [
        replace(record, timestamp=record.timestamp - int(timedelta(hours=25).total_seconds() * 1000))
        for record in BATCH
    ]
    for _ in range(3):
        stage.handle(old)
    assert (collector.requests, logged_counts(log)) == ([], [])
    stage.handle([*BATCH, Record("raw-web", 0, 9, BATCH[0].timestamp, b"", b"")])
    assert len(collector.spans) == len(BATCH)
    assert logged_counts(log) == [("traces.left_out", {"old": 9, "without_report": 1})]


def test_a_bug_costs_only_the_spans(log: CapturedLog) -> None:
    """No error of the traces ends the process."""

    def send(spans: Sequence[TraceSpan]) -> int:
        raise ZeroDivisionError(len(spans))

    stage = TracesStage(send, lambda: NOW)
    assert stage.handle(BATCH) == ()
    assert logged_counts(log) == [("traces.failed", {"records": 3})]


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    """Return a bus with the records of the batch."""
    bus = LocalBus(tmp_path / "bus.db", NOW.timestamp)
    bus.ensure([TopicSpec("t")])
    producer = bus.producer()
    producer.publish([Outgoing(record.topic, record.key, record.value, record.headers) for record in BATCH])
    producer.close()
    return bus


def test_the_offset_is_kept_until_the_collector_returns(
    bus: Bus, collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog
) -> None:
    """Other consumer groups are not delayed, and no record is missed."""
    collector.script += [Answer(503, b"")] * 4
    stopping = threading.Event()
    worker = Worker(
        "traces",
        lambda: bus.consumer(Membership("traces", "host-a", ("t",))),
        connected(),
        "dead-traces",
        stopping,
        time.monotonic,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        for _ in range(200):
            if collector.spans:
                break
            threading.Event().wait(0.1)
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()
    assert (len(collector.spans), worker.worker_health.worked, worker.worker_health.rejected) == (3, 3, 0)
    assert worker.worker_health.retried > 0
    assert {line["cause"] for line in log.lines} == {"the collector of traces: http_503"}
    assert "Transient error" not in log.stream.getvalue()
