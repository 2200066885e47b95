"""Reads the trace of a record: the report it belongs to, the record that led to it, and constants. No I/O.

Never reads text that a person wrote. Every record can be read, except those of a newer version (`NewerVersionError`); a
record that names no report has no trace.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.port import Record
from messages import codec, ids, topics
from messages.cases.recommendation import Recommendation
from messages.dead_letters import read_dead_letter
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Correction,
    Dispatch,
    JudgedAnswer,
    JudgedCorrection,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)

Attributes = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class RecordTrace:
    """A record within its trace. Ids are those of W3C Trace Context; 0 means none.

    `parent` is the record that led to this one. A record with `passed_on` that follows from `instead_of` follows from
    this record instead. `at` is the time at which the record was written. `taken` is the time at which the bus appended
    it, in milliseconds since 1970 UTC.
    """

    trace: int
    id: int
    position: str
    name: str
    taken: int
    parent: int = 0
    instead_of: int = 0
    passed_on: bool = False
    failed: bool = False
    at: datetime | None = None
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Links:
    """Part of a `RecordTrace` that depends on the shape of the message."""

    parent: int = 0
    instead_of: int = 0
    passed_on: bool = False
    attributes: Attributes = field(default_factory=dict)


# Writers of records by the last part of `ce_source`. All agencies are one writer.
_WRITERS = frozenset(("ingest", "normalize", "router", "operations", "triage"))
_SERVICE_SOURCE = "/satu-pintu/"
_AGENCY_SOURCE = "/agency/"
# Form of our own names and of those in the operator's tables. Another program could write any text into a field.
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,79}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
# The reason of these events is a constant. The reason of all other events is text that a person wrote.
_EVENTS_WITH_CONSTANT_REASON = frozenset(
    (
        *("not-a-complaint", "refused", "hop-limit", "ping-pong", "post-withdrawn", "reopened-again"),
        *("duplicate-limit", "due", "overdue", "three-times-overdue"),
    )
)
# The shape of a dispatch limits the hop only from below; a span attribute is limited here.
_MAX_HOP = 2**31


def read_trace(record: Record) -> RecordTrace | None:
    """Return the trace of a record; `None` if it names no report."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    if record.topic in topics.DEAD_LETTER_TOPICS:
        return _dead_letter_trace(record, headers)
    message = _decode(record, headers)
    if message is None:
        return _unreadable_trace(record, headers)
    trace_id, links = message.message_id.int, _LINKS[type(message)](message)
    if not (trace_id and span_id(message.id)):
        return None
    return RecordTrace(
        trace=trace_id,
        id=span_id(message.id),
        position=record.position,
        name=_writer(headers),
        taken=record.timestamp,
        parent=links.parent,
        instead_of=links.instead_of,
        passed_on=links.passed_on,
        at=message.at,
        attributes=_record_attributes(record, what=message.name, id=str(message.id)) | links.attributes,
    )


def span_id(id_: UUID) -> int:
    """Return the span id of the record with this id, as in its traceparent."""
    return id_.int >> 64


def _dead_letter_trace(record: Record, headers: Mapping[str, str]) -> RecordTrace | None:
    """Return the trace of a dead letter. It has the headers of the rejected record and follows from it."""
    parent_context = _trace_context(headers)
    if parent_context is None:
        return None
    trace_id, parent = parent_context
    letter = read_dead_letter(record.topic, record.position, record.headers)
    return RecordTrace(
        trace=trace_id,
        id=span_id(letter.id),
        position=record.position,
        name=record.topic.removeprefix(topics.dead_letter_topic("")),
        taken=record.timestamp,
        parent=parent,
        failed=True,
        at=_event_time(headers),
        attributes=_record_attributes(record, what="dead-letter", reason=letter.reason, field=letter.field.lower()),
    )


def _unreadable_trace(record: Record, headers: Mapping[str, str]) -> RecordTrace | None:
    """Return the trace that the headers of an undecodable record name."""
    own_context = _trace_context(headers)
    if own_context is None:
        return None
    trace_id, own_id = own_context
    return RecordTrace(
        trace=trace_id,
        id=own_id,
        position=record.position,
        name=_writer(headers),
        taken=record.timestamp,
        failed=True,
        at=_event_time(headers),
        attributes=_record_attributes(record, what="unreadable"),
    )


def _trace_context(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the trace id and the span id of the traceparent; `None` without one, or if an id is zero."""
    match = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    trace_id, own_id = (int(part, 16) for part in match.groups()) if match else (0, 0)
    return (trace_id, own_id) if trace_id and own_id else None


def _decode(record: Record, headers: Mapping[str, str]) -> WireModel | None:
    shape = _SHAPES.get(codec.shape_name(headers.get("ce_type", "")))
    try:
        return codec.decode(shape, record.value, record.headers) if shape else None
    except codec.CodecError:
        return None


def _writer(headers: Mapping[str, str]) -> str:
    source = headers.get("ce_source", "")
    if source.startswith(_AGENCY_SOURCE):
        return "agency"
    name = source.removeprefix(_SERVICE_SOURCE)
    return name if name in _WRITERS else "unknown"


def _event_time(headers: Mapping[str, str]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(headers.get("ce_time", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _record_attributes(record: Record, **values: str) -> Attributes:
    return {"topic": record.topic, "position": record.position, **_only_names(**values)}


def _only_names(**values: str) -> Attributes:
    """Return the values that have the form of a name. Free text is left out."""
    return {key: value for key, value in values.items() if _NAME.fullmatch(value)}


def _raw_message_links(message: RawMessage) -> _Links:
    """Return the links of an arrival. The reviewed copy of a message follows from its arrival."""
    parent = span_id(message.message_id) if message.reviewed else 0
    return _Links(parent, attributes={"channel": message.channel})


def _quarantined_links(message: Quarantined) -> _Links:
    """Return the links of a quarantined message. Its trace starts here: its arrival is not on the bus."""
    attributes = {"channel": message.raw.channel, **_only_names(reason=message.reason)}
    return _Links(instead_of=span_id(message.message_id), attributes=attributes)


def _complaint_links(message: Complaint) -> _Links:
    attributes: Attributes = {"channel": message.channel, "relation": message.relation.kind}
    raw_id = ids.reviewed_message_id(message.message_id) if message.reviewed else message.message_id
    return _Links(span_id(raw_id), attributes=attributes | _relation_of(message.relation.of))


def _dispatch_links(message: Dispatch) -> _Links:
    """Return the links of a dispatch.

    The first one follows from the complaint. Each further one follows from the previous dispatch, or from the refusal
    of that one.
    """
    previous = ids.dispatch_id(message.complaint_id, message.hop - 1) if message.hop else message.complaint_id
    attributes: Attributes = {
        "channel": message.channel,
        "relation": message.relation.kind,
        "complaint": str(message.complaint_id),
        "hop": min(message.hop, _MAX_HOP),
        **_only_names(agency=message.agency, rules_version=message.rules_version),
        "rules": ",".join(reason.rule for reason in message.reasons if _NAME.fullmatch(reason.rule)),
        **_relation_of(message.relation.of),
    }
    return _Links(span_id(previous), passed_on=bool(message.hop), attributes=attributes)


def _answer_links(message: AgencyAnswer) -> _Links:
    dispatch = span_id(message.dispatch_id)
    attributes: Attributes = {
        "complaint": str(message.complaint_id),
        "verdict": message.verdict,
        **_only_names(agency=message.agency),
    }
    return _Links(dispatch, dispatch if message.verdict == "refused" else 0, attributes=attributes)


def _judged_answer_links(message: JudgedAnswer) -> _Links:
    attributes: Attributes = {"complaint": str(message.complaint_id), "outcome": message.outcome}
    return _Links(span_id(message.answer_id), attributes=attributes)


def _judged_correction_links(message: JudgedCorrection) -> _Links:
    attributes: Attributes = {"complaint": str(message.complaint_id), "outcome": message.outcome}
    return _Links(span_id(message.correction_id), attributes=attributes)


def _correction_links(message: Correction) -> _Links:
    attributes: Attributes = {"complaint": str(message.complaint_id), "relation": message.relation.kind}
    return _Links(span_id(message.complaint_id), attributes=attributes | _relation_of(message.relation.of))


def _recommendation_links(message: Recommendation) -> _Links:
    attributes: Attributes = {
        "complaint": str(message.complaint_id),
        "act": message.act,
        **_only_names(agency=message.agency),
    }
    previous = message.complaint_id if message.act == "recommended" else message.recommendation_id
    return _Links(span_id(previous), attributes=attributes)


def _reply_links(message: Reply) -> _Links:
    attributes: Attributes = {
        "channel": message.channel,
        "complaint": str(message.complaint_id),
        "says": message.says,
    }
    return _Links(span_id(message.complaint_id), attributes=attributes)


def _event_links(message: OversightEvent) -> _Links:
    """Return the links of an event. Its subject may belong to another trace, or may be no record."""
    subject_is_in_trace = message.subject in {message.message_id, ids.complaint_id(message.message_id)}
    reason = _only_names(reason=message.reason) if message.event in _EVENTS_WITH_CONSTANT_REASON else {}
    return _Links(
        span_id(message.subject) if subject_is_in_trace else 0,
        passed_on=True,
        attributes={"event": message.event, **reason},
    )


def _relation_of(earlier_complaint: UUID | None) -> Attributes:
    return {"relation_of": str(earlier_complaint)} if earlier_complaint else {}


_LINKS: Mapping[type[WireModel], Callable[[Any], _Links]] = {
    RawMessage: _raw_message_links,
    Quarantined: _quarantined_links,
    Complaint: _complaint_links,
    Dispatch: _dispatch_links,
    AgencyAnswer: _answer_links,
    JudgedAnswer: _judged_answer_links,
    Correction: _correction_links,
    JudgedCorrection: _judged_correction_links,
    Recommendation: _recommendation_links,
    Reply: _reply_links,
    OversightEvent: _event_links,
}
_SHAPES = {shape.name: shape for shape in _LINKS}
