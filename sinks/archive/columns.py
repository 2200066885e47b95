"""Columns of the archive: the record as it is on its topic, and flat columns for queries.

The flat columns have ids, codes and times. None has a person, a number that a person was given, or words that a person
wrote. They are empty if the record cannot be decoded: the record itself is archived all the same.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bus.port import Record
from messages import codec
from messages.shapes import Dispatch, FollowUp, Relation, Reply, Shape, WireModel
from messages.topics import Topic, agency_topic

# A change of the columns raises the version. A reader of version n reads all versions up to n.
SCHEMA_VERSION = 1

# Name and Arrow type of each column.
_RECORD_COLUMNS: tuple[tuple[str, str], ...] = (
    ("partition", "int32"),
    ("offset", "int64"),
    ("timestamp", "time"),
    ("key", "binary"),
    ("headers", "headers"),
    ("value", "binary"),
)
_FLAT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("shape", "string"),
    ("id", "string"),
    ("message_id", "string"),
    ("complaint_id", "string"),
    ("dispatch_id", "string"),
    ("subject", "string"),
    ("at", "time"),
    ("due_at", "time"),
    ("channel", "string"),
    ("verified_by", "string"),
    ("kind", "string"),
    ("region", "string"),
    ("agency", "string"),
    ("report_topic", "string"),
    ("hop", "int32"),
    ("own_case", "bool"),
    ("confidence", "double"),
    ("rules_version", "string"),
    ("relation", "string"),
    ("relation_of", "string"),
    ("act", "string"),
    ("danger", "string"),
    ("verdict", "string"),
    ("reply", "string"),
    ("event", "string"),
    ("set_aside", "string"),
    ("anonim", "bool"),
    ("rahasia", "bool"),
)
COLUMNS = (*_RECORD_COLUMNS, *_FLAT_COLUMNS)
# Names of the columns that are the record.
RECORD_COLUMNS = tuple(name for name, _ in _RECORD_COLUMNS)
_IDS = ("id", "message_id", "complaint_id", "dispatch_id", "subject")
_SAME_NAMES = (
    *("at", "due_at", "channel", "verified_by", "region", "agency", "hop", "own_case"),
    *("confidence", "rules_version", "danger", "verdict", "event"),
)


class _ReportFacts(Shape):
    """The queried fields of a report."""

    kind: str | None = None
    anonim: bool | None = None
    rahasia: bool | None = None


class _Facts(Shape):
    """The queried fields of all shapes. A shape has some of them."""

    id: UUID | None = None
    message_id: UUID | None = None
    complaint_id: UUID | None = None
    dispatch_id: UUID | None = None
    subject: UUID | None = None
    at: datetime | None = None
    due_at: datetime | None = None
    channel: str | None = None
    verified_by: str | None = None
    report: _ReportFacts = _ReportFacts()
    region: str | None = None
    agency: str | None = None
    topic: str | None = None
    hop: int | None = None
    own_case: bool | None = None
    confidence: float | None = None
    rules_version: str | None = None
    relation: Relation | None = None
    follow_up: FollowUp | None = None
    danger: str | None = None
    verdict: str | None = None
    kind: str | None = None
    event: str | None = None
    reason: str | None = None


def shape_finder(topics: Iterable[Topic]) -> Callable[[str], type[WireModel] | None]:
    """Return the function that returns the shape of a topic. A queue of a former agency is not among `topics`."""
    shapes = {topic.name: topic.shape for topic in topics}

    def shape_of(topic: str) -> type[WireModel] | None:
        return shapes.get(topic, Dispatch if topic.startswith(agency_topic("")) else None)

    return shape_of


def arrow_schema(pa: Any) -> Any:
    """Return the Arrow schema. `pa` is the module pyarrow."""
    types = {
        "int32": pa.int32(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "string": pa.string(),
        "binary": pa.binary(),
        "time": pa.timestamp("ms", tz="UTC"),
        "headers": pa.list_(pa.struct([pa.field("name", pa.string()), pa.field("value", pa.binary())])),
    }
    fields = [pa.field(name, types[kind]) for name, kind in COLUMNS]
    return pa.schema(fields, metadata={b"satupintu.schema": str(SCHEMA_VERSION).encode()})


def row_of(record: Record, shape: type[WireModel] | None) -> dict[str, Any]:
    """Return the row of a record. `shape` is that of its topic; `None` for a topic with bytes as they were."""
    return {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.taken_at,
        "key": record.key,
        "headers": [{"name": name, "value": value} for name, value in record.headers],
        "value": record.value,
        "shape": record.header("ce_type") or None,
        **(_flat(facts, shape) if shape and (facts := _decode(record, shape)) else {}),
    }


def record_of(topic: str, row: dict[str, Any]) -> Record:
    """Return the record of a row: the inverse of `row_of`."""
    timestamp: datetime = row["timestamp"]
    return Record(
        topic=topic,
        partition=row["partition"],
        offset=row["offset"],
        timestamp=round(timestamp.astimezone(UTC).timestamp() * 1000),
        key=row["key"],
        value=row["value"],
        headers=tuple((header["name"], header["value"]) for header in row["headers"]),
    )


def _decode(record: Record, shape: type[WireModel]) -> _Facts | None:
    """Return the fields; `None` for a record that is not of this shape, or of a newer version."""
    try:
        return codec.decode_part(shape, _Facts, record.value, record.headers)
    except (codec.CodecError, codec.NewerVersionError):
        return None


def _flat(facts: _Facts, shape: type[WireModel]) -> dict[str, Any]:
    return {
        **{name: getattr(facts, name) for name in _SAME_NAMES},
        **{name: _text(getattr(facts, name)) for name in _IDS},
        "kind": facts.report.kind,
        "anonim": facts.report.anonim,
        "rahasia": facts.report.rahasia,
        "report_topic": facts.topic,
        "relation": facts.relation.kind if facts.relation else None,
        "relation_of": _text(facts.relation.of) if facts.relation else None,
        "act": facts.follow_up.act if facts.follow_up else None,
        "reply": facts.kind if shape is Reply else None,
        "set_aside": _set_aside_reason(facts),
    }


def _set_aside_reason(facts: _Facts) -> str | None:
    """Return why a message is no complaint, which is a code. A person may have written the reason of other events."""
    return facts.reason if facts.event == "not-a-complaint" else None


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ else None
