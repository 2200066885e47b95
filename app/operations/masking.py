"""Masking of records and texts: operations staff see their structure without identities."""

import json
import re
from collections.abc import Callable
from typing import Any

from bus.port import Record
from messages import shapes
from messages.codec import REDRIVEN

# Fields that are sealed, or that would identify a person.
_HIDDEN_FIELDS = {"body", "contact", "to", "sender", "provider_id", *shapes.Contact.model_fields}
_MASK = "•••"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Phone numbers, NIK, case numbers, handles and addresses as people write them into a text, with separators. A match
# inside one of our own ids is none of these.
_IDENTITIES = re.compile(
    rf"(?P<our_id>\b{_UUID}\b)"
    r"|\S{1,99}(?:[@\uff20]|\s?[(\[{]\s?at\s?[)\]}]\s?)\S+|[@\uff20]\w[\w.-]*"
    r"|\b(?:(?:facebook|fb|instagram|tiktok|twitter|x)\.com|t\.me)/\S+"
    r"|\d[\d .-]{3,}\d|\d(?:[\W_]{0,3}\d){4,}"
)


# Names of our own fields. Any other name may be a citizen's text.
_FIELD_NAMES = {
    name
    for shape in vars(shapes).values()
    if isinstance(shape, type) and issubclass(shape, shapes.Shape)
    for name in shape.model_fields
}
# Fields whose values are never a person's text.
_SAFE_FIELDS = {"tracking", "evidence", "sha256", "code", "rule", "rules_version", "media_type", "content_type"}
# Fields whose values are shown in an outline, if they are an id, a time, a code or a count.
_CODED_FIELDS = {
    *("id", "message_id", "complaint_id", "dispatch_id", "apart_from", "of", "at", "due_at"),
    *("channel", "kind", "verdict", "event", "verified_by", "hop", "own_case"),
}
# Our own headers. Any other header comes from an agency's program.
_OUR_HEADERS = {
    *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "traceparent", REDRIVEN),
    *("dead_stage", "dead_reason", "dead_field", "dead_position"),
}
_CODE = re.compile(_UUID + r"|\d{4}-\d\d-\d\dT[\d:.]+Z|[a-z]+(-[a-z]+){0,3}|[0-9]{1,2}")


def mask_text(text: str) -> str:
    """Return the text without the numbers, handles and addresses that people write into it."""
    return _IDENTITIES.sub(lambda match: match["our_id"] or _MASK, text)


def mask_record(record: Record) -> dict[str, Any]:
    """Return a record's position, headers and value with identities masked; of a value that is not JSON, its length."""
    return _describe(record, _mask)


def outline_record(record: Record) -> dict[str, Any]:
    """Return the record as `mask_record` does, without any text: only ids, times and codes, else the type of value."""
    return _describe(record, _outline)


def json_line(content: object) -> str:
    """Return JSON without invisible characters: the values come from outside, and a terminal would execute them."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1]
        for character in json.dumps(content, ensure_ascii=False)
    )


def _describe(record: Record, describe_value: Callable[[Any], Any]) -> dict[str, Any]:
    try:
        value = describe_value(json.loads(record.value))
    except (ValueError, RecursionError):
        value = f"{len(record.value)} bytes, not JSON"
    headers = {
        mask_text(name): text.decode("utf-8", "replace") if name in _OUR_HEADERS else _MASK
        for name, text in record.headers
    }
    return {"position": record.position, "timestamp": record.timestamp, "headers": headers, "value": value}


def _outline(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return _outline_object(value)
    if isinstance(value, list):
        return [_outline(element, name) for element in value]
    if value is None or isinstance(value, bool) or _is_coded(value, name):
        return value
    return f"{len(value)} characters" if isinstance(value, str) else "a number"


def _outline_object(fields: dict[str, Any]) -> dict[str, Any]:
    outline = {key: _outline(value, key) for key, value in fields.items() if key in _FIELD_NAMES}
    unknown_fields = len(fields) - len(outline)
    return {**outline, "other fields": unknown_fields} if unknown_fields else outline


def _is_coded(value: Any, name: str) -> bool:
    return name in _CODED_FIELDS and _CODE.fullmatch(str(value)) is not None


def _mask(value: Any, name: str = "") -> Any:
    if value and _is_hidden(name):
        return _MASK
    if isinstance(value, dict):
        return {mask_text(key): _mask(field_value, key) for key, field_value in value.items()}
    if isinstance(value, list):
        return [_mask(element, name) for element in value]
    return _mask_text_field(value, name) if isinstance(value, str) else _mask_scalar(value, name)


def _mask_text_field(text: str, name: str) -> str:
    return text if name in _SAFE_FIELDS or _CODE.fullmatch(text) else mask_text(text)


def _mask_scalar(value: Any, name: str) -> Any:
    """Mask a number that is not the value of one of our fields: it may be a citizen's."""
    return value if name or value is None or isinstance(value, bool) else _MASK


def _is_hidden(name: str) -> bool:
    is_foreign = bool(name) and name not in _FIELD_NAMES
    return name in _HIDDEN_FIELDS or is_foreign
