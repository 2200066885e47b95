"""Takes the decision of a person about the case that is perhaps the same."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from desk.acts.suggestions import SuggestionOutcome
from desk.pages.case.act_draft import CaseRenderer
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from pages.forms import PostedForm
from pages.responses import see_other
from pages.wording.suggestions import FAULTS

_OUTCOMES: Mapping[str, SuggestionOutcome] = {"sama": "same", "bukan": "different"}
_PART = "#mungkin-sama"


class SuggestionForm:
    """Endpoint of the form on a case's page."""

    def __init__(self, parts: DeskPageParts, case_page: CaseRenderer) -> None:
        self._parts = parts
        self._case_page = case_page

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/usulan"
        router.add_api_route(address, self.decide, methods=["POST"], response_class=HTMLResponse)
        return router

    def decide(self, request: Request, number: str, form: PostedForm) -> Response:
        """Confirm or deny the suggestion. Then redirect to the case, or show it with what prevented the decision."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.DECIDE_DUPLICATE)
        view = parts.find_case(actor, number)
        outcome = _OUTCOMES.get(form.line("putusan"))
        if view is None or outcome is None:
            return parts.missing(request, actor, number)
        suggestion = view.case.suggestion
        if actor.unit and (suggestion is None or not suggestion.is_here):
            return self._case_page.render(request, actor, view, suggestion_fault=FAULTS["not-here"])
        fault = parts.suggestions.decide(actor, view.case.case.tracking, outcome, parts.now())
        if fault is None:
            address = list_query(request).case_address(view.case.case.tracking)
            return see_other(address + _PART)
        view = parts.find_case(actor, number) or view
        return self._case_page.render(request, actor, view, suggestion_fault=FAULTS[fault])
