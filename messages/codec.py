"""Encodes messages to records and back: JSON, CloudEvents 1.0 Kafka binding in binary mode, W3C trace context."""

from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar
from uuid import UUID

from pydantic import ValidationError

from messages.shapes import Channel, Shape, WireModel, iso
from messages.upcasts import CodecError, NewerVersionError, current_value, event_type, shape_name, value_of_version

# Everything that reads and writes records needs this module only.
__all__ = (
    "REDRIVEN",
    "CodecError",
    "Encoded",
    "Headers",
    "NewerVersionError",
    "current_value",
    "decode",
    "decode_part",
    "decode_stored",
    "encode",
    "event_type",
    "sealing_instance",
    "shape_name",
    "traceparent",
    "upcast",
    "with_sealing_instance",
)

Headers = tuple[tuple[str, bytes], ...]
# Header of a redriven record. Its value is the id of the dead letter.
REDRIVEN = "redriven"
# Header of an arrival that names the process whose door sealed it.
_SEALED_BY = "sealed_by"
T = TypeVar("T", bound=WireModel)
P = TypeVar("P", bound=Shape)


class Encoded(NamedTuple):
    """The three parts of a record."""

    key: bytes
    value: bytes
    headers: Headers


def encode(message: WireModel, key: str, source: str, json: str = "") -> Encoded:
    """Return the parts of a record. Records with equal `key` stay in order; `source` is as in `/satu-pintu/router`.

    `json` is the message as JSON, where the caller has stored it.
    """
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(message.id),
        "ce_source": source,
        "ce_type": event_type(type(message)),
        "ce_time": iso(message.at),
        "content-type": "application/json",
        "traceparent": traceparent(message.message_id, message.id),
    }
    value = (json or message.model_dump_json()).encode()
    return Encoded(key.encode(), value, tuple((name, text.encode()) for name, text in headers.items()))


def decode(
    shape: type[T],
    value: bytes,
    headers: Iterable[tuple[str, bytes]],
    channels: Collection[Channel] | None = None,
) -> T:
    """Return the message in these bytes, which may be of an older version of the shape.

    Raise `CodecError` when the headers name another type, when the bytes have another shape, or when the message is of
    a channel that is not among `channels`. Raise `NewerVersionError` as `current_value`.
    """
    message = decode_part(shape, shape, value, headers)
    if channels is not None and getattr(message, "channel", None) not in {None, *channels}:
        raise CodecError("unknown_channel", "channel")
    return message


def decode_part(shape: type[WireModel], part: type[P], value: bytes, headers: Iterable[tuple[str, bytes]]) -> P:
    """Return the fields of `part` of the message, which has this shape. Raise as `decode`."""
    return _validate(part, current_value(shape, value, headers))


def decode_stored(shape: type[T], version: int, value: str) -> T:
    """Return a message that a database stores as JSON, with the version of its shape. Raise as `decode`."""
    return _validate(shape, value_of_version(shape, version, value.encode()))


def _validate(shape: type[P], value: bytes) -> P:
    try:
        return shape.model_validate_json(value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise CodecError("not_the_shape", ".".join(str(name) for name in fault["loc"])) from None


def upcast(shape: type[WireModel], value: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """Return the record's value and headers in the current version of the shape; a current record stays untouched.

    Raise `CodecError`: `unknown_version` where nothing leads from the record's type to the current one, otherwise as
    `decode`.
    """
    current_type = event_type(shape).encode()
    if dict(headers).get("ce_type") == current_type:
        return value, headers
    try:
        message = decode(shape, value, headers)
    except NewerVersionError:
        raise CodecError("unknown_version", "ce_type") from None
    except CodecError as error:
        raise (error if error.reason == "not_the_shape" else CodecError("unknown_version", "ce_type")) from None
    current_headers = tuple((name, current_type if name == "ce_type" else content) for name, content in headers)
    return message.model_dump_json().encode(), current_headers


def with_sealing_instance(headers: Headers, instance: str) -> Headers:
    """Return the headers with the name of the process that sealed. One that is there already stays."""
    return headers if _SEALED_BY in dict(headers) else (*headers, (_SEALED_BY, instance.encode()))


def sealing_instance(headers: Headers) -> str:
    """Return the name of the process that sealed; empty for a record without this header."""
    return dict(headers).get(_SEALED_BY, b"").decode("utf-8", "replace")


def traceparent(message: UUID, span: UUID) -> str:
    """Return the W3C trace context. One arrival is one trace; each record that follows from it is a span."""
    return f"00-{message.hex}-{span.hex[:16]}-01"
