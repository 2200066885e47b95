"""Status page of a tracking number, as HTML for people and as JSON for programs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, Response

from messages.shapes import Shape
from messages.tracking import number_of_report, read_tracking_number
from pages.clients import asks_for_json
from pages.problems import PROBLEM_MEDIA_TYPE
from pages.responses import page_response, see_other
from pages.wording.cases import MISTYPED_NUMBER
from sinks.ledger.status import StatusReader, StatusShown, status_as_json
from sinks.ledger.wording import page_sentence

_HTML: dict[str, Any] = {"text/html": {}}
_FIND: dict[int | str, dict[str, Any]] = {
    303: {
        "description": "Address of the number's status.",
        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
    },
    404: {"description": "The number is mistyped.", "content": _HTML},
}


class NoSuchNumber(Shape):
    """Problem details of RFC 9457."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int = 404
    reason: Literal["no_such_number"] = "no_such_number"


def _json(shape: type[Shape]) -> dict[str, Any]:
    return {"schema": shape.model_json_schema(mode="serialization")}


_SHOW: dict[int | str, dict[str, Any]] = {
    200: {"description": "The steps so far.", "content": {**_HTML, "application/json": _json(StatusShown)}},
    404: {
        "description": "The number is mistyped, or not in the ledger (yet).",
        "content": {**_HTML, PROBLEM_MEDIA_TYPE: _json(NoSuchNumber)},
    },
}


class StatusPage:
    """Endpoint of the status page. It never shows the sender or the text."""

    def __init__(self, statuses: StatusReader, pages: Environment, now: Callable[[], datetime]) -> None:
        self._statuses = statuses
        self._now = now
        self._pages = pages

    def routes(self) -> APIRouter:
        """Return the routes of this endpoint."""
        router = APIRouter(tags=["status"])
        router.add_api_route("/status", self.find, methods=["GET"], response_class=HTMLResponse, responses=_FIND)
        router.add_api_route(
            "/status/{number}", self.show, methods=["GET"], response_class=HTMLResponse, responses=_SHOW
        )
        return router

    def find(self, number: str = "") -> Response:
        """Show the form for a number, or redirect to the status of the typed one."""
        if not number:
            return self._form("", "", 200)
        tracking = read_tracking_number(number)
        return see_other(f"/status/{tracking}") if tracking else self._form(number, MISTYPED_NUMBER, 404)

    def show(self, number: str, request: Request) -> Response:
        """Show the status of a number; 404 for a mistyped number and for one that is not in the ledger (yet)."""
        accepts_json = asks_for_json(request.scope)
        tracking = read_tracking_number(number)
        if tracking is None:
            return _problem(MISTYPED_NUMBER) if accepts_json else self._form(number, MISTYPED_NUMBER, 404)
        whole_status = self._statuses.status(tracking)
        status = whole_status.for_everybody(self._now()) if whole_status else None
        if accepts_json:
            return JSONResponse(status_as_json(status)) if status else _problem("Nomor ini belum tercatat.")
        sentence = page_sentence(status, names_agency=not status.is_private) if status else ""
        values = {
            "status": status,
            "number": tracking,
            "sentence": sentence,
            "part_addresses": {part.tracking: f"/status/{part.tracking}" for part in (status.parts if status else ())},
            "whole_address": f"/status/{number_of_report(tracking)}",
        }
        return page_response(self._pages, "status.html", values, 200 if status else 404)

    def _form(self, typed: str, problem: str, code: int) -> Response:
        return page_response(self._pages, "find.html", {"typed": typed, "problem": problem}, code)


def _problem(title: str) -> Response:
    return JSONResponse(NoSuchNumber(title=title).model_dump(), 404, media_type=PROBLEM_MEDIA_TYPE)
