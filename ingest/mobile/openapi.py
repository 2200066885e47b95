"""The mobile door in the OpenAPI document: what each address is sent and answers, so that clients can be generated."""

from typing import Any

from messages.shapes import Shape

_BEARER: list[dict[str, list[str]]] = [{"device": []}]
# The security scheme that `secured` refers to; it stands beside the schemas.
SCHEMES = {"device": {"type": "http", "scheme": "bearer", "description": "The token from POST /mobile/v1/devices."}}


def body(shape: type[Shape]) -> dict[str, Any]:
    """A JSON body. The door reads the bytes itself."""
    return {"required": True, "content": {"application/json": {"schema": shape.model_json_schema()}}}


def part() -> dict[str, Any]:
    """Some bytes of a file. tus names them `application/offset+octet-stream`; the door takes either."""
    return {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }


def header(name: str, says: str, *, required: bool = True, kind: str = "string") -> dict[str, Any]:
    """A header of a request. Without a format: generated clients can't write a UUID into one."""
    return {"name": name, "in": "header", "required": required, "description": says, "schema": {"type": kind}}


def upload_id() -> dict[str, Any]:
    """The upload in an address."""
    return {"name": "upload_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def secured(*, optional: bool = False, **extra: Any) -> dict[str, Any]:
    """An operation that asks for a token, or takes one."""
    return {"security": [*_BEARER, {}] if optional else _BEARER, **extra}
