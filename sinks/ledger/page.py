"""The status page of a tracking number, for people and, in JSON, for programs."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from messages.shapes import Moment, Shape
from messages.tracking import read_tracking_number
from sinks.ledger.status import Ledger, Status

_SLIP = "Nomor ini tidak benar. Nomor laporan terdiri dari 12 huruf dan angka; periksa lagi."


_HTML: dict[str, Any] = {"text/html": {}}
_FIND: dict[int | str, dict[str, Any]] = {
    303: {
        "description": "Where that number's status is.",
        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
    },
    404: {"description": "A slip in the number.", "content": _HTML},
}


class StepShown(Shape):
    """One thing that happened to a report."""

    at: Moment
    what: str
    agency: str


class StatusShown(Shape):
    """What may be said openly of a report; `of` is the number of the one that it belongs to."""

    tracking: str
    state: str
    relation: str
    of: str | None
    steps: tuple[StepShown, ...]


class NoSuchNumber(Shape):
    """RFC 9457."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int = 404
    reason: Literal["no_such_number"] = "no_such_number"


def _json(shape: type[Shape]) -> dict[str, Any]:
    return {"schema": shape.model_json_schema(mode="serialization")}


_SHOW: dict[int | str, dict[str, Any]] = {
    200: {"description": "The way so far.", "content": {**_HTML, "application/json": _json(StatusShown)}},
    404: {
        "description": "A slip in the number, or not in the ledger (yet).",
        "content": {**_HTML, "application/problem+json": _json(NoSuchNumber)},
    },
}


class StatusPage:
    """Shows the way so far; never who wrote, nor what."""

    def __init__(self, ledger: Ledger, pages: Environment) -> None:
        self._ledger = ledger
        self._pages = pages

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["status"])
        router.add_api_route("/status", self.find, methods=["GET"], response_class=HTMLResponse, responses=_FIND)
        router.add_api_route(
            "/status/{number}", self.show, methods=["GET"], response_class=HTMLResponse, responses=_SHOW
        )
        return router

    def find(self, number: str = "") -> Response:
        """Ask for a number, or go to the one that was typed."""
        if not number:
            return self._ask("", "", 200)
        tracking = read_tracking_number(number)
        return RedirectResponse(f"/status/{tracking}", 303) if tracking else self._ask(number, _SLIP, 404)

    def show(self, number: str, request: Request) -> Response:
        """The status of a number; 404 for a slip, and for a number not in the ledger (yet)."""
        wants_json = "application/json" in request.headers.get("accept", "")
        tracking = read_tracking_number(number)
        if tracking is None:
            return _problem(_SLIP) if wants_json else self._ask(number, _SLIP, 404)
        status = self._ledger.status(tracking)
        if wants_json:
            return JSONResponse(as_json(status)) if status else _problem("Nomor ini belum tercatat.")
        page = self._pages.get_template("status.html").render(status=status, number=tracking)
        return HTMLResponse(page, 200 if status else 404)

    def _ask(self, typed: str, problem: str, code: int) -> Response:
        page = self._pages.get_template("find.html").render(typed=typed, problem=problem)
        return HTMLResponse(page, code)


def as_json(status: Status) -> dict[str, object]:
    """The same facts as the page shows."""
    steps = tuple(StepShown(at=step.at, what=step.what, agency=step.agency) for step in status.steps)
    shown = StatusShown(
        tracking=status.tracking, state=status.state, relation=status.relation, of=status.of, steps=steps
    )
    return shown.model_dump(mode="json")


def _problem(says: str) -> Response:
    return JSONResponse(NoSuchNumber(title=says).model_dump(), 404, media_type="application/problem+json")
