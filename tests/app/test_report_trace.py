"""The whole way of one report: every record of it, what was decided there, and for whom it waits."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.cli import app
from app.operations.report_trace import ReportTracer, TraceStep
from bus.port import Outgoing
from ingest.wrap import quarantine_record
from messages import codec
from messages.shapes import AgencyAnswer, RawMessage
from messages.topics import AGENCY_ANSWERS, dead_letter_topic
from tests.conftest import NOW
from tests.monitor.audit.test_audit import Pipeline
from tests.support import records
from tests.support.agency_answers import answer
from tests.support.log_capture import captured_log

Told = Callable[[], list[tuple[str, str, dict[str, int]]]]
LONG_AGO = datetime(2000, 1, 1, tzinfo=NOW.tzinfo)


@pytest.fixture
def pipeline(parts: Parts) -> Iterator[Pipeline]:
    """The stages, worked by hand."""
    migrate(parts.engine)
    made = Pipeline(parts)
    yield made
    made.producer.close()


def trace(parts: Parts, number: str, since: datetime) -> list[TraceStep]:
    """Trace a report through the topics of these parts."""
    with closing(parts.bus.reader()) as reader:
        groups = parts.consumer_groups.values()
        return ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, groups).trace(number, since)


def arrive(pipeline: Pipeline, text: str) -> str:
    """A report comes in; its number."""
    message = records.web(pipeline.parts, text, phone="+628000000001")
    pipeline.publish(message)
    return codec.decode(RawMessage, message.value, message.headers).tracking


def said(steps: list[TraceStep]) -> list[tuple[str, str]]:
    """Where each record lies, and what it is."""
    return [(step.position.split("/")[0], step.kind) for step in steps]


def test_every_record_is_shown_as_it_came(pipeline: Pipeline) -> None:
    """From the door to the agency's answer and the next door; nothing of another report."""
    arrive(pipeline, "Jalan rusak di Kab. Sleman")
    number = arrive(pipeline, "Kemenkes tolong, hubungi 0812 3456 7890")
    for group in ("normalize", "router", "ledger"):
        pipeline.work(group)
    answer(pipeline.parts, number, "refused", "bukan kami", "bumn-pln", "")
    pipeline.work("router")
    steps = trace(pipeline.parts, number, LONG_AGO)
    assert [one for one in said(steps) if one[1] != "reply"] == [
        ("raw-web", "arrived"),
        ("complaints", "complaint"),
        ("agency-kementerian-kemenkes", "dispatched"),
        ("agency-answers", "answered"),
        ("agency-bumn-pln", "dispatched"),
        ("oversight", "oversight"),
    ]
    words = " ".join(step.description for step in steps)
    for part in (
        "by web, proven by none",
        "new",
        "to kementerian-kemenkes (hop 0",
        "refused, suggested agency: bumn-pln",
    ):
        assert part in words
    assert not any(telling in words for telling in ("tolong", "3456", "628000"))


def test_it_says_for_whom_each_record_waits(pipeline: Pipeline) -> None:
    """And how many are before it there; what was worked waits for nobody."""
    arrive(pipeline, "Jalan rusak di Kab. Sleman")
    number = arrive(pipeline, "Kemenkes tolong")
    (arrived,) = trace(pipeline.parts, number, LONG_AGO)
    assert arrived.records_ahead == {"normalize": int(arrived.position.rsplit("/", 1)[1])}
    pipeline.work("normalize")
    arrived, complaint = (step for step in trace(pipeline.parts, number, LONG_AGO) if step.kind != "reply")
    assert (arrived.records_ahead, set(complaint.records_ahead)) == ({}, {"router", "ledger", "replies"})
    pipeline.work("router")
    pipeline.work("ledger")
    waiting = [step.records_ahead.keys() for step in trace(pipeline.parts, number, LONG_AGO) if step.kind != "reply"]
    assert waiting == [set(), {"replies"}, set()]


def test_a_report_that_died_is_found(pipeline: Pipeline) -> None:
    """The ledger does not know it: it is looked for among the arrivals, as far back as was asked for."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    number = codec.decode(RawMessage, message.value, message.headers).tracking
    why = (("dead_stage", b"normalize"), ("dead_reason", b"unexpected"), ("dead_field", b"KeyError"))
    pipeline.publish(message, Outgoing(dead_letter_topic("normalize"), b"", message.value, message.headers + why))
    steps = trace(pipeline.parts, number, LONG_AGO)
    assert said(steps) == [("raw-web", "arrived"), ("dead-normalize", "dead letter")]
    assert steps[1].description == "normalize could not process it: unexpected (KeyError)"
    assert trace(pipeline.parts, number, datetime.now(NOW.tzinfo) + timedelta(hours=1)) == []


def test_a_letter_with_odd_headers_is_shown(pipeline: Pipeline) -> None:
    """They may be of another program."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    number = codec.decode(RawMessage, message.value, message.headers).tracking
    odd = (("dead_stage", b"normal\xff"), ("dead_reason", b"\xfe"))
    pipeline.publish(message, Outgoing(dead_letter_topic("normalize"), b"", message.value, message.headers + odd))
    assert trace(pipeline.parts, number, LONG_AGO)[1].description == "normal\ufffd could not process it: \ufffd"


def test_a_message_in_quarantine_is_found(pipeline: Pipeline) -> None:
    """By the number that it would have; why it is held is said, not what it says."""
    kept = pipeline.parts.wrapper.wrap("sms", "SM1", "", b"Body=rahasia", NOW, "text/plain")
    pipeline.publish(quarantine_record(kept, "bad_signature"))
    (step,) = trace(pipeline.parts, kept.tracking, LONG_AGO)
    assert (step.kind, step.description) == ("quarantined", "by sms: bad_signature")


def test_what_cannot_be_read_is_said(pipeline: Pipeline) -> None:
    """Another type, or the type without the shape, under the headers of this report."""
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
    """For eyes and for programs; a number that is none, or is nowhere, is named."""
    number = arrive(pipeline, "Kemenkes tolong")
    settings = pipeline.parts.settings
    monkeypatch.setenv("SATUPINTU_HOME", str(settings.home))
    monkeypatch.setenv("SATUPINTU_SECRET_KEY", settings.secret_key.get_secret_value())

    def run(*arguments: str) -> tuple[int, str]:
        with captured_log():
            result = CliRunner().invoke(app, ["trace", *arguments])
        return result.exit_code, result.stdout + result.stderr

    assert run(number)[0] == 0
    assert "waits for normalize, 0 before it" in run(number.lower().replace("-", " "))[1]
    assert '"what": "arrived"' in run(number, "--json")[1]
    assert run("2VA8-SD70-3331")[0] == 2
    code, says = run("2VA8-SD70-3330", "--since", "1h")
    assert (code, "on no topic since 1h" in says) == (1, True)


def test_it_orders_a_terminal_nothing(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an agency's program calls itself is a line like any other."""
    message = records.web(pipeline.parts, "Kemenkes tolong")
    raw = codec.decode(RawMessage, message.value, message.headers)
    known: dict[str, Any] = {
        "id": raw.id,
        "message_id": raw.id,
        "at": NOW,
        "complaint_id": raw.id,
        "dispatch_id": raw.id,
    }
    said = AgencyAnswer(**known, agency="kantor\x1b[2J\n  complaint: new\x9b", verdict="refused")
    pipeline.publish(message, Outgoing(AGENCY_ANSWERS, *codec.encode(said, "key", "/agency/kantor")))
    settings = pipeline.parts.settings
    monkeypatch.setenv("SATUPINTU_HOME", str(settings.home))
    monkeypatch.setenv("SATUPINTU_SECRET_KEY", settings.secret_key.get_secret_value())
    with captured_log():
        shown = CliRunner().invoke(app, ["trace", raw.tracking]).stdout
    assert "  answered: kantor [2J   complaint: new : refused" in shown.splitlines()
