"""The stage that gives spans to a collector: one that takes them, fails, hangs, refuses, and comes back."""

import threading
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
from tests.monitor.traces.loopback_otlp import PROTOBUF, LoopbackCollector, accepted, told
from tests.monitor.traces.test_record_trace import COMPLAINT, MESSAGE, complaint, dispatch, raw, record
from tests.support.log_capture import CapturedLog, captured_log
from tests.support.loopback import Answer, serving
from tests.support.ports import free_port

BATCH = [record(raw(), "/satu-pintu/ingest"), record(complaint(), "/satu-pintu/normalize"), record(dispatch())]
_SOON = 0.5


@pytest.fixture
def collector() -> Iterator[LoopbackCollector]:
    """Somewhere to send them."""
    with serving(LoopbackCollector()) as made:
        yield made


@pytest.fixture
def log() -> Iterator[CapturedLog]:
    """What is logged."""
    with captured_log() as made:
        yield made


@pytest.fixture
def connected(collector: LoopbackCollector) -> Iterator[Callable[[str], TracesStage]]:
    """A stage that sends to the collector, or to another address."""
    made: list[Collector] = []

    def connect(url: str = collector.url) -> TracesStage:
        made.append(Collector(url, "host-a", _SOON))
        return TracesStage(made[-1].send, lambda: NOW)

    yield connect
    for one in made:
        one.close()


def counted(log: CapturedLog) -> list[tuple[str, dict[str, object]]]:
    """The events about traces with their counts."""
    names = ("records", "refused", "sent", "old", "without_report")
    lines = [line for line in log.lines if line["event"].startswith("traces.")]
    return [(line["event"], {name: line[name] for name in names if name in line}) for line in lines]


@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_a_batch_is_one_request(
    collector: LoopbackCollector, connected: Callable[[str], TracesStage], path: str
) -> None:
    """As OTLP has it, whether or not the setting names the path; nothing follows on the bus."""
    assert connected(f"{collector.url}{path}").handle(BATCH) == ()
    assert len(collector.requests) == 1
    first, second, third = collector.spans.values()
    assert {span.trace_id for span in (first, second, third)} == {MESSAGE.bytes}
    assert (first.parent_span_id, second.parent_span_id, third.parent_span_id) == (b"", first.span_id, second.span_id)
    assert [span.name for span in (first, second, third)] == ["ingest", "normalize", "router"]
    assert (second.span_id, told(second)["satupintu.id"]) == (COMPLAINT.bytes[:8], str(COMPLAINT))
    assert (told(third)["satupintu.agency"], told(third)["satupintu.hop"]) == ("bumn-pln", 0)


def test_what_the_exporters_variables_say_is_heeded(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector that asks for a token gets it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20token")
    connected().handle(BATCH)
    assert collector.requests[0].headers["authorization"] == "Bearer token"


AWAY = [
    *(Answer(status, b"") for status in (401, 403, 404, 408, 429, 502, 503, 504)),
    Answer(301, b"", {"Location": "https://elsewhere.example/"}),
    Answer(200, b"\x0a\x02", PROTOBUF, has_effect=True, missing_bytes=100),
    Answer(200, b"\x0a" * 15, PROTOBUF, has_effect=True, seconds_per_byte=0.1),
    Answer(200, b"\x00" * 200_000, PROTOBUF, has_effect=True),
]


@pytest.mark.parametrize(
    "said",
    AWAY,
    ids=lambda answer: f"{answer.status}-{answer.missing_bytes}-{answer.seconds_per_byte}-{len(answer.body)}",
)
def test_a_collector_that_is_away_keeps_the_spans_waiting(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], said: Answer
) -> None:
    """Or one that lets nobody in, breaks off or drips: the batch is tried again, and then it is there once."""
    stage = connected()
    # As often as the exporter tries by itself.
    collector.script += [said, said]
    with pytest.raises(Retry, match="the collector of traces: "):
        stage.handle(BATCH)
    collector.script.clear()
    stage.handle(BATCH)
    assert len(collector.spans) == len(BATCH)


def test_a_collector_that_hangs_holds_nobody(
    collector: LoopbackCollector, connected: Callable[[], TracesStage]
) -> None:
    """It is given up within the time for one export."""
    until, done = threading.Event(), threading.Event()
    collector.script += [Answer(200, b"", stall=until)] * 2
    stage = connected()

    def work() -> None:
        with pytest.raises(Retry, match="Timeout"):
            stage.handle(BATCH)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    gave_up = done.wait(10 * _SOON)
    until.set()
    thread.join()
    assert gave_up
    collector.script.clear()
    stage.handle(BATCH)
    assert len(collector.spans) == len(BATCH)


def test_nobody_there(connected: Callable[[str], TracesStage]) -> None:
    """The cause is named, not the address: it may hold a password."""
    with pytest.raises(Retry, match=r"^the collector of traces: ConnectionError$"):
        connected(f"http://user:password@127.0.0.1:{free_port()}").handle(BATCH)


@pytest.mark.parametrize("status", [400, 413, 500])
def test_what_is_refused_for_good_is_dropped_and_counted(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog, status: int
) -> None:
    """The batches behind it go on."""
    stage = connected()
    collector.script.append(Answer(status, b""))
    stage.handle(BATCH[:2])
    stage.handle(BATCH[2:])
    assert counted(log) == [("traces.refused", {"refused": 2, "sent": 2})]
    assert len(collector.spans) == 1


def test_single_spans_that_are_refused_are_counted(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog
) -> None:
    """OTLP's partial success; an answer that is none of OTLP's is a success."""
    stage = connected()
    collector.script += [accepted(1), Answer(200, b"<html>"), Answer(202, b"")]
    for _ in range(3):
        stage.handle(BATCH)
    assert counted(log) == [("traces.refused", {"refused": 1, "sent": 3})]


def test_nothing_old_is_sent(
    collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog
) -> None:
    """Turned on, it does not send a year of the bus; it says once how much it left out."""
    stage = connected()
    old = [replace(one, timestamp=one.timestamp - int(timedelta(hours=25).total_seconds() * 1000)) for one in BATCH]
    for _ in range(3):
        stage.handle(old)
    assert (collector.requests, counted(log)) == ([], [])
    stage.handle([*BATCH, Record("raw-web", 0, 9, BATCH[0].timestamp, b"", b"")])
    assert len(collector.spans) == len(BATCH)
    assert counted(log) == [("traces.left_out", {"old": 9, "without_report": 1})]


def test_a_fault_of_ours_costs_its_spans_alone(log: CapturedLog) -> None:
    """Whatever is raised: a process that carries reports does not end for their traces."""

    def send(spans: Sequence[TraceSpan]) -> int:
        raise ZeroDivisionError(len(spans))

    stage = TracesStage(send, lambda: NOW)
    assert stage.handle(BATCH) == ()
    assert counted(log) == [("traces.failed", {"records": 3})]


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    """A bus with the topics of the batch, and the batch on it."""
    made = LocalBus(tmp_path / "bus.db", NOW.timestamp)
    made.ensure([TopicSpec("t")])
    producer = made.producer()
    producer.publish([Outgoing(one.topic, one.key, one.value, one.headers) for one in BATCH])
    producer.close()
    return made


def test_its_place_is_kept_until_the_collector_is_back(
    bus: Bus, collector: LoopbackCollector, connected: Callable[[], TracesStage], log: CapturedLog
) -> None:
    """A group of its own: what other groups work is not held up, and nothing is missed."""
    collector.script += [Answer(503, b"")] * 4
    stopping = threading.Event()
    worker = Worker(
        "traces", lambda: bus.consumer(Membership("traces", "host-a", ("t",))), connected(), "dead-traces", stopping
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
