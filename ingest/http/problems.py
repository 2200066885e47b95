"""How a refusal is answered: a problem (RFC 9457) for programs, a page for people; and how the document tells it."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from ingest.arrival import Refused
from messages.shapes import Shape

MEDIA_TYPE = "application/problem+json"
# What a browser asks for, and no program that does not mean it.
_PAGE = "text/html"

# A refusal as a page; with whether something was sent that is not kept.
Page = Callable[[Refused, bool], Response]
Responses = Mapping[int | str, dict[str, Any]]


class FieldError(Shape):
    """What is wrong with one field, in the sender's language."""

    field: str
    detail: str


class Problem(Shape):
    """RFC 9457, with the door's own reason and what is wrong with each field."""

    type: str
    title: str
    status: int
    reason: str
    errors: tuple[FieldError, ...]


def problem(refused: Refused) -> Response:
    """RFC 9457 problem details; `reason` and `errors` are ours."""
    faults = tuple(FieldError(field=fault.field, detail=fault.says) for fault in refused.faults)
    details = Problem(
        type="about:blank", title=refused.says, status=refused.status, reason=refused.reason, errors=faults
    )
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else None
    return JSONResponse(details.model_dump(), refused.status, headers, MEDIA_TYPE)


class RefusalResponder:
    """A page for whoever asks for one, a problem for everybody else.

    `programs` are the beginnings of the addresses where nobody is shown a page, whatever they ask for.
    """

    def __init__(self, page: Page, programs: tuple[str, ...]) -> None:
        self._page = page
        self._programs = programs

    def answer(self, scope: Scope, refused: Refused) -> Response:
        """The answer to this request."""
        if _PAGE in Headers(scope=scope).get("accept", "") and not scope["path"].startswith(self._programs):
            return self._page(refused, scope["method"] == "POST")
        return problem(refused)


def documented_refusals(*statuses: int | str, page: bool = False) -> dict[int | str, dict[str, Any]]:
    """These statuses as the document tells them; `page` where people are answered too."""
    said = "A problem (RFC 9457), in Indonesian"
    said += "; a page where the sender asks for text/html." if page else "."
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": said, "content": content | ({_PAGE: {}} if page else {}), "headers": _RETRY}
        for status in statuses
    }


_RETRY = {
    "Retry-After": {
        "description": "Seconds; where the same again will be taken.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
