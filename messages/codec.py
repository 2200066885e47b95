"""Encodes messages to records and back: JSON, CloudEvents 1.0 Kafka binding in binary mode, W3C trace context."""

from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar
from uuid import UUID

from pydantic import ValidationError

from messages.shapes import Channel, WireModel, iso

Headers = tuple[tuple[str, bytes], ...]
# Header of a redriven record. Its value is the id of the dead letter.
REDRIVEN = "redriven"
T = TypeVar("T", bound=WireModel)


class CodecError(ValueError):
    """Bytes that are not of the expected shape. `field` is the path of the field at fault, never its content."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} {field}".rstrip())
        self.reason = reason
        self.field = field


class Encoded(NamedTuple):
    """The three parts of a record."""

    key: bytes
    value: bytes
    headers: Headers


def event_type(shape: type[WireModel]) -> str:
    """Return the CloudEvents type of a shape. It contains the version: an incompatible change needs a new one."""
    return f"id.lapor.{shape.name}.v{shape.version}"


def encode(message: WireModel, key: str, source: str) -> Encoded:
    """Return the parts of a record. Records with equal `key` stay in order; `source` is as in `/satu-pintu/router`."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(message.id),
        "ce_source": source,
        "ce_type": event_type(type(message)),
        "ce_time": iso(message.at),
        "content-type": "application/json",
        "traceparent": traceparent(message.message_id, message.id),
    }
    value = message.model_dump_json(exclude_defaults=False).encode()
    return Encoded(key.encode(), value, tuple((name, text.encode()) for name, text in headers.items()))


def decode(
    shape: type[T],
    value: bytes,
    headers: Iterable[tuple[str, bytes]],
    channels: Collection[Channel] | None = None,
) -> T:
    """Return the message in these bytes.

    Raise `CodecError` when the headers name another type, when the bytes have another shape, or when the message is of
    a channel that is not among `channels`.
    """
    declared_type = dict(headers).get("ce_type", b"").decode("utf-8", "replace")
    if declared_type != event_type(shape):
        raise CodecError("unexpected_type", "ce_type")
    try:
        message = shape.model_validate_json(value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise CodecError("not_the_shape", ".".join(str(part) for part in fault["loc"])) from None
    if channels is not None and getattr(message, "channel", None) not in {None, *channels}:
        raise CodecError("unknown_channel", "channel")
    return message


def traceparent(message: UUID, span: UUID) -> str:
    """Return the W3C trace context. One arrival is one trace; each record that follows from it is a span."""
    return f"00-{message.hex}-{span.hex[:16]}-01"
