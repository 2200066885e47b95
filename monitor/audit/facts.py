"""What the audit keeps of each record, as rows of ids, moments and yes or no. Pure.

Only the fields it needs are read; a record that is not even these is a stage's dead letter, and counts by that.
"""

from collections.abc import Iterator
from typing import ClassVar, TypeAlias, TypeVar
from uuid import UUID

from pydantic import Field

from bus.port import Record
from messages import codec, ids, topics
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    Dispatch,
    OversightEvent,
    Quarantined,
    Relation,
    Shape,
    WireModel,
)

# An id as 16 bytes; of what has none, its place on the bus.
Key: TypeAlias = bytes | str
Row: TypeAlias = tuple[Key | int | None, ...]
T = TypeVar("T", bound=WireModel)


class _Complaint(WireModel):
    name: ClassVar[str] = Complaint.name
    version: ClassVar[int] = Complaint.version

    tracking: str
    relation: Relation = Relation()


class _Dispatch(WireModel):
    name: ClassVar[str] = Dispatch.name
    version: ClassVar[int] = Dispatch.version

    complaint_id: UUID
    agency: str
    hop: int = Field(ge=0, lt=2**31)
    relation: Relation = Relation()
    own_case: bool = True


class _Answer(WireModel):
    name: ClassVar[str] = AgencyAnswer.name
    version: ClassVar[int] = AgencyAnswer.version

    complaint_id: UUID
    dispatch_id: UUID


class _Event(WireModel):
    name: ClassVar[str] = OversightEvent.name
    version: ClassVar[int] = OversightEvent.version

    event: str
    subject: UUID


class _Raw(Shape):
    id: UUID


class _Held(WireModel):
    name: ClassVar[str] = Quarantined.name
    version: ClassVar[int] = Quarantined.version

    raw: _Raw


def arrival(record: Record) -> Row:
    """`id, place, at`. It is not opened: what can't be read has arrived all the same."""
    return _key(record), record.position, record.timestamp


def letter(record: Record) -> Iterator[Key]:
    """Each id under which what died may be looked for: its own, its place, and that of the complaint it would be."""
    own = _key(record)
    yield own
    if place := record.header("dead_position"):
        yield place
    if isinstance(own, bytes):
        yield ids.complaint_id(UUID(bytes=own)).bytes


def complaint(record: Record) -> Row | None:
    """`id, message, kind, of, tracking, at, redriven`."""
    if (read := _decoded(_Complaint, record)) is None:
        return None
    of = read.relation.of.bytes if read.relation.of else None
    said = (read.id.bytes, read.message_id.bytes, read.relation.kind, of, read.tracking)
    return *said, record.timestamp, redriven(record)


def dispatch(record: Record) -> Row | None:
    """`complaint, hop, id, agency, astray, of, at, redriven`.

    `astray` is the queue where it lies, if that is not its agency's; `of` the complaint at whose door it has to lie.
    """
    if (read := _decoded(_Dispatch, record)) is None:
        return None
    astray = record.topic if record.topic != topics.agency_topic(read.agency) else None
    # What only joins another's complaint may lie at the door of its own words.
    tied = read.relation.of if read.relation.follows_root or not read.own_case else None
    said = (read.complaint_id.bytes, read.hop, read.id.bytes, read.agency, astray, tied.bytes if tied else None)
    return *said, record.timestamp, redriven(record)


def answer(record: Record) -> Row | None:
    """`id, complaint, dispatch, redriven`; the id as a letter of it has it, for its headers are an agency's."""
    if (read := _decoded(_Answer, record)) is None:
        return None
    return _key(record), read.complaint_id.bytes, read.dispatch_id.bytes, redriven(record)


def event(record: Record) -> Row | None:
    """`event, subject, message, at` of what was set aside, or let out of quarantine."""
    read = _decoded(_Event, record)
    if read is None or read.event not in {"not-a-complaint", "released"}:
        return None
    return read.event, read.subject.bytes, read.message_id.bytes, record.timestamp


def held(record: Record) -> Row:
    """`id` of the message in quarantine, the same for whatever reasons; of what can't be read, its own."""
    read = _decoded(_Held, record)
    return (read.raw.id.bytes if read else _key(record),)


def redriven(record: Record) -> bool:
    """Whether it was put on its topic again out of the dead letters."""
    return any(name == codec.REDRIVEN for name, _ in record.headers)


def _key(record: Record) -> Key:
    """The CloudEvents id; of a record without one, its place."""
    said = record.header("ce_id") or record.header("dead_position") or record.position
    try:
        return UUID(said).bytes
    except ValueError:
        return said


def _decoded(shape: type[T], record: Record) -> T | None:
    try:
        return codec.decode(shape, record.value, record.headers)
    except codec.CodecError:
        return None
