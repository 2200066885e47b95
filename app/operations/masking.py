"""Masking of records and texts: operations staff see ids, times, codes and our own sentences, and no person's words.

A record is masked field by field, by its shape. A field is shown only if it is listed here and its value has the form
of a code. So a field that is added to a shape is masked until somebody lists it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from pydantic.fields import FieldInfo

from bus.port import Record
from language.masking import MASK, mask_text
from messages import shapes
from messages.codec import REDRIVEN
from messages.forgotten import Forgotten
from messages.recommendation import Recommendation
from messages.shapes import PERSON_RULES, Shape, WireModel
from messages.upcasts import CodecError, NewerVersionError, current_value, shape_name

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Quotations from a citizen's text in the reason of a dispatch. A quotation may contain quotation marks: everything
# from the first mark to the last counts.
_QUOTATION = re.compile(r"“(.*)”", re.DOTALL)
# Our own words before those of an agency or of staff, in a reason of `PERSON_RULES` (`router.lifecycle` writes them).
_INTRODUCTION = re.compile(
    r"(?:Diputuskan oleh petugas|(?:Disatukan dengan|Dipisahkan dari) laporan \S{1,20} oleh petugas"
    r"|[^:“”\n]{1,200}? menyatakan bukan kewenangannya): "
)

_WIRE_FIELDS = frozenset({"id", "message_id", "at"})
# Fields whose values are shown. A `reason`, and the `text` of one, are shown as far as they are our own words.
_SHOWN_FIELDS: Mapping[type[Shape], frozenset[str]] = {
    shapes.RawMessage: _WIRE_FIELDS | {"channel", "tracking", "verified_by", "content_type", "unfetched", "reviewed"},
    shapes.Quarantined: _WIRE_FIELDS | {"reason"},
    shapes.Complaint: _WIRE_FIELDS | {"tracking", "channel", "danger", "reviewed"},
    shapes.Dispatch: _WIRE_FIELDS
    | {"complaint_id", "tracking", "channel", "agency", "alternatives", "rules_version", "hop", "due_at", "own_case"}
    | {"confidence", "topic", "region", "reopened", "danger"},
    shapes.AgencyAnswer: _WIRE_FIELDS
    | {"complaint_id", "dispatch_id", "agency", "verdict", "suggested_agency", "key_generation"},
    shapes.AnswerOutcome: _WIRE_FIELDS
    | {"answer_id", "complaint_id", "case_id", "dispatch_id", "hop", "agency", "verdict", "outcome"}
    | {"position"},
    shapes.Correction: _WIRE_FIELDS | {"complaint_id", "tracking", "apart_from"},
    shapes.CorrectionOutcome: _WIRE_FIELDS | {"correction_id", "complaint_id", "apart_from", "outcome", "position"},
    shapes.Reply: _WIRE_FIELDS | {"complaint_id", "tracking", "channel", "kind"},
    Recommendation: _WIRE_FIELDS | {"complaint_id", "tracking", "recommendation_id", "act", "kind", "agency"},
    shapes.OversightEvent: _WIRE_FIELDS | {"event", "subject", "tracking", "agency", "dispatch_id", "due_at"},
    shapes.AuditHead: _WIRE_FIELDS | {"rows", "hash"},
    Forgotten: _WIRE_FIELDS | {"requested_by", "complaint_ids"},
    shapes.Report: frozenset({"kind", "anonim", "rahasia", "partial", "unfetched"}),
    shapes.Place: frozenset({"code"}),
    shapes.Attachment: frozenset({"id", "media_type", "size", "sha256"}),
    shapes.Relation: frozenset({"kind", "of", "evidence", "since"}),
    shapes.Suggestion: frozenset({"of", "score", "evidence"}),
    shapes.ClosedCase: frozenset({"of", "closed_at", "is_own"}),
    shapes.SecondMatter: frozenset({"topic", "agency"}),
    shapes.Reason: frozenset({"rule"}),
    shapes.FollowUp: frozenset({"act", "rating"}),
}
# Events whose reason is a code. The reason of any other event is a sentence that a person typed.
_CODED_EVENTS = frozenset(
    (
        *("not-a-complaint", "refused", "answer-not-counted", "hop-limit", "ping-pong", "post-withdrawn"),
        *("reopened-again", "duplicate-limit", "reveals-counted", "rating-asked"),
        *shapes.DEADLINE_EVENTS,
    )
)
# An id, a time, a tracking number, the hash of a file, a content type, or one or two codes. Five digits in a row may be
# a part of a person's number: no code of ours has so many.
_SHOWN_VALUE = re.compile(
    rf"{_UUID}|\d{{4}}-\d\d-\d\dT[\d:.]+Z|[0-9A-Z]{{4}}(?:-[0-9A-Z]{{4}}){{2}}|[0-9a-f]{{64}}"
    r"|[a-z]+/[a-z][a-z.+-]{0,80}(?:; ?charset=[A-Za-z0-9-]{1,20})?"
    r"|(?!.*\d{5})[a-z0-9]+(?:(?:[-_.:]|: )[a-z0-9]+)*"
)
# The version of the tables is a hash: it may have many digits.
_VERSION = re.compile(r"[a-z0-9-]{1,64}")

# Names of our own fields. Any other name may be a citizen's text.
_FIELD_NAMES = {name for shape in _SHOWN_FIELDS for name in shape.model_fields}
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


def mask_reason(rule: str, explanation: str, mask: Callable[[str], str] = lambda _: MASK) -> str:
    """Return the explanation of a dispatch with a person's words masked: quotations, and an agency's or staff's text.

    `mask` is applied to the words of a person. The rest is our own sentence, and is shown: the names of institutions
    and regions, and the law.
    """
    if rule in PERSON_RULES:
        introduction = _INTRODUCTION.match(explanation)
        begin = introduction.end() if introduction else 0
        return explanation[:begin] + mask(explanation[begin:])
    return _QUOTATION.sub(lambda match: f"“{mask(match[1])}”", explanation)


def mask_record(record: Record) -> dict[str, Any]:
    """Return a record's position, headers and value with every field masked that may hold a person's words.

    Of a value that is not JSON, its length. A value of an unknown type or version is masked as a whole. One of an older
    version is shown in the current one.
    """
    shape = _SHAPES_BY_NAME.get(shape_name(record.header("ce_type")))
    try:
        current = replace(record, value=current_value(shape, record.value, record.headers)) if shape else record
    except (CodecError, NewerVersionError):
        current, shape = record, None
    return _describe(current, lambda value: mask_fields(value, shape))


def mask_fields(value: Any, shape: type[Shape] | None) -> Any:
    """Return a JSON value of this shape, masked. Everything is masked if the shape is unknown or does not fit."""
    if shape is None or shape not in _SHOWN_FIELDS or not isinstance(value, dict):
        return MASK
    masked = {
        name: _mask_field(shape, name, shape.model_fields[name], value) for name in value if name in shape.model_fields
    }
    unknown_fields = len(value) - len(masked)
    return {**masked, "other fields": unknown_fields} if unknown_fields else masked


def outline_record(record: Record) -> dict[str, Any]:
    """Return the record as `mask_record` does, without any text: only ids, times and codes, else the type of value."""
    return _describe(record, _outline)


def _describe(record: Record, describe_value: Callable[[Any], Any]) -> dict[str, Any]:
    try:
        value = describe_value(json.loads(record.value))
    except (ValueError, RecursionError):
        value = f"{len(record.value)} bytes, not JSON"
    headers = {
        mask_text(name): text.decode("utf-8", "replace") if name in _OUR_HEADERS else MASK
        for name, text in record.headers
    }
    return {"position": record.position, "timestamp": record.timestamp, "headers": headers, "value": value}


def _mask_field(shape: type[Shape], name: str, field: FieldInfo, fields: Mapping[str, Any]) -> Any:
    value = fields[name]
    if value is None or value in ("", []):
        return value
    if nested_shape := _nested_shape(field):
        return _for_each(value, lambda element: mask_fields(element, nested_shape))
    if shape is shapes.Reason and name == "text":
        return mask_reason(str(fields.get("rule")), value) if isinstance(value, str) else MASK
    if name not in _SHOWN_FIELDS[shape] and not _is_coded_reason(shape, name, fields):
        return MASK
    return _for_each(value, lambda element: _shown_or_masked(element, name, field))


def _is_coded_reason(shape: type[Shape], name: str, fields: Mapping[str, Any]) -> bool:
    """Return True for the reason of an oversight event that our program states, not a person."""
    return shape is shapes.OversightEvent and name == "reason" and fields.get("event") in _CODED_EVENTS


def _for_each(value: Any, mask: Callable[[Any], Any]) -> Any:
    """Return the masked value, or the list of masked elements."""
    return [mask(element) for element in value] if isinstance(value, list) else mask(value)


def _nested_shape(field: FieldInfo) -> type[Shape] | None:
    """Return the shape of a field that holds a shape or a tuple of shapes."""
    candidates = (field.annotation, *get_args(field.annotation))
    return next((candidate for candidate in candidates if candidate in _SHOWN_FIELDS), None)


def _shown_or_masked(value: Any, name: str, field: FieldInfo) -> Any:
    if isinstance(value, str):
        form = _VERSION if name == "rules_version" else _SHOWN_VALUE
        return value if form.fullmatch(value) else MASK
    # A number in a field of another type may be a citizen's.
    return value if isinstance(value, int | float) and field.annotation in {bool, int, float} else MASK


def _outline(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return _outline_object(value)
    if isinstance(value, list):
        return [_outline(element, name) for element in value]
    if value is None or value == "" or isinstance(value, bool) or _is_coded(value, name):
        return value
    return "a text" if isinstance(value, str) else "a number"


def _outline_object(fields: dict[str, Any]) -> dict[str, Any]:
    outline = {key: _outline(value, key) for key, value in fields.items() if key in _FIELD_NAMES}
    unknown_fields = len(fields) - len(outline)
    return {**outline, "other fields": unknown_fields} if unknown_fields else outline


def _is_coded(value: Any, name: str) -> bool:
    return name in _CODED_FIELDS and _CODE.fullmatch(str(value)) is not None


_SHAPES_BY_NAME: Mapping[str, type[WireModel]] = {
    shape.name: shape for shape in _SHOWN_FIELDS if issubclass(shape, WireModel)
}
