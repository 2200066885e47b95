"""Records as spans of their report's trace: how they link up, and that nothing of what people wrote is in them."""

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
from tests.journeys.runner import from_text, record_of, telling
from tests.journeys.test_journeys import CASES

MESSAGE = ids.message_id("web", "one")
COMPLAINT = ids.complaint_id(MESSAGE)
DISPATCH = ids.dispatch_id(COMPLAINT, 0)
OTHER = ids.complaint_id(ids.message_id("web", "another"))
SEALED = Sealed("sealed")
# What a citizen, an officer or a stranger with access to a topic could write wherever text is let in.
WORDS = "Budi Santoso, 0812 3456 7890"
TAKEN = int(NOW.timestamp() * 1000)
SECOND = 1_000_000_000


def raw(**more: object) -> RawMessage:
    """An arrival."""
    said = {"id": MESSAGE, "message_id": MESSAGE, "at": NOW, "channel": "web", "provider_id": WORDS}
    said |= {"sender": WORDS, "tracking": WORDS, "verified_by": "none", "content_type": WORDS, "body": SEALED}
    return RawMessage.model_validate(said | more)


def complaint(**more: object) -> Complaint:
    """Read of it."""
    said = {"id": COMPLAINT, "message_id": MESSAGE, "at": NOW, "tracking": WORDS, "channel": "web"}
    return Complaint.model_validate({**said, "sender": WORDS, "report": Report(text=WORDS), "contact": SEALED, **more})


def dispatch(hop: int = 0, agency: str = "bumn-pln", **more: object) -> Dispatch:
    """At an agency's door."""
    said = {"id": ids.dispatch_id(COMPLAINT, hop), "message_id": MESSAGE, "at": NOW, "complaint_id": COMPLAINT}
    said |= {"tracking": WORDS, "channel": "web", "agency": agency, "alternatives": (WORDS,), "hop": hop}
    said |= {"reasons": (Reason(rule="place", says=WORDS), Reason(rule=WORDS, says=WORDS)), "rules_version": "0a1b"}
    said |= {"due_at": NOW, "report": Report(text=WORDS), "topic": WORDS, "region": WORDS, "actor": WORDS}
    return Dispatch.model_validate(said | more)


def answer(verdict: str, text: str = WORDS, **more: object) -> AgencyAnswer:
    """What the agency says."""
    said = {"id": ids.answer_id(DISPATCH, verdict, text), "message_id": MESSAGE, "at": NOW, "complaint_id": COMPLAINT}
    said |= {"dispatch_id": DISPATCH, "agency": "bumn-pln", "verdict": verdict, "text": text, "theirs": WORDS}
    return AgencyAnswer.model_validate({**said, "actor": WORDS, **more})


def event(kind: str, subject: UUID, reason: str = WORDS) -> OversightEvent:
    """What oversight is told."""
    said = {"id": ids.event_id(subject, kind), "message_id": MESSAGE, "at": NOW, "event": kind, "subject": subject}
    return OversightEvent.model_validate({**said, "reason": reason, "actor": WORDS})


def correction() -> Correction:
    """What a person decided."""
    said = {"id": ids.correction_id(COMPLAINT, "split", None), "message_id": MESSAGE, "at": NOW, "tracking": WORDS}
    more = {"complaint_id": COMPLAINT, "relation": Relation(kind="joins", of=OTHER), "actor": WORDS, "reason": WORDS}
    return Correction.model_validate(said | more)


def reply() -> Reply:
    """What the sender is told."""
    said = {"id": ids.reply_id(COMPLAINT, "received"), "message_id": MESSAGE, "at": NOW, "complaint_id": COMPLAINT}
    return Reply.model_validate({**said, "tracking": WORDS, "channel": "sms", "says": "received", "text": WORDS})


def held(reason: str = "bad_signature") -> Quarantined:
    """What could not prove where it came from."""
    return Quarantined(id=ids.event_id(MESSAGE, reason), message_id=MESSAGE, at=NOW, reason=reason, raw=raw())


def record(message: WireModel, source: str = "/satu-pintu/router", topic: str = "t", seconds: float = 0) -> Record:
    """As the bus took it, so many seconds after it was written."""
    made = codec.encode(message, "", source)
    place = int(message.id.hex[:4], 16)
    return Record(topic, 0, place, TAKEN + int(seconds * 1000), made.key, made.value, made.headers)


def letter(of: Record, stage: str = "router", reason: str = "not_the_shape", field: str = "report.text") -> Record:
    """The record as a dead letter."""
    headers = {"dead_stage": stage, "dead_reason": reason, "dead_field": field, "dead_position": of.position}
    more = tuple((name, value.encode()) for name, value in headers.items())
    return replace(
        of, topic=topics.dead_letter_topic(stage), offset=0, timestamp=of.timestamp + 1000, headers=of.headers + more
    )


def spans(*records: Record, recent: RecentRecords | None = None) -> list[TraceSpan]:
    """Of one batch."""
    said = [read_trace(one) for one in records]
    return list((recent or RecentRecords()).spans(one for one in said if one))


def test_every_shape_follows_from_what_led_to_it() -> None:
    """One trace for all of them, by the message's id; each span by its record's id, as its traceparent says."""
    led = {
        raw(): None,
        complaint(): MESSAGE,
        dispatch(): COMPLAINT,
        answer("accepted"): DISPATCH,
        reply(): COMPLAINT,
        correction(): COMPLAINT,
        event("not-a-complaint", MESSAGE): MESSAGE,
        event("refused", COMPLAINT): COMPLAINT,
        event("post-withdrawn", OTHER): None,
        held(): None,
    }
    for message, parent in led.items():
        (span,) = spans(record(message))
        context = dict(record(message).headers)["traceparent"].decode().split("-")
        assert (f"{span.trace:032x}", f"{span.id:016x}") == (context[1], context[2])
        assert span.trace == MESSAGE.int
        assert span.parent == (span_id(parent) if parent else 0), message


def test_the_next_door_follows_from_the_refusal_else_from_the_door_before() -> None:
    """Whichever of a batch is read first; another verdict moves nothing, nor does the refusal of another dispatch."""
    refusal, second = answer("refused"), dispatch(1, "bumn-pertamina")
    assert [span.parent for span in spans(record(second), record(refusal))] == [span_id(refusal.id), span_id(DISPATCH)]
    assert spans(record(answer("accepted")), record(second))[1].parent == span_id(DISPATCH)
    assert spans(record(refusal), record(dispatch(2)))[1].parent == span_id(second.id)


def test_what_is_told_of_a_held_message_follows_from_where_it_lies() -> None:
    """It never was an arrival."""
    kept = held()
    assert [span.parent for span in spans(record(kept), record(event("dropped", MESSAGE)))] == [0, span_id(kept.id)]


def test_a_span_lasts_from_where_it_came_from_to_the_bus() -> None:
    """Since the bus took what led to it; where that is not known any more, since it was written."""
    late = [record(dispatch(), seconds=7), record(complaint(), seconds=3), record(raw(), seconds=2)]
    found = [((span.start - TAKEN * 10**6) / SECOND, (span.end - TAKEN * 10**6) / SECOND) for span in spans(*late)]
    assert found == [(3, 7), (2, 3), (0, 2)]
    (alone,) = spans(record(dispatch(), seconds=7))
    assert (alone.end - alone.start) / SECOND == 7


@pytest.mark.parametrize("ahead", [timedelta(seconds=90), timedelta(days=365 * 4000)])
def test_no_span_ends_before_it_starts(ahead: timedelta) -> None:
    """Clocks differ, of a door and the bus, or of two brokers."""
    (span,) = spans(record(raw(at=NOW + ahead)))
    assert span.start == span.end
    first, second = spans(record(complaint(), seconds=5), record(dispatch(), seconds=1))
    assert second.start == second.end < first.end


def test_worked_again_it_is_the_same_span() -> None:
    """The same record; the same words at another place, as a replay says them, are no second one."""
    recent, one = RecentRecords(), record(dispatch())
    assert spans(one, recent=recent) == spans(one, recent=recent)
    assert spans(replace(one, offset=one.offset + 1), recent=recent) == []


def test_memory_is_bounded() -> None:
    """What was forgotten is no parent's moment any more; the links stay."""
    recent = RecentRecords(2)
    spans(record(complaint(), seconds=3), record(raw()), record(reply()), recent=recent)
    (span,) = spans(record(dispatch(), seconds=7), recent=recent)
    assert (span.end - span.start, span.parent) == (7 * SECOND, span_id(COMPLAINT))


def test_a_dead_letter_follows_from_what_could_not_be_worked() -> None:
    """By the stage that gave it up, with its reason, and as a failure."""
    unreadable = replace(record(complaint(), "/satu-pintu/normalize"), value=b"{}")
    first, second = spans(unreadable, letter(unreadable))
    assert (first.id, first.failed, first.attributes["what"]) == (span_id(COMPLAINT), True, "unreadable")
    assert (second.parent, second.name, second.failed) == (first.id, "router", True)
    assert (second.attributes["reason"], second.attributes["field"]) == ("not_the_shape", "report.text")
    assert second.id != first.id
    assert second.start == first.end


def test_a_dead_letter_is_known_as_at_the_desk() -> None:
    """By the worker that wrote it, which need not bear the name of its topic: a person's decision is about this id."""
    given_up = record(complaint(), "/satu-pintu/normalize")
    written = replace(letter(given_up, stage="ledger"), topic=topics.dead_letter_topic("sinks"))
    (found,) = spans(written)
    assert (found.id, found.name) == (span_id(stored_dead_letter(written).id), "sinks")


def test_what_names_no_report_is_no_span() -> None:
    """A letter that is only a stub, a stranger's record, ids that are nothing."""
    stub = Record(
        topics.dead_letter_topic("router"), 0, 0, TAKEN, b"", b"3 bytes", (("dead_position", b"complaints/0/0"),)
    )
    nothing = UUID(int=0)
    zeros = record(raw(id=nothing, message_id=nothing))
    for one in (stub, Record("raw-web", 0, 0, TAKEN, b"", b""), zeros, letter(zeros), replace(zeros, value=b"")):
        assert read_trace(one) is None


def test_what_a_span_says() -> None:
    """Ids and constants, of a dispatch the most."""
    relation = Relation(kind="joins", of=OTHER)
    (span,) = spans(record(dispatch(2, relation=relation), topic="agency-bumn-pln"))
    place = record(dispatch(2), topic="agency-bumn-pln").position
    assert (span.name, span.failed) == ("router", False)
    assert span.attributes == {
        "what": "dispatch",
        "id": str(ids.dispatch_id(COMPLAINT, 2)),
        "topic": "agency-bumn-pln",
        "position": place,
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


def test_a_reason_is_told_where_it_is_a_constant() -> None:
    """Never where a person gave it, however short."""
    found = [event("ping-pong", COMPLAINT, "refused-again"), event("dropped", MESSAGE, "penipuan"), held()]
    assert [span.attributes.get("reason") for span in spans(*map(record, found))] == [
        "refused-again",
        None,
        "bad_signature",
    ]


def test_no_words_wherever_they_stand() -> None:
    """In every field that takes text, in a header, as an agency's code or as what should be a constant."""
    messages: list[WireModel] = [raw(), complaint(), dispatch(agency=WORDS, rules_version=WORDS), correction(), reply()]
    messages += [
        answer("refused", agency=WORDS),
        held(WORDS),
        event("not-a-complaint", MESSAGE),
        event("revealed", OTHER),
    ]
    records = [record(message, source) for message in messages for source in (WORDS, f"/agency/{WORDS}")]
    records += [letter(one, reason=WORDS, field=WORDS) for one in records]
    found = [one for one in map(read_trace, records) if one]
    assert len(found) == len(records)
    for one in found:
        assert not any(part in repr(one) for part in ("Budi", "budi", "Santoso", "santoso", "0812", "3456"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_journey_is_one_trace(case: Path) -> None:
    """All records of a case hang together, from one that has no parent; nothing in them is the sender's."""
    files = [path for path in sorted(case.glob("[1-3]-*.json")) if "refused" not in path.name]
    records = [replace(record_of(from_text(path.read_text())), timestamp=TAKEN) for path in files]
    found = spans(*records)
    assert len(found) == len(records)
    assert len({span.trace for span in found}) <= 1
    known = {span.id for span in found}
    assert [span.parent in known for span in found] == [number > 0 for number in range(len(found))]
    said = json.dumps([[span.name, span.attributes] for span in found], ensure_ascii=False)
    assert [words for words in telling(case / "0-arrival.http") if words in said] == []


_SAMPLES = [raw(), complaint(), dispatch(), answer("closed"), reply(), correction(), event("released", OTHER), held()]
_WRITTEN = [(record(one).headers, json.loads(record(one).value)) for one in _SAMPLES]
_NAMES = st.sampled_from(["ce_type", "ce_source", "ce_time", "traceparent", "dead_reason", "dead_position", "x"])
_LETTERS = st.text(st.sampled_from("0aZ-/ é\u0000"), max_size=20)
_HEX = st.sampled_from(["0", "9", "f"])
_VALUES = st.one_of(
    st.binary(max_size=40),
    _LETTERS.map(str.encode),
    st.sampled_from([codec.event_type(type(one)).encode() for one in _SAMPLES]),
    st.tuples(_HEX, _HEX).map(lambda digits: f"00-{digits[0] * 32}-{digits[1] * 16}-01".encode()),
    st.sampled_from([b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59+14:00", b"2026-11-24", b"2026-W48"]),
)
_FIELDS = sorted({name for _, value in _WRITTEN for name in value})
_PUT = st.one_of(st.none(), _LETTERS, st.integers(), st.sampled_from([str(UUID(int=0)), str(OTHER), "9999-12-31"]))


def _odd(
    written: tuple[tuple[tuple[str, bytes], ...], dict[str, object]],
    topic: str,
    changed: dict[str, object],
    headers: dict[str, bytes],
    moment: int,
    garbage: bytes,
) -> Record:
    value = garbage or json.dumps(written[1] | changed).encode()
    return Record(topic, 0, moment % 3, moment, b"", value, tuple((dict(written[0]) | headers).items()))


odd = st.builds(
    _odd,
    st.sampled_from(_WRITTEN),
    st.sampled_from(["raw-web", "complaints", "agency-triage", topics.OVERSIGHT, *topics.DEAD_LETTER_TOPICS]),
    st.dictionaries(st.sampled_from(_FIELDS), _PUT, max_size=3),
    st.dictionaries(_NAMES, _VALUES, max_size=3),
    st.integers(min_value=-1, max_value=2**63 - 1),
    st.one_of(st.just(b""), st.just(b""), st.binary(max_size=20)),
)


@given(st.lists(odd, max_size=6))
def test_any_record_is_read(records: list[Record]) -> None:
    """Total; and what comes of it fits into what OpenTelemetry has for it."""
    for span in spans(*records, recent=RecentRecords(4)):
        assert 0 < span.trace < 2**128
        assert 0 < span.id < 2**64
        assert 0 <= span.parent < 2**64
        assert 0 <= span.start <= span.end < 2**63


@given(st.sampled_from(_SAMPLES), st.datetimes(timezones=st.just(UTC)))
def test_any_moment_is_a_moment(message: WireModel, at: datetime) -> None:
    """Whatever the clock of the writer was set to."""
    said = read_trace(record(message.model_copy(update={"at": at, "id": uuid5(MESSAGE, "x")})))
    assert isinstance(said, RecordTrace)
    (span,) = RecentRecords().spans([said])
    assert span.start <= span.end
