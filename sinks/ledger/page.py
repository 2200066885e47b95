"""The status page of a tracking number, for people and, in JSON, for programs."""

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from messages.shapes import iso
from messages.tracking import read_tracking_number
from sinks.ledger.status import Ledger, Status

_SLIP = "Nomor ini tidak benar. Nomor laporan terdiri dari 12 huruf dan angka; periksa lagi."


class StatusPage:
    """Shows the way so far; never who wrote, nor what."""

    def __init__(self, ledger: Ledger, pages: Environment) -> None:
        self._ledger = ledger
        self._pages = pages

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["status"])
        router.add_api_route("/status", self.find, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/status/{number}", self.show, methods=["GET"], response_class=HTMLResponse)
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
    steps = [{"at": iso(step.at), "what": step.what, "agency": step.agency} for step in status.steps]
    return {
        "tracking": status.tracking,
        "state": status.state,
        "relation": status.relation,
        "of": status.of,
        "steps": steps,
    }


def _problem(says: str) -> Response:
    details = {"type": "about:blank", "title": says, "status": 404, "reason": "no_such_number"}
    return JSONResponse(details, 404, media_type="application/problem+json")
