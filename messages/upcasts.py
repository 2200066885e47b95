"""Brings a record that was written under an older version of its shape up to the current version.

The conversions themselves are the shapes' (`WireModel.upcasts`). Everything that decodes a record does it through
`messages.codec`, and so through this module.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from messages.shapes import WireModel

_TYPE = re.compile(r"id\.lapor\.([a-z-]+)\.v([1-9][0-9]{0,3})")


class CodecError(ValueError):
    """Bytes that are not of the expected shape. `field` is the path of the field at fault, never its content."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} {field}".rstrip())
        self.reason = reason
        self.field = field


class NewerVersionError(Exception):
    """A record of a version that this program does not know yet. It is no fault of the record.

    Who reads it waits until the newer version of the program is installed: for a stage this has the meaning of `Retry`.
    """

    def __init__(self, shape: type[WireModel], version: int) -> None:
        super().__init__(
            f"a record is {shape.name} of version {version}, and this program reads version {shape.version}: "
            "install the newer version of the program here"
        )


def event_type(shape: type[WireModel]) -> str:
    """Return the CloudEvents type of a shape. It contains the version: an incompatible change needs a new one."""
    return f"id.lapor.{shape.name}.v{shape.version}"


def shape_name(declared_type: str) -> str:
    """Return the name of the shape in a CloudEvents type, of any version; "" for another type."""
    match = _TYPE.fullmatch(declared_type)
    return match[1] if match else ""


def current_value(shape: type[WireModel], value: bytes, headers: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the record's value in the current version of the shape; a current record stays untouched.

    Raise `CodecError`: `unexpected_type` for another shape, `unknown_version` where no conversion leads from the
    record's version to the current one, `not_the_shape` where a conversion fails. Raise `NewerVersionError` for a newer
    version. Programs of agencies write answers: there a newer version may be an error of one of them and would stop the
    answers of all, so it is a `CodecError` too (`newer_version`).
    """
    declared_type = dict(headers).get("ce_type", b"").decode("utf-8", "replace")
    if declared_type == event_type(shape):
        return value
    declared = _TYPE.fullmatch(declared_type)
    if declared is None or declared[1] != shape.name:
        raise CodecError("unexpected_type", "ce_type")
    version = int(declared[2])
    if version > shape.version and shape.written_by_agencies:
        raise CodecError("newer_version", "ce_type")
    return value_of_version(shape, version, value)


def value_of_version(shape: type[WireModel], version: int, value: bytes) -> bytes:
    """Return a value of this version in the current version of the shape. Raise as `current_value`."""
    if version == shape.version:
        return value
    if version > shape.version:
        raise NewerVersionError(shape, version)
    if not shape.upcasts.keys() >= set(range(version, shape.version)):
        raise CodecError("unknown_version", "ce_type")
    try:
        content: dict[str, Any] = json.loads(value)
        for step in range(version, shape.version):
            content = shape.upcasts[step](content)
        return json.dumps(content).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CodecError("not_the_shape") from None
