"""Reads each record into a row of ids, times and flags for the audit. No I/O.

Only the needed fields are decoded. A record without them is a dead letter of its stage and is counted as such.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import TypeAlias, TypeVar
from uuid import UUID

from pydantic import Field

from bus.errors import Stop
from bus.port import Record
from messages import codec, ids, topics
from messages.shapes import (
    AgencyAnswer,
    Complaint,
    CorrectionOutcome,
    Dispatch,
    OversightEvent,
    PartOf,
    Quarantined,
    RawMessage,
    Relation,
    Shape,
    WireModel,
)

# An id as 16 bytes; for a record without id, its position on the bus.
Key: TypeAlias = bytes | str
Row: TypeAlias = tuple[Key | int | None, ...]
T = TypeVar("T", bound=Shape)

# Kind of a complaint that is a part of a report.
PART = "part"
# Reason for which a message of a forgotten person is set aside.
_FORGOTTEN = "forgotten"
# Events with which the audit is concerned.
_EVENTS = frozenset({"not-a-complaint", "released", "set-aside-released"})


_SHAPES = (RawMessage, Quarantined, Complaint, Dispatch, AgencyAnswer, OversightEvent, CorrectionOutcome)


class _Part(Shape):
    """The needed fields of a record."""

    id: UUID
    message_id: UUID


class _Complaint(_Part):
    tracking: str
    relation: Relation = Relation()
    reviewed: bool = False
    part_of: PartOf | None = None


class _CorrectionOutcome(_Part):
    part_id: UUID | None = None


class _Dispatch(_Part):
    complaint_id: UUID
    agency: str
    hop: int = Field(ge=0, lt=2**31)
    relation: Relation = Relation()
    own_case: bool = True


class _Answer(_Part):
    complaint_id: UUID
    dispatch_id: UUID


class _Event(_Part):
    event: str
    subject: UUID
    reason: str = ""


class _RawId(Shape):
    id: UUID


class _Quarantined(Shape):
    raw: _RawId


def shape_versions() -> str:
    """Return the versions of the shapes that this program reads. Of newer records it knows nothing."""
    return " ".join(f"{shape.name}.{shape.version}" for shape in _SHAPES)


def arrival(record: Record) -> Row:
    """Return `id, at`. An unreadable arrival counts too."""
    return _key(record), record.timestamp


def dead_letter_keys(record: Record) -> Iterator[Key]:
    """Yield every key by which the dead letter's record may be found.

    These are its own id, its original position, and the id of the complaint that would be made of it. A dispatch whose
    queue Kafka refused is a dead letter itself: it stands for its complaint.
    """
    own_key = _key(record)
    yield own_key
    if position := record.header("dead_position"):
        yield position
    if isinstance(own_key, bytes):
        yield ids.complaint_id(UUID(bytes=own_key)).bytes
    if undelivered := _decode(Dispatch, _Dispatch, record):
        yield undelivered.complaint_id.bytes


def complaint(record: Record) -> Row | None:
    """Return `id, message, kind, of, tracking, at, redriven`; `None` if the record can't be decoded.

    `tracking` is a digest of the number, because it is kept on disk. The message of a reviewed complaint is the one
    that was released. The arrival itself was set aside. A part has the kind `PART`, and its report as `of`.
    """
    if (decoded := _decode(Complaint, _Complaint, record)) is None:
        return None
    message_id = ids.reviewed_message_id(decoded.message_id) if decoded.reviewed else decoded.message_id
    relation, part_of = decoded.relation, decoded.part_of
    earlier_id = part_of.report_id if part_of else relation.of
    earlier_complaint = earlier_id.bytes if earlier_id else None
    return (
        decoded.id.bytes,
        message_id.bytes,
        PART if part_of else relation.kind,
        earlier_complaint,
        blake2b(decoded.tracking.encode(), digest_size=16).digest(),
        record.timestamp,
        is_redriven(record),
    )


def division(record: Record) -> Row | None:
    """Return `part, at` of the outcome by which a report was divided; else `None`."""
    decoded = _decode(CorrectionOutcome, _CorrectionOutcome, record)
    return (decoded.part_id.bytes, record.timestamp) if decoded and decoded.part_id else None


def dispatch(record: Record) -> Row | None:
    """Return `complaint, hop, id, agency, astray, of, at, redriven`; `None` if the record can't be decoded.

    `astray` is the queue of the record if it is not its agency's queue. `of` is the complaint that must be at the same
    agency.
    """
    if (decoded := _decode(Dispatch, _Dispatch, record)) is None:
        return None
    wrong_queue = record.topic if record.topic != topics.agency_topic(decoded.agency) else None
    # A complaint that only joins another citizen's complaint may be a case of its own at another agency.
    must_follow = decoded.relation.of if decoded.relation.follows_root or not decoded.own_case else None
    return (
        decoded.complaint_id.bytes,
        decoded.hop,
        decoded.id.bytes,
        decoded.agency,
        wrong_queue,
        must_follow.bytes if must_follow else None,
        record.timestamp,
        is_redriven(record),
    )


def answer(record: Record) -> Row | None:
    """Return `id, complaint, dispatch, redriven`; `None` if the record can't be decoded.

    The id is the one in the headers, as a dead letter of the answer has it: an agency writes these headers.
    """
    if (decoded := _decode(AgencyAnswer, _Answer, record)) is None:
        return None
    return _key(record), decoded.complaint_id.bytes, decoded.dispatch_id.bytes, is_redriven(record)


def event(record: Record) -> Row | None:
    """Return `event, subject, message, at` of a message that is no complaint, or was released; else `None`.

    The event of a message of a forgotten person is `forgotten`.
    """
    decoded = _decode(OversightEvent, _Event, record)
    if decoded is None or decoded.event not in _EVENTS:
        return None
    if decoded.event == "set-aside-released":
        reviewed_id = ids.reviewed_message_id(decoded.subject)
        return "released", decoded.subject.bytes, reviewed_id.bytes, record.timestamp
    if decoded.reason == _FORGOTTEN:
        return _FORGOTTEN, decoded.subject.bytes, decoded.message_id.bytes, record.timestamp
    return decoded.event, decoded.subject.bytes, decoded.message_id.bytes, record.timestamp


def quarantined(record: Record) -> Row:
    """Return the `id` of the message in quarantine, which is the same for every reason; else the record's own key."""
    decoded = _decode(Quarantined, _Quarantined, record)
    return (decoded.raw.id.bytes if decoded else _key(record),)


def is_redriven(record: Record) -> bool:
    """Return True if the record was published again from the dead letters."""
    return any(name == codec.REDRIVEN for name, _ in record.headers)


def _key(record: Record) -> Key:
    """Return the CloudEvents id; without one, the record's position."""
    key = record.header("ce_id") or record.header("dead_position") or record.position
    try:
        return UUID(key).bytes
    except ValueError:
        return key


def _decode(shape: type[WireModel], part: type[T], record: Record) -> T | None:
    """Return the part of a record of this shape and any version up to ours; `None` if it can't be decoded.

    Raises `Stop` for a newer version: without its fields the audit would count messages as lost.
    """
    try:
        return codec.decode_part(shape, part, record.value, record.headers)
    except codec.CodecError:
        return None
    except codec.NewerVersionError as error:
        raise Stop(f"{record.position}: {error}.") from error
