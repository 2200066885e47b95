"""The whole way of one report through every topic: where each record lies, what was decided, and for whom it waits.

What people wrote is left out; reasons are shown without the numbers and names that could stand in them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.assembly.parts import Parts
from app.operations.topic_view import hide
from bus.port import Partition, Reader, Record
from config.database import read_transaction
from messages import codec, topics
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
    iso,
)
from messages.topics import ConsumerGroup
from monitor.consumer_lag import taken_at
from sinks.ledger.tables import ComplaintRow

# The bus may have taken it a little before the clock of the door said so.
_CLOCKS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Step:
    """One record of the way. `waits_for` are the stages that have not worked it, with how many are before it."""

    at: datetime
    position: str
    what: str
    says: str
    waits_for: Mapping[str, int]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "at": iso(self.at),
            "position": self.position,
            "what": self.what,
            "says": self.says,
            "waits_for": dict(self.waits_for),
        }


@dataclass(frozen=True, slots=True)
class _Known:
    """Whose trace it is, and since when."""

    message: UUID
    since: datetime


def trace(parts: Parts, tracking: str, since: datetime) -> list[Step]:
    """Every record of this report, as they came. One that the ledger does not know is looked for from `since` on."""
    reader = parts.bus.reader()
    try:
        known = _known(parts, tracking) or _arrived(parts, reader, tracking, since)
        if known is None:
            return []
        names = topics.report_topics(parts.queues, parts.channels.names)
        start_offsets = reader.offsets_since(names, int((known.since - _CLOCKS).timestamp() * 1000))
        mine = f"-{known.message.hex}-"
        found = [
            record for record in reader.read(names, start_offsets=start_offsets) if mine in record.header("traceparent")
        ]
        at = {group: reader.committed(group, names) for group in parts.consumer_groups}
        # What was taken in the same millisecond, as it follows from each other.
        found.sort(key=lambda record: (record.timestamp, names.index(record.topic)))
        groups = parts.consumer_groups.values()
        return [_step(record, at, groups) for record in found]
    finally:
        reader.close()


def _known(parts: Parts, tracking: str) -> _Known | None:
    with read_transaction(parts.engine) as connection:
        mine = select(col(ComplaintRow.message_id), col(ComplaintRow.received_at))
        row = connection.execute(mine.where(col(ComplaintRow.tracking) == tracking)).first()
    return _Known(*row) if row else None


def _arrived(parts: Parts, reader: Reader, tracking: str, since: datetime) -> _Known | None:
    """Of a number that is not in the ledger, the arrival."""
    names = [*map(topics.raw_topic, parts.channels.names), topics.QUARANTINE]
    for record in reader.read(names, start_offsets=reader.offsets_since(names, int(since.timestamp() * 1000))):
        raw = _raw(record)
        if raw and raw.tracking == tracking:
            return _Known(raw.message_id, taken_at(record))
    return None


def _raw(record: Record) -> RawMessage | None:
    try:
        if record.topic == topics.QUARANTINE:
            return codec.decode(Quarantined, record.value, record.headers).raw
        return codec.decode(RawMessage, record.value, record.headers)
    except codec.CodecError:
        return None


def _step(record: Record, at: Mapping[str, Mapping[Partition, int]], groups: Collection[ConsumerGroup]) -> Step:
    what, says = _told(record)
    waits = {group: record.offset - offset for group, offset in _waiting(record, at, groups) if offset <= record.offset}
    return Step(taken_at(record), record.position, what, hide(says), waits)


def _waiting(
    record: Record, at: Mapping[str, Mapping[Partition, int]], groups: Collection[ConsumerGroup]
) -> Iterator[tuple[str, int]]:
    place = Partition(record.topic, record.partition)
    queue = record.topic.startswith(topics.agency_topic("")) and record.topic != topics.AGENCY_ANSWERS
    for group in groups:
        if record.topic in group.topics or (group.agency_topics and queue):
            yield group.name, at[group.name].get(place, 0)


def _told(record: Record) -> tuple[str, str]:
    """What a record is, and what it decides."""
    if record.topic in topics.DEAD_LETTER_TOPICS:
        said = read_dead_letter(record.topic, record.position, record.headers)
        return "dead letter", f"{said.stage} could not work it: {said.reason}{f' ({said.field})' if said.field else ''}"
    known = _SHAPES.get(record.header("ce_type"))
    if known is None:
        return "unreadable", f"{len(record.value)} bytes"
    shape, what, says_of = known
    try:
        return what, says_of(codec.decode(shape, record.value, record.headers))
    except codec.CodecError as error:
        return "unreadable", str(error)


def _dispatched(one: Dispatch) -> str:
    why = "; ".join(f"{reason.says} [{reason.rule}]" for reason in one.reasons)
    by = f" by {one.actor}" if one.actor else ""
    return f"to {one.agency}{by} (hop {one.hop}, {one.confidence:.0%} sure, rules {one.rules_version}): {why}"


def _answered(one: AgencyAnswer) -> str:
    return f"{one.agency}: {one.verdict}{f', theirs: {one.theirs}' if one.theirs else ''}"


def _corrected(one: Correction) -> str:
    return f"{_relation(one.relation.kind, one.relation.of, ())}, by {one.actor}: {one.reason}"


def _relation(kind: str, of: UUID | None, evidence: tuple[str, ...]) -> str:
    why = f" ({', '.join(evidence)})" if evidence else ""
    return f"{kind}{f' of {of}' if of else ''}{why}"


# By the CloudEvents type: the shape, what a record of it is called, and what is said of it.
_SHAPES: Mapping[str, tuple[type[WireModel], str, Callable[[Any], str]]] = {
    codec.event_type(shape): (shape, what, says)
    for shape, what, says in (
        (RawMessage, "arrived", lambda one: f"by {one.channel}, proven by {one.verified_by}"),
        (Quarantined, "quarantined", lambda one: f"by {one.raw.channel}: {one.reason}"),
        (Complaint, "complaint", lambda one: _relation(one.relation.kind, one.relation.of, one.relation.evidence)),
        (Dispatch, "dispatched", _dispatched),
        (AgencyAnswer, "answered", _answered),
        (Correction, "corrected", _corrected),
        (Reply, "reply", lambda one: f"{one.says}, by {one.channel}"),
        (OversightEvent, "oversight", lambda one: f"{one.event}: {one.reason}"),
    )
}
