"""What a record says of its report's trace: whose it is, what led to it, and constants. Pure; never what people wrote.

Total: any record is read, or is nobody's.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.port import Record
from messages import codec, ids, topics
from messages.dead_letters import read_dead_letter
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)

Attributes = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Said:
    """A record within its trace; ids as W3C's trace context has them, 0 for none.

    `parent` is what led to it. What follows from the record `instead_of` follows from this one, as far as it asks for
    that (`passed_on`). `at` is when it was written, `taken` when the bus took it, in milliseconds since 1970 UTC.
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
class _Way:
    """What the shape says: see `Said`."""

    parent: int = 0
    instead_of: int = 0
    passed_on: bool = False
    attributes: Attributes = field(default_factory=dict)


# Who writes records, as `ce_source` names them; an agency is one of many.
_WRITERS = frozenset(("ingest", "normalize", "router", "operations", "triage"))
_OURS = "/satu-pintu/"
_AGENCY = "/agency/"
# What we or an operator's tables have as a name. Whoever else writes to a topic could put a citizen's words there.
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,79}")
_CONTEXT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
# The reason of these is a constant of ours, of the others what a person wrote.
_BY_RULE = frozenset(("not-a-complaint", "refused", "hop-limit", "ping-pong", "post-withdrawn"))


def read(record: Record) -> Said | None:
    """What is to be known of it; `None` where it names no report."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    if record.topic in topics.DEAD_LETTER_TOPICS:
        return _letter(record, headers)
    message = _message(record, headers)
    if message is None:
        return _unreadable(record, headers)
    trace, way = message.message_id.int, _WAYS[type(message)](message)
    if not (trace and span_id(message.id)):
        return None
    return Said(
        trace,
        span_id(message.id),
        record.position,
        _writer(headers),
        record.timestamp,
        way.parent,
        way.instead_of,
        way.passed_on,
        at=message.at,
        attributes=_told(record, what=message.name, id=str(message.id)) | way.attributes,
    )


def span_id(id_: UUID) -> int:
    """The id of the span of the record with this id, as in its traceparent."""
    return id_.int >> 64


def _letter(record: Record, headers: Mapping[str, str]) -> Said | None:
    """A dead letter has the headers of what could not be worked, and follows from that."""
    context = _context(headers)
    if context is None:
        return None
    said = read_dead_letter(record.topic, record.position, record.headers)
    why = {"reason": said.reason, "field": said.field.lower()}
    return Said(
        context[0],
        span_id(said.id),
        record.position,
        record.topic.removeprefix(topics.dead_letter_topic("")),
        record.timestamp,
        parent=context[1],
        failed=True,
        at=_moment(headers),
        attributes=_told(record, what="dead-letter", **why),
    )


def _unreadable(record: Record, headers: Mapping[str, str]) -> Said | None:
    """What is not of its shape is still a part of the trace that its headers name."""
    context = _context(headers)
    if context is None:
        return None
    return Said(
        *context,
        record.position,
        _writer(headers),
        record.timestamp,
        failed=True,
        at=_moment(headers),
        attributes=_told(record, what="unreadable"),
    )


def _context(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """The trace and the span of a traceparent; zeros are none."""
    found = _CONTEXT.fullmatch(headers.get("traceparent", ""))
    trace, span = (int(part, 16) for part in found.groups()) if found else (0, 0)
    return (trace, span) if trace and span else None


def _message(record: Record, headers: Mapping[str, str]) -> WireModel | None:
    shape = _SHAPES.get(headers.get("ce_type", ""))
    try:
        return codec.decode(shape, record.value, record.headers) if shape else None
    except codec.CodecError:
        return None


def _writer(headers: Mapping[str, str]) -> str:
    source = headers.get("ce_source", "")
    if source.startswith(_AGENCY):
        return "agency"
    name = source.removeprefix(_OURS)
    return name if name in _WRITERS else "unknown"


def _moment(headers: Mapping[str, str]) -> datetime | None:
    try:
        found = datetime.fromisoformat(headers.get("ce_time", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _told(record: Record, **said: str) -> Attributes:
    return {"topic": record.topic, "position": record.position, **_names(**said)}


def _names(**said: str) -> Attributes:
    """Of what may stand there only what is a name, not words."""
    return {name: value for name, value in said.items() if _NAME.fullmatch(value)}


def _arrival(one: RawMessage) -> _Way:
    return _Way(attributes={"channel": one.channel})


def _held(one: Quarantined) -> _Way:
    """No arrival of it is on the bus: this is where its trace begins."""
    told = {"channel": one.raw.channel, **_names(reason=one.reason)}
    return _Way(instead_of=span_id(one.message_id), attributes=told)


def _complaint(one: Complaint) -> _Way:
    told: Attributes = {"channel": one.channel, "relation": one.relation.kind}
    return _Way(span_id(one.message_id), attributes=told | _of(one.relation.of))


def _dispatch(one: Dispatch) -> _Way:
    """The first door follows from the complaint, each other from the one before, or from what was answered there."""
    before = ids.dispatch_id(one.complaint_id, one.hop - 1) if one.hop else one.complaint_id
    told: Attributes = {
        "channel": one.channel,
        "relation": one.relation.kind,
        "complaint": str(one.complaint_id),
        # The shape bounds it from below alone.
        "hop": min(one.hop, 2**31),
    }
    rules = [reason.rule for reason in one.reasons if _NAME.fullmatch(reason.rule)]
    named = {**_names(agency=one.agency, rules_version=one.rules_version), "rules": ",".join(rules)}
    return _Way(span_id(before), passed_on=bool(one.hop), attributes=told | named | _of(one.relation.of))


def _answer(one: AgencyAnswer) -> _Way:
    dispatch = span_id(one.dispatch_id)
    told = {"complaint": str(one.complaint_id), "verdict": one.verdict, **_names(agency=one.agency)}
    return _Way(dispatch, dispatch if one.verdict == "refused" else 0, attributes=told)


def _correction(one: Correction) -> _Way:
    told: Attributes = {"complaint": str(one.complaint_id), "relation": one.relation.kind}
    return _Way(span_id(one.complaint_id), attributes=told | _of(one.relation.of))


def _reply(one: Reply) -> _Way:
    told: Attributes = {"channel": one.channel, "complaint": str(one.complaint_id), "says": one.says}
    return _Way(span_id(one.complaint_id), attributes=told)


def _event(one: OversightEvent) -> _Way:
    """What it is about may be of another trace, or no record at all."""
    mine = one.subject in {one.message_id, ids.complaint_id(one.message_id)}
    why = _names(reason=one.reason) if one.event in _BY_RULE else {}
    return _Way(span_id(one.subject) if mine else 0, passed_on=True, attributes={"event": one.event, **why})


def _of(other: UUID | None) -> Attributes:
    return {"relation_of": str(other)} if other else {}


_WAYS: Mapping[type[WireModel], Callable[[Any], _Way]] = {
    RawMessage: _arrival,
    Quarantined: _held,
    Complaint: _complaint,
    Dispatch: _dispatch,
    AgencyAnswer: _answer,
    Correction: _correction,
    Reply: _reply,
    OversightEvent: _event,
}
_SHAPES = {codec.event_type(shape): shape for shape in _WAYS}
