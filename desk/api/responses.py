"""Responses of the programming interface: JSON of its shapes, and errors in the form of each part of it."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from desk.api.case_document import PREFIX
from desk.api.open311.format import OPEN311, open311_error
from desk.api.problems import ApiError

PROBLEM_MEDIA_TYPE = "application/problem+json"
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


def error_response(request: Request, error: ApiError) -> Response:
    """Return the error: problem details, or the errors of Open311 below its addresses."""
    if request.url.path.startswith(f"{PREFIX}{OPEN311}/"):
        return open311_error(request.url.path, error)
    content = error.problem.model_dump_json(exclude_none=True)
    return Response(content, error.status, error.headers, PROBLEM_MEDIA_TYPE)
