"""Records become spans of their report's trace, with the right parents and without text that a person wrote."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.review.dead_letters import stored_dead_letter
from bus.port import Record
from messages import codec, ids, topics
from messages.sealing import Sealed
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reason,
    Relation,
    Reply,
    Report,
    WireModel,
)
from monitor.traces.record_trace import RecordTrace, read_trace, span_id
from monitor.traces.spans import RecentRecords, TraceSpan
from tests.conftest import NOW
from tests.journeys.runner import from_text, private_values, record_of
from tests.journeys.test_journeys import CASES
from tests.support.arrival_ids import arrival_id

MESSAGE = arrival_id("web", "one")
COMPLAINT = ids.complaint_id(MESSAGE)
DISPATCH = ids.dispatch_id(COMPLAINT, 0)
OTHER = ids.complaint_id(arrival_id("web", "another"))
SEALED = Sealed("sealed")
# Text of a citizen, an officer or a stranger, in every field that accepts text.
WORDS = "Budi Santoso, 0812 3456 7890"
TAKEN = int(NOW.timestamp() * 1000)
SECOND = 1_000_000_000


def raw(**changes: object) -> RawMessage:
    """Return an arrival."""
    fields = {"id": MESSAGE, "message_id": MESSAGE, "at": NOW, "channel": "web", "provider_id": WORDS}
    fields |= {"sender": WORDS, "tracking": WORDS, "verified_by": "none", "content_type": WORDS, "body": SEALED}
    return RawMessage.model_validate(fields | changes)


def complaint(**changes: object) -> Complaint:
    """Return the complaint of the arrival."""
    fields = {"id": COMPLAINT, "message_id": MESSAGE, "at": NOW, "tracking": WORDS, "channel": "web"}
    return Complaint.model_validate(
        {**fields, "sender": WORDS, "report": Report(text=WORDS), "contact": SEALED, **changes}
    )


def dispatch(hop: int = 0, agency: str = "bumn-pln", **changes: object) -> Dispatch:
    """Return a dispatch of the complaint."""
    fields = {"id": ids.dispatch_id(COMPLAINT, hop), "message_id": MESSAGE, "at": NOW, "complaint_id": COMPLAINT}
    fields |= {"tracking": WORDS, "channel": "web", "agency": agency, "alternatives": (WORDS,), "hop": hop}
    fields |= {"reasons": (Reason(rule="place", says=WORDS), Reason(rule=WORDS, says=WORDS)), "rules_version": "0a1b"}
    fields |= {"due_at": NOW, "report": Report(text=WORDS), "topic": WORDS, "region": WORDS, "actor": WORDS}
    return Dispatch.model_validate(fields | changes)


def answer(verdict: str, text: str = WORDS, **changes: object) -> AgencyAnswer:
    """Return an agency's answer to the first dispatch."""
    fields = {"id": ids.answer_id(DISPATCH, verdict, text), "message_id": MESSAGE, "at": NOW, "complaint_id": COMPLAINT}
    fields |= {"dispatch_id": DISPATCH, "agency": "bumn-pln", "verdict": verdict, "text": text, "theirs": WORDS}
    return AgencyAnswer.model_validate({**fields, "actor": WORDS, **changes})


def event(kind: str, subject: UUID, reason: str = WORDS) -> OversightEvent:
    """Return an oversight event."""
    fields = {"id": ids.event_id(subject, kind), "message_id": MESSAGE, "at": NOW, "event": kind, "subject": subject}
    return OversightEvent.model_validate({**fields, "reason": reason, "actor": WORDS})


def correction() -> Correction:
    """Return a correction of the complaint."""
    fields = {"id": ids.correction_id(COMPLAINT, "split", None), "message_id": MESSAGE, "at": NOW, "tracking": WORDS}
    fields |= {"complaint_id": COMPLAINT, "relation": Relation(kind="joins", of=OTHER), "actor": WORDS, "reason": WORDS}
    return Correction.model_validate(fields)


def reply() -> Reply:
    """Return a reply to the sender."""
    fields = {"id": ids.reply_id(COMPLAINT, "received"), "message_id": MESSAGE, "at": NOW, "complaint_id": COMPLAINT}
    return Reply.model_validate({**fields, "tracking": WORDS, "channel": "sms", "says": "received", "text": WORDS})


def quarantined(reason: str = "bad_signature") -> Quarantined:
    """Return a quarantined message."""
    return Quarantined(id=ids.event_id(MESSAGE, reason), message_id=MESSAGE, at=NOW, reason=reason, raw=raw())


def record(message: WireModel, source: str = "/satu-pintu/router", topic: str = "t", seconds: float = 0) -> Record:
    """Return the record of a message, appended this long after it was written."""
    encoded = codec.encode(message, "", source)
    offset = int(message.id.hex[:4], 16)
    return Record(topic, 0, offset, TAKEN + int(seconds * 1000), encoded.key, encoded.value, encoded.headers)


def letter(
    rejected: Record, stage: str = "router", reason: str = "not_the_shape", field: str = "report.text"
) -> Record:
    """Return the dead letter of a record."""
    headers = {"dead_stage": stage, "dead_reason": reason, "dead_field": field, "dead_position": rejected.position}
    added_headers = tuple((name, value.encode()) for name, value in headers.items())
    return replace(
        rejected,
        topic=topics.dead_letter_topic(stage),
        offset=0,
        timestamp=rejected.timestamp + 1000,
        headers=rejected.headers + added_headers,
    )


def spans(*records: Record, recent: RecentRecords | None = None) -> list[TraceSpan]:
    """Return the spans of one batch."""
    traces = [read_trace(record) for record in records]
    return list((recent or RecentRecords()).spans(trace for trace in traces if trace))


def test_every_span_has_the_preceding_record_as_parent() -> None:
    """All spans belong to the trace of the message. Their ids are those of the traceparent."""
    # The copy of a message that staff released follows from its arrival, and its complaint follows from the copy.
    reviewed_id = ids.reviewed_message_id(MESSAGE)
    parents = {
        raw(): None,
        raw(id=reviewed_id, reviewed=True): MESSAGE,
        complaint(): MESSAGE,
        complaint(reviewed=True): reviewed_id,
        dispatch(): COMPLAINT,
        answer("accepted"): DISPATCH,
        reply(): COMPLAINT,
        correction(): COMPLAINT,
        event("not-a-complaint", MESSAGE): MESSAGE,
        event("refused", COMPLAINT): COMPLAINT,
        event("post-withdrawn", OTHER): None,
        quarantined(): None,
    }
    for message, parent in parents.items():
        (span,) = spans(record(message))
        context = dict(record(message).headers)["traceparent"].decode().split("-")
        assert (f"{span.trace:032x}", f"{span.id:016x}") == (context[1], context[2])
        assert span.trace == MESSAGE.int
        assert span.parent == (span_id(parent) if parent else 0), message


def test_a_later_dispatch_follows_from_the_refusal_or_the_previous_dispatch() -> None:
    """The order within a batch does not matter. Another verdict, or a refusal of another dispatch, has no effect."""
    refusal, second = answer("refused"), dispatch(1, "bumn-pertamina")
    assert [span.parent for span in spans(record(second), record(refusal))] == [span_id(refusal.id), span_id(DISPATCH)]
    assert spans(record(answer("accepted")), record(second))[1].parent == span_id(DISPATCH)
    assert spans(record(refusal), record(dispatch(2)))[1].parent == span_id(second.id)


def test_an_event_about_a_quarantined_message_follows_from_it() -> None:
    """The message has no arrival on the bus."""
    message = quarantined()
    assert [span.parent for span in spans(record(message), record(event("dropped", MESSAGE)))] == [
        0,
        span_id(message.id),
    ]


def test_a_span_lasts_from_the_preceding_record_to_its_own() -> None:
    """If the preceding record is unknown, the span starts when the record was written."""
    records = [record(dispatch(), seconds=7), record(complaint(), seconds=3), record(raw(), seconds=2)]
    times = [((span.start - TAKEN * 10**6) / SECOND, (span.end - TAKEN * 10**6) / SECOND) for span in spans(*records)]
    assert times == [(3, 7), (2, 3), (0, 2)]
    (single,) = spans(record(dispatch(), seconds=7))
    assert (single.end - single.start) / SECOND == 7


@pytest.mark.parametrize("ahead", [timedelta(seconds=90), timedelta(days=365 * 4000)])
def test_no_span_ends_before_it_starts(ahead: timedelta) -> None:
    """The clocks of a door and of the bus, or of two brokers, may differ."""
    (span,) = spans(record(raw(at=NOW + ahead)))
    assert span.start == span.end
    first, second = spans(record(complaint(), seconds=5), record(dispatch(), seconds=1))
    assert second.start == second.end < first.end


def test_a_record_that_is_read_again_gives_the_same_span() -> None:
    """The same message at another offset, as in a replay, gives no second span."""
    recent, original = RecentRecords(), record(dispatch())
    assert spans(original, recent=recent) == spans(original, recent=recent)
    assert spans(replace(original, offset=original.offset + 1), recent=recent) == []


def test_the_number_of_kept_records_is_limited() -> None:
    """The time of a dropped record is unknown, but it is still the parent."""
    recent = RecentRecords(2)
    spans(record(complaint(), seconds=3), record(raw()), record(reply()), recent=recent)
    (span,) = spans(record(dispatch(), seconds=7), recent=recent)
    assert (span.end - span.start, span.parent) == (7 * SECOND, span_id(COMPLAINT))


def test_a_dead_letter_follows_from_the_rejected_record() -> None:
    """Its span has the name of the stage and the reason, and is marked as failed."""
    unreadable = replace(record(complaint(), "/satu-pintu/normalize"), value=b"{}")
    first, second = spans(unreadable, letter(unreadable))
    assert (first.id, first.failed, first.attributes["what"]) == (span_id(COMPLAINT), True, "unreadable")
    assert (second.parent, second.name, second.failed) == (first.id, "router", True)
    assert (second.attributes["reason"], second.attributes["field"]) == ("not_the_shape", "report.text")
    assert second.id != first.id
    assert second.start == first.end


def test_a_dead_letter_has_the_id_of_the_review_commands() -> None:
    """The id depends on the worker that wrote it, not on the topic. A person's decision names this id."""
    given_up = record(complaint(), "/satu-pintu/normalize")
    written = replace(letter(given_up, stage="ledger"), topic=topics.dead_letter_topic("sinks"))
    (span,) = spans(written)
    assert (span.id, span.name) == (span_id(stored_dead_letter(written).id), "sinks")


def test_a_record_that_names_no_report_gives_no_span() -> None:
    """A dead letter without headers, another program's record, and ids of zero."""
    stub = Record(
        topics.dead_letter_topic("router"), 0, 0, TAKEN, b"", b"3 bytes", (("dead_position", b"complaints/0/0"),)
    )
    nothing = UUID(int=0)
    zeros = record(raw(id=nothing, message_id=nothing))
    for unnamed in (stub, Record("raw-web", 0, 0, TAKEN, b"", b""), zeros, letter(zeros), replace(zeros, value=b"")):
        assert read_trace(unnamed) is None


def test_a_span_has_ids_and_constants_as_attributes() -> None:
    """A dispatch has the most of them."""
    relation = Relation(kind="joins", of=OTHER)
    (span,) = spans(record(dispatch(2, relation=relation), topic="agency-bumn-pln"))
    position = record(dispatch(2), topic="agency-bumn-pln").position
    assert (span.name, span.failed) == ("router", False)
    assert span.attributes == {
        "what": "dispatch",
        "id": str(ids.dispatch_id(COMPLAINT, 2)),
        "topic": "agency-bumn-pln",
        "position": position,
        "channel": "web",
        "complaint": str(COMPLAINT),
        "relation": "joins",
        "relation_of": str(OTHER),
        "agency": "bumn-pln",
        "hop": 2,
        "rules_version": "0a1b",
        "rules": "place",
    }
    (refused,) = spans(record(answer("refused"), "/agency/bumn-pln"))
    assert (refused.name, refused.attributes["verdict"], refused.attributes["agency"]) == (
        "agency",
        "refused",
        "bumn-pln",
    )


def test_a_reason_is_an_attribute_only_if_it_is_a_constant() -> None:
    """A reason that a person wrote is left out."""
    messages = [event("ping-pong", COMPLAINT, "refused-again"), event("dropped", MESSAGE, "penipuan"), quarantined()]
    assert [span.attributes.get("reason") for span in spans(*map(record, messages))] == [
        "refused-again",
        None,
        "bad_signature",
    ]


def test_no_text_of_a_person_is_in_a_span() -> None:
    """The text is in every field and header, also in place of codes and constants."""
    messages: list[WireModel] = [raw(), complaint(), dispatch(agency=WORDS, rules_version=WORDS), correction(), reply()]
    messages += [
        answer("refused", agency=WORDS),
        quarantined(WORDS),
        event("not-a-complaint", MESSAGE),
        event("revealed", OTHER),
    ]
    records = [record(message, source) for message in messages for source in (WORDS, f"/agency/{WORDS}")]
    records += [letter(original, reason=WORDS, field=WORDS) for original in records]
    traces = [trace for trace in map(read_trace, records) if trace]
    assert len(traces) == len(records)
    for trace in traces:
        assert not any(part in repr(trace) for part in ("Budi", "budi", "Santoso", "santoso", "0812", "3456"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_journey_is_one_trace(case: Path) -> None:
    """Only the first span has no parent. No span contains the sender's text."""
    files = [path for path in sorted(case.glob("[1-3]-*.json")) if "refused" not in path.name]
    records = [replace(record_of(from_text(path.read_text())), timestamp=TAKEN) for path in files]
    journey_spans = spans(*records)
    assert len(journey_spans) == len(records)
    assert len({span.trace for span in journey_spans}) <= 1
    span_ids = {span.id for span in journey_spans}
    assert [span.parent in span_ids for span in journey_spans] == [number > 0 for number in range(len(records))]
    attributes = json.dumps([[span.name, span.attributes] for span in journey_spans], ensure_ascii=False)
    assert [words for words in private_values(case / "0-arrival.http") if words in attributes] == []


_SAMPLES = [
    raw(),
    complaint(),
    dispatch(),
    answer("closed"),
    reply(),
    correction(),
    event("released", OTHER),
    quarantined(),
]
_ENCODED = [(record(sample).headers, json.loads(record(sample).value)) for sample in _SAMPLES]
_NAMES = st.sampled_from(["ce_type", "ce_source", "ce_time", "traceparent", "dead_reason", "dead_position", "x"])
_LETTERS = st.text(st.sampled_from("0aZ-/ é\u0000"), max_size=20)
_HEX = st.sampled_from(["0", "9", "f"])
_VALUES = st.one_of(
    st.binary(max_size=40),
    _LETTERS.map(str.encode),
    st.sampled_from([codec.event_type(type(sample)).encode() for sample in _SAMPLES]),
    st.tuples(_HEX, _HEX).map(lambda digits: f"00-{digits[0] * 32}-{digits[1] * 16}-01".encode()),
    st.sampled_from([b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59+14:00", b"2026-11-24", b"2026-W48"]),
)
_FIELDS = sorted({name for _, value in _ENCODED for name in value})
_PUT = st.one_of(st.none(), _LETTERS, st.integers(), st.sampled_from([str(UUID(int=0)), str(OTHER), "9999-12-31"]))


def _changed_record(
    encoded: tuple[tuple[tuple[str, bytes], ...], dict[str, object]],
    topic: str,
    changed: dict[str, object],
    headers: dict[str, bytes],
    moment: int,
    garbage: bytes,
) -> Record:
    value = garbage or json.dumps(encoded[1] | changed).encode()
    return Record(topic, 0, moment % 3, moment, b"", value, tuple((dict(encoded[0]) | headers).items()))


changed_records = st.builds(
    _changed_record,
    st.sampled_from(_ENCODED),
    st.sampled_from(["raw-web", "complaints", "agency-triage", topics.OVERSIGHT, *topics.DEAD_LETTER_TOPICS]),
    st.dictionaries(st.sampled_from(_FIELDS), _PUT, max_size=3),
    st.dictionaries(_NAMES, _VALUES, max_size=3),
    st.integers(min_value=-1, max_value=2**63 - 1),
    st.one_of(st.just(b""), st.just(b""), st.binary(max_size=20)),
)


@given(st.lists(changed_records, max_size=6))
def test_every_record_can_be_read(records: list[Record]) -> None:
    """The ids and times of its span fit into OpenTelemetry's fields."""
    for span in spans(*records, recent=RecentRecords(4)):
        assert 0 < span.trace < 2**128
        assert 0 < span.id < 2**64
        assert 0 <= span.parent < 2**64
        assert 0 <= span.start <= span.end < 2**63


@given(st.sampled_from(_SAMPLES), st.datetimes(timezones=st.just(UTC)))
def test_every_time_is_accepted(message: WireModel, at: datetime) -> None:
    """The clock of the writer may be set to any time."""
    trace = read_trace(record(message.model_copy(update={"at": at, "id": uuid5(MESSAGE, "x")})))
    assert isinstance(trace, RecordTrace)
    (span,) = RecentRecords().spans([trace])
    assert span.start <= span.end
