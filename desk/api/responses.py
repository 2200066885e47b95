"""Responses of the programming interface: JSON of its shapes, and errors as problem details."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel
from starlette.responses import Response

from desk.api.problems import ApiError
from pages.problems import PROBLEM_MEDIA_TYPE

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# Cases of a person: no shared cache may store them.
_CACHE = {"Cache-Control": "private, no-cache"}


def json_response(shape: BaseModel, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """Return the response with this shape."""
    return raw_json_response(shape_json(shape), status, headers)


def raw_json_response(content: bytes, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """Return the response with this JSON."""
    return Response(content, status, {**_CACHE, **headers}, "application/json")


def shape_json(shape: BaseModel) -> bytes:
    """Return the JSON of a shape."""
    return shape.model_dump_json().encode()


def error_response(error: ApiError) -> Response:
    """Return the error as problem details."""
    content = error.problem.model_dump_json(exclude_none=True)
    return Response(content, error.status, error.headers, PROBLEM_MEDIA_TYPE)
