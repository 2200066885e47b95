"""Converts a record that was written under an older version of its shape to the current version."""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from messages.codec import CodecError, Headers, decode, event_type
from messages.shapes import WireModel

# For a shape's name and version, the conversion of its JSON to the next version.
Upcasts = Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]
UPCASTS: Upcasts = MappingProxyType({})

_TYPE = re.compile(r"id\.lapor\.([a-z-]+)\.v([0-9]{1,4})")


def upcast(shape: type[WireModel], value: bytes, headers: Headers, upcasts: Upcasts) -> tuple[bytes, Headers]:
    """Return the record's value and headers in the current version of the shape; a current record stays untouched.

    Raise `CodecError`: `unknown_version` where `upcasts` does not lead from the record's version to the current one,
    otherwise as `decode`.
    """
    declared_type = dict(headers).get("ce_type", b"").decode("utf-8", "replace")
    if declared_type == event_type(shape):
        return value, headers
    versions = _older_versions(shape, declared_type)
    if not versions or not upcasts.keys() >= set(versions):
        raise CodecError("unknown_version", "ce_type")
    current_type = event_type(shape).encode()
    current_headers = tuple((name, current_type if name == "ce_type" else content) for name, content in headers)
    converted = _convert(value, versions, upcasts)
    return decode(shape, converted, current_headers).model_dump_json().encode(), current_headers


def _older_versions(shape: type[WireModel], declared_type: str) -> list[tuple[str, int]]:
    """Return the versions from the declared one up to the one before the current; none for another shape."""
    declared = _TYPE.fullmatch(declared_type)
    if declared is None or declared[1] != shape.name:
        return []
    return [(shape.name, version) for version in range(int(declared[2]), shape.version)]


def _convert(value: bytes, versions: list[tuple[str, int]], upcasts: Upcasts) -> bytes:
    try:
        content = json.loads(value)
        for version in versions:
            content = upcasts[version](content)
        return json.dumps(content).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CodecError("not_the_shape") from None
