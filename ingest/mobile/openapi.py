"""OpenAPI description of the mobile door, from which a client can be generated."""

from functools import lru_cache
from typing import Any

from messages.shapes import Shape

_BEARER: list[dict[str, list[str]]] = [{"device": []}]
# The security scheme that `secured` refers to. It is a component of the document.
SCHEMES = {"device": {"type": "http", "scheme": "bearer", "description": "The token from POST /mobile/v1/devices."}}


@lru_cache
def json_body(shape: type[Shape]) -> dict[str, Any]:
    """Return the description of a JSON body. FastAPI cannot derive it, because the door reads the bytes itself."""
    return {"required": True, "content": {"application/json": {"schema": shape.model_json_schema()}}}


def upload_part_body() -> dict[str, Any]:
    """Return the description of a part of a file.

    tus names the media type `application/offset+octet-stream`; the door accepts both.
    """
    return {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }


def header(name: str, description: str, *, required: bool = True, kind: str = "string") -> dict[str, Any]:
    """Return the description of a request header.

    It has no format: generated clients cannot write a UUID into a header.
    """
    return {"name": name, "in": "header", "required": required, "description": description, "schema": {"type": kind}}


def upload_id_parameter() -> dict[str, Any]:
    """Return the description of the upload's id in an address."""
    return {"name": "upload_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def secured(*, optional: bool = False, **extra: Any) -> dict[str, Any]:
    """Return the description of an operation that requires a token, or accepts one if `optional`."""
    return {"security": [*_BEARER, {}] if optional else _BEARER, **extra}
