"""Error responses of the doors: a problem (RFC 9457) for programs, a page for people; and their OpenAPI description."""

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from messages.shapes import Shape
from pages.clients import PAGE_MEDIA_TYPE, asks_for_page
from pages.refusals import FieldError, Refused

PROBLEM_MEDIA_TYPE = "application/problem+json"
# Renders a refusal as a page. The second argument is true if the request carried data, which is now lost.
RefusalPage = Callable[[Refused, bool], Response]

_RETRY_AFTER_HEADER = {
    "Retry-After": {
        "description": "Seconds until the same request can succeed.",
        "schema": {"type": "integer", "minimum": 1},
    }
}


class Problem(Shape):
    """RFC 9457 problem details. `reason` and `errors` are our extension members."""

    type: str
    title: str
    status: int
    reason: str
    errors: tuple[FieldError, ...]


def problem_response(refused: Refused) -> Response:
    """Return the refusal as problem details (RFC 9457)."""
    problem = Problem(
        type="about:blank",
        title=refused.message,
        status=refused.status,
        reason=refused.reason,
        errors=refused.field_errors,
    )
    return JSONResponse(problem.model_dump(), refused.status, refused.headers, PROBLEM_MEDIA_TYPE)


class RefusalResponder:
    """Answers refusals with a page if the client asks for one, otherwise with a problem.

    `program_prefixes` are the beginnings of the addresses that only programs use. No page is shown there.
    """

    def __init__(self, page: RefusalPage, program_prefixes: tuple[str, ...]) -> None:
        self._page = page
        self._program_prefixes = program_prefixes

    def response(self, scope: Scope, refused: Refused) -> Response:
        """Return the response to the request in `scope`."""
        if asks_for_page(scope) and not scope["path"].startswith(self._program_prefixes):
            return self._page(refused, scope["method"] == "POST")
        return problem_response(refused)


_PROBLEM_SCHEMA = Problem.model_json_schema()


def documented_refusals(*statuses: int | str, page: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of these error statuses; `page` if people get a page instead of a problem."""
    description = "A problem (RFC 9457), in Indonesian"
    description += "; a page where the sender asks for text/html." if page else "."
    content: dict[str, Any] = {PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}}
    if page:
        content[PAGE_MEDIA_TYPE] = {}
    return {
        status: {"description": description, "content": content, "headers": _RETRY_AFTER_HEADER} for status in statuses
    }
