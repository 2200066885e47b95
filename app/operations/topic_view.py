"""Topics as operations staff see them: how many records, and what stands in them, without who."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from app.assembly.parts import Parts
from bus.port import Record
from messages import shapes
from messages.codec import REDRIVEN

# Sealed anyway, or enough to find a person by.
_HIDDEN = {"body", "contact", "to", "sender", "provider_id", *shapes.Contact.model_fields}
_MASK = "•••"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Phone numbers, NIK, case numbers, handles and addresses that people write into their text, and as they part them. What
# stands in an id of ours is none of these.
_TELLING = re.compile(
    rf"(?P<ours>\b{_UUID}\b)"
    r"|\S{1,99}(?:[@\uff20]|\s?[(\[{]\s?at\s?[)\]}]\s?)\S+|[@\uff20]\w[\w.-]*"
    r"|\b(?:(?:facebook|fb|instagram|tiktok|twitter|x)\.com|t\.me)/\S+"
    r"|\d[\d .-]{3,}\d|\d(?:[\W_]{0,3}\d){4,}"
)


# Our own names; any other may be what somebody said.
_NAMES = {
    name
    for shape in vars(shapes).values()
    if isinstance(shape, type) and issubclass(shape, shapes.Shape)
    for name in shape.model_fields
}
# Of these what stands in them is no text of anybody's.
_OURS = {"tracking", "evidence", "sha256", "code", "rule", "rules_version", "media_type", "content_type"}
# Of these what stands in them is shown, where it is an id, a moment, a code or a count.
_CODED = {
    *("id", "message_id", "complaint_id", "dispatch_id", "apart_from", "of", "at", "due_at"),
    *("channel", "kind", "verdict", "event", "verified_by", "hop", "own_case"),
}
# Our own headers; any other is of an agency's program.
_HEADERS = {
    *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "traceparent", REDRIVEN),
    *("dead_stage", "dead_reason", "dead_field", "dead_position"),
}
_CODE = re.compile(_UUID + r"|\d{4}-\d\d-\d\dT[\d:.]+Z|[a-z]+(-[a-z]+){0,3}|[0-9]{1,2}")


def topic_rows(parts: Parts) -> list[dict[str, Any]]:
    """One row for each topic of the list."""
    reader = parts.bus.reader()
    try:
        spans = reader.offset_ranges([topic.name for topic in parts.topics])
    finally:
        reader.close()
    held: dict[str, int] = {}
    for partition, span in spans.items():
        held[partition.topic] = held.get(partition.topic, 0) + span.end - span.start
    return [
        {
            "topic": topic.name,
            "shape": topic.shape.name if topic.shape else "as it was",
            "partitions": topic.partitions,
            "records": held.get(topic.name, 0),
            "key": topic.key,
            "writer": topic.writer,
            "readers": ", ".join(topic.readers),
        }
        for topic in parts.topics
    ]


def lines(parts: Parts, topic: str, *, follow: bool) -> Iterator[str]:
    """Each record as one line of JSON."""
    reader = parts.bus.reader()
    try:
        for record in reader.read([topic], follow=follow):
            yield json_line(masked(record))
    finally:
        reader.close()


def json_line(said: object) -> str:
    """JSON in which no sign stands that can't be seen: others wrote it, and a terminal would take it for an order."""
    return "".join(
        sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in json.dumps(said, ensure_ascii=False)
    )


def masked(record: Record) -> dict[str, Any]:
    """A record's place, headers and value, with identities masked; of a value that is not JSON only its length."""
    return _shown(record, _mask)


def outlined(record: Record) -> dict[str, Any]:
    """As `masked`, and without a word: ids, moments and codes stand there, of all else only what kind it is."""
    return _shown(record, _outline)


def _shown(record: Record, show: Callable[[Any], Any]) -> dict[str, Any]:
    try:
        value = show(json.loads(record.value))
    except (ValueError, RecursionError):
        value = f"{len(record.value)} bytes, not JSON"
    headers = {
        hide(name): text.decode("utf-8", "replace") if name in _HEADERS else _MASK for name, text in record.headers
    }
    return {"position": record.position, "timestamp": record.timestamp, "headers": headers, "value": value}


def _outline(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        known = {key: _outline(inner, key) for key, inner in value.items() if key in _NAMES}
        return {**known, "other fields": len(value) - len(known)} if len(known) < len(value) else known
    if isinstance(value, list):
        return [_outline(inner, name) for inner in value]
    if value is None or isinstance(value, bool) or (name in _CODED and _CODE.fullmatch(str(value))):
        return value
    return f"{len(value)} characters" if isinstance(value, str) else "a number"


def _mask(value: Any, name: str = "") -> Any:
    if value and (name in _HIDDEN or (name and name not in _NAMES)):
        return _MASK
    if isinstance(value, dict):
        return {hide(key): _mask(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mask(inner, name) for inner in value]
    if isinstance(value, str):
        return value if name in _OURS or _CODE.fullmatch(value) else hide(value)
    # Whatever is no field's is not our number.
    return value if name or value is None or isinstance(value, bool) else _MASK


def hide(text: str) -> str:
    """A text without the numbers, handles and addresses that people write into it."""
    return _TELLING.sub(lambda found: found["ours"] or _MASK, text)
