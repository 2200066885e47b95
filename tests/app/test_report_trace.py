"""Trace of one report: every record with its decision and its pending stages."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.cli import app
from app.operations.tracing.report_trace import ReportTracer
from app.operations.tracing.trace_step import TraceStep
from bus.port import Outgoing
from ingest.wrap import quarantine_record
from messages import codec
from messages.shapes import AgencyAnswer, RawMessage
from messages.topics import AGENCY_ANSWERS, dead_letter_topic
from tests.conftest import NOW
from tests.monitor.audit.test_audit import Pipeline
from tests.support import program, records
from tests.support.agency_answers import answer
from tests.support.log_capture import captured_log

LONG_AGO = datetime(2000, 1, 1, tzinfo=NOW.tzinfo)


@pytest.fixture
def pipeline(parts: Parts) -> Iterator[Pipeline]:
    """Return the stages, run by the test."""
    migrate(parts.engine)
    pipeline_ = Pipeline(parts)
    yield pipeline_
    pipeline_.producer.close()


def trace(parts: Parts, number: str, since: datetime) -> list[TraceStep]:
    """Trace a report through the topics of these parts."""
    with closing(parts.bus.reader()) as reader:
        groups = parts.consumer_groups.values()
        return ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, groups).trace(number, since)


def arrive(pipeline: Pipeline, text: str) -> str:
    """Publish a report and return its number."""
    message = records.web(pipeline.parts, text, phone="+628000000001")
    pipeline.publish(message)
    return codec.decode(RawMessage, message.value, message.headers).tracking


def topics_and_kinds(steps: list[TraceStep]) -> list[tuple[str, str]]:
    """Return the topic and the kind of each step."""
    return [(step.position.split("/")[0], step.kind) for step in steps]


def test_every_record_is_shown_in_order(pipeline: Pipeline) -> None:
    """Every record of the report is shown from the door to the next agency, and none of another report."""
    arrive(pipeline, "Jalan rusak di Kab. Sleman")
    number = arrive(pipeline, "Kemenkes tolong, hubungi 0812 3456 7890")
    for group in ("normalize", "router", "cases"):
        pipeline.work(group)
    answer(pipeline.parts, number, "refused", "bukan kami, tanya Budi", "bumn-pln", "Siti")
    pipeline.work("router")
    steps = trace(pipeline.parts, number, LONG_AGO)
    assert [step_ for step_ in topics_and_kinds(steps) if step_[1] != "reply"] == [
        ("raw-web", "arrived"),
        ("complaints", "complaint"),
        ("agency-kementerian-kemenkes", "dispatched"),
        ("agency-answers", "answered"),
        ("agency-bumn-pln", "dispatched"),
        ("answer-outcomes", "answer judged"),
        ("oversight", "oversight"),
    ]
    words = " ".join(step.description for step in steps)
    for part in (
        "by web, proven by none",
        "new",
        "to kementerian-kemenkes (hop 0",
        "refused, suggested agency: bumn-pln",
        "refused: counted",
        "Laporan menyebut “•••”: Kementerian Kesehatan.",
        "••• [named-by-refusal]",
    ):
        assert part in words
    assert not any(telling in words for telling in ("tolong", "3456", "628000", "Budi", "Siti"))


def test_pending_stages_are_shown(pipeline: Pipeline) -> None:
    """Each pending stage is shown with the records before it; a processed record waits for none."""
    arrive(pipeline, "Jalan rusak di Kab. Sleman")
    number = arrive(pipeline, "Kemenkes tolong")
    (arrived,) = trace(pipeline.parts, number, LONG_AGO)
    assert arrived.records_ahead == {"normalize": int(arrived.position.rsplit("/", 1)[1])}
    pipeline.work("normalize")
    arrived, complaint = (step for step in trace(pipeline.parts, number, LONG_AGO) if step.kind != "reply")
    assert arrived.records_ahead == {}
    assert set(complaint.records_ahead) == {"router", "cases", "replies", "forget"}
    pipeline.work("router")
    pipeline.work("cases")
    waiting = [step.records_ahead.keys() for step in trace(pipeline.parts, number, LONG_AGO) if step.kind != "reply"]
    assert waiting == [set(), {"replies", "forget"}, set()]


def test_a_dead_report_is_found(pipeline: Pipeline) -> None:
    """A report that is not in the ledger is found among the arrivals since the given time."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    number = codec.decode(RawMessage, message.value, message.headers).tracking
    dead_letter_headers = (("dead_stage", b"normalize"), ("dead_reason", b"unexpected"), ("dead_field", b"KeyError"))
    pipeline.publish(
        message, Outgoing(dead_letter_topic("normalize"), b"", message.value, message.headers + dead_letter_headers)
    )
    steps = trace(pipeline.parts, number, LONG_AGO)
    assert topics_and_kinds(steps) == [("raw-web", "arrived"), ("dead-normalize", "dead letter")]
    assert steps[1].description == "normalize could not process it: unexpected (KeyError)"
    assert trace(pipeline.parts, number, datetime.now(NOW.tzinfo) + timedelta(hours=1)) == []


def test_a_dead_letter_with_odd_headers_is_shown(pipeline: Pipeline) -> None:
    """A dead letter with unreadable headers is shown."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    number = codec.decode(RawMessage, message.value, message.headers).tracking
    odd = (("dead_stage", b"normal\xff"), ("dead_reason", b"\xfe"))
    pipeline.publish(message, Outgoing(dead_letter_topic("normalize"), b"", message.value, message.headers + odd))
    assert trace(pipeline.parts, number, LONG_AGO)[1].description == "normal\ufffd could not process it: \ufffd"


def test_a_quarantined_message_is_found(pipeline: Pipeline) -> None:
    """A quarantined message is found by its number, with the reason and without its text."""
    raw = pipeline.parts.wrapper.wrap("sms", "SM1", "", b"Body=rahasia", NOW, "text/plain")
    pipeline.publish(quarantine_record(raw, "bad_signature"))
    (step,) = trace(pipeline.parts, raw.tracking, LONG_AGO)
    assert (step.kind, step.description) == ("quarantined", "by sms: bad_signature")


def test_unreadable_records_are_shown(pipeline: Pipeline) -> None:
    """Unreadable records of the report are shown as such."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    number = codec.decode(RawMessage, message.value, message.headers).tracking
    trail = tuple(header for header in message.headers if header[0] == "traceparent")
    odd = Outgoing("oversight", b"", b"?", trail)
    pipeline.publish(message, odd, Outgoing("oversight", b"", b"?", (*trail, ("ce_type", b"id.lapor.reply.v1"))))
    steps = trace(pipeline.parts, number, LONG_AGO)
    assert [(step.kind, step.description) for step in steps[1:]] == [
        ("unreadable", "1 bytes"),
        ("unreadable", "not_the_shape"),
    ]


def test_the_command(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output for people and for programs; an invalid or unknown number is named."""
    number = arrive(pipeline, "Kemenkes tolong")
    settings = pipeline.parts.settings
    program.set_environment(monkeypatch, settings)

    def run(*arguments: str) -> tuple[int, str]:
        with captured_log():
            result = CliRunner().invoke(app, ["trace", *arguments])
        return result.exit_code, result.stdout + result.stderr

    assert run(number)[0] == 0
    assert "waits for normalize, 0 before it" in run(number.lower().replace("-", " "))[1]
    assert '"kind": "arrived"' in run(number, "--json")[1]
    assert run("2VA8-SD70-3331")[0] == 2
    code, output = run("2VA8-SD70-3330", "--since", "1h")
    assert (code, "on no topic since 1h" in output) == (1, True)


def test_no_control_characters(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters of an agency's program do not reach the terminal."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    raw = codec.decode(RawMessage, message.value, message.headers)
    ids: dict[str, Any] = {
        "id": raw.id,
        "message_id": raw.id,
        "at": NOW,
        "complaint_id": raw.id,
        "dispatch_id": raw.id,
    }
    topics_and_kinds = AgencyAnswer(**ids, agency="kantor\x1b[2J\n  complaint: new\x9b", verdict="refused")
    pipeline.publish(message, Outgoing(AGENCY_ANSWERS, *codec.encode(topics_and_kinds, "key", "/agency/kantor")))
    settings = pipeline.parts.settings
    program.set_environment(monkeypatch, settings)
    with captured_log():
        shown = CliRunner().invoke(app, ["trace", raw.tracking]).stdout
    assert "  answered: •••: refused" in shown.splitlines()
