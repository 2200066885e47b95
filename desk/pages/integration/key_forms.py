"""Forms of the keys: a new key, which is shown once, and the revocation of a key."""

import threading
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, actor_label
from desk.api.keys.agency_keys import AgencyKeys, TooManyKeys, UnknownKey
from desk.api.keys.scopes import SCOPES
from desk.pages.integration import wording
from desk.pages.integration.addresses import INTEGRATION_ADDRESS, KEYS_ADDRESS, UnknownId, parse_id
from desk.pages.integration.overview import Overview, Typed, expiry_delay, newest_key
from desk.pages.parts import DeskPageParts
from desk.units.tree import UnknownUnit
from pages.forms import Form, PostedForm
from pages.responses import see_other

# Reason of these acts in the audit log.
_WHY = "integration page"


class KeyForms:
    """Endpoints of the forms.

    A form names the newest key that its page showed. A form that is sent twice, as by a reload, makes one key only: the
    text of a second one would replace the first one on the screen.
    """

    def __init__(self, parts: DeskPageParts, keys: AgencyKeys, overview: Overview) -> None:
        self._parts = parts
        self._keys = keys
        self._overview = overview
        self._issuing = threading.Lock()

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(KEYS_ADDRESS, self.issue, methods=["POST"], response_class=HTMLResponse)
        router.add_api_route(f"{KEYS_ADDRESS}/{{key_id}}/cabut", self.revoke, methods=["POST"])
        return router

    def issue(self, request: Request, form: PostedForm) -> Response:
        """Make a key and show it once, on this response."""
        parts = self._parts
        actor = parts.require(request, Act.MANAGE_KEYS)
        typed = _read_key_form(form)
        if not typed.scopes:
            return self._overview.page(request, actor, typed, key_fault=wording.SCOPES_MISSING)
        delay = expiry_delay(typed.period)
        with self._issuing:
            if form.line("versi") != newest_key(self._keys.keys(actor.agency)):
                return self._overview.page(request, actor, typed, key_fault=wording.KEYS_CHANGED)
            expires_at = parts.now() + delay if delay else None
            try:
                key, text = self._keys.issue(
                    actor.agency, typed.scopes, actor_label(actor), _WHY, expires_at, typed.unit
                )
            except TooManyKeys:
                fault = wording.TOO_MANY_KEYS_OF_UNIT if typed.unit else wording.TOO_MANY_KEYS
                return self._overview.page(request, actor, typed, key_fault=fault)
            except UnknownUnit:
                return self._overview.page(request, actor, typed, key_fault=wording.UNIT_UNKNOWN)
        values = {"key": key, "text": text, "scopes": wording.scopes_in_words(key)}
        return parts.render("key_shown.html", request, actor, values)

    def revoke(self, request: Request, key_id: str) -> Response:
        """Revoke a key of the agency."""
        actor = self._parts.require(request, Act.MANAGE_KEYS)
        try:
            self._keys.revoke(actor.agency, parse_id(key_id), actor_label(actor), _WHY)
        except (UnknownId, UnknownKey):
            return self._parts.render("integration_missing.html", request, actor, {}, HTTPStatus.NOT_FOUND)
        return see_other(f"{INTEGRATION_ADDRESS}?selesai=cabut")


def _read_key_form(form: Form) -> Typed:
    chosen, days = form.lines("hak"), form.line("masa")
    period = next((period for period in wording.KEY_PERIODS if str(period) == days), wording.USUAL_KEY_PERIOD)
    return Typed(scopes=[scope for scope in SCOPES if scope in chosen], period=period, unit=form.line("unit"))
