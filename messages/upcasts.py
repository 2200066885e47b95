"""Makes a record that was written under an older version of its shape one of the version that is ours."""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from messages.codec import CodecError, Headers, decode, event_type
from messages.shapes import WireModel

# From the JSON of one version of a shape, by its name and version, to that of the next.
Upcasts = Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]
UPCASTS: Upcasts = MappingProxyType({})

_TYPE = re.compile(r"id\.lapor\.([a-z-]+)\.v([0-9]{1,4})")


def upcast(shape: type[WireModel], value: bytes, headers: Headers, upcasts: Upcasts) -> tuple[bytes, Headers]:
    """The record's value and headers in our version of the shape; what is of it already is not touched.

    Raises `CodecError`: `unknown_version` where no way leads from what it says it is to our version, else as `decode`.
    """
    said = dict(headers).get("ce_type", b"").decode("utf-8", "replace")
    if said == event_type(shape):
        return value, headers
    found = _TYPE.fullmatch(said)
    if found is None or found[1] != shape.name:
        raise CodecError("unknown_version", "ce_type")
    versions = [(shape.name, version) for version in range(int(found[2]), shape.version)]
    if not versions or not upcasts.keys() >= set(versions):
        raise CodecError("unknown_version", "ce_type")
    try:
        made = json.loads(value)
        for version in versions:
            made = upcasts[version](made)
        text = json.dumps(made).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CodecError("not_the_shape") from None
    typed = {"ce_type": event_type(shape).encode()}
    renamed = tuple((name, typed.get(name, header)) for name, header in headers)
    return decode(shape, text, renamed).model_dump_json().encode(), renamed
