"""Page of the coaching notes about an institution. Overseers read and write them; no officer sees them."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from accounts.signed_in import SignedIn
from messages.topics import TRIAGE
from oversight.figures.counts import Scope
from oversight.pages.address import KIND_PARTS, OVERSIGHT, scope_path
from oversight.pages.coaching_notes import MAX_TEXT, CoachingNotes, NoteDraft, note_draft
from oversight.pages.names import ScopeNames
from pages.forms import Typed
from pages.frame import SignedInPages
from pages.responses import see_other

_PART = "pembinaan"


def coaching_address(agency: str) -> str:
    """Return the address of the notes about an institution."""
    return f"{scope_path(Scope('agency', agency))}/{_PART}"


class CoachingPage:
    """The page. `now` is the clock."""

    def __init__(
        self,
        signed_in: SignedIn,
        pages: SignedInPages,
        notes: CoachingNotes,
        names: ScopeNames,
        now: Callable[[], datetime],
    ) -> None:
        self._signed_in = signed_in
        self._pages = pages
        self._notes = notes
        self._names = names
        self._now = now

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        address = f"{OVERSIGHT}/{KIND_PARTS['agency']}/{{code}}/{_PART}"
        router.add_api_route(address, self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(address, self.add, methods=["POST"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, code: str) -> Response:
        """Return the notes and the form; 404 for an unknown institution."""
        actor = self._signed_in.require(request, Act.RECOMMEND)
        return self._page(request, actor, code, NoteDraft())

    def add(self, request: Request, code: str, isi: Typed = "") -> Response:
        """Store a note. Then redirect to the page; the typed text is shown again with what is wrong with it."""
        actor = self._signed_in.require(request, Act.RECOMMEND)
        draft = note_draft(isi)
        if draft.fault or not self._is_institution(code):
            return self._page(request, actor, code, draft, HTTPStatus.UNPROCESSABLE_ENTITY)
        self._notes.add(actor, code, draft.text, self._now())
        return see_other(coaching_address(code))

    def _is_institution(self, code: str) -> bool:
        return code != TRIAGE and self._names.is_known(Scope("agency", code))

    def _page(
        self, request: Request, actor: Actor, code: str, draft: NoteDraft, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        if not self._is_institution(code):
            return self._pages.render("oversight_missing.html", request, actor, {}, HTTPStatus.NOT_FOUND)
        values = {
            "name": self._names.name(Scope("agency", code)),
            "agency_address": scope_path(Scope("agency", code)),
            "address": coaching_address(code),
            "notes": self._notes.of_agency(code),
            "body_name": lambda body: self._names.name(Scope("agency", body)),
            "draft": draft,
            "limit": MAX_TEXT,
        }
        return self._pages.render("coaching.html", request, actor, values, status)
