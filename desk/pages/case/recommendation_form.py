"""Takes the answer of an officer to a recommendation of an overseer."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from bus.errors import Retry
from desk.acts.answers import CaseProgressView
from desk.pages import wording
from desk.pages.case.act_draft import CaseRenderer
from desk.pages.case.recommendation_part import FAULTS, NOT_SENT, OUTCOME_MISSING, OUTCOMES_BY_NAME, RecommendationDraft
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from pages.forms import MAX_TEXT_LENGTH, Form, PostedForm, read_id
from pages.responses import see_other
from pages.translation.message import Message

_PART = "#rekomendasi"


class RecommendationForm:
    """Endpoint of the form on a case's page."""

    def __init__(self, parts: DeskPageParts, case_page: CaseRenderer) -> None:
        self._parts = parts
        self._case_page = case_page

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/rekomendasi"
        router.add_api_route(address, self.answer, methods=["POST"], response_class=HTMLResponse)
        return router

    def answer(self, request: Request, number: str, form: PostedForm) -> Response:
        """Give the answer. Then redirect to the case, or show it with what prevented the answer, and the typed text."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.ANSWER_RECOMMENDATION)
        view, recommendation_id = parts.find_case(actor, number), read_id(form.line("rekomendasi"))
        if view is None or recommendation_id is None:
            return parts.missing(request, actor, number)
        fault = self._fault(actor, view, recommendation_id, form)
        if fault is None:
            address = list_query(request).case_address(view.case.case.tracking, terkirim=str(recommendation_id))
            return see_other(address + _PART)
        view = parts.find_case(actor, number) or view
        draft = RecommendationDraft(recommendation_id, form.line("putusan"), form.text("isi"), fault)
        return self._case_page.render(request, actor, view, recommendation=draft)

    def _fault(self, actor: Actor, view: CaseProgressView, recommendation_id: UUID, form: Form) -> Message | None:
        outcome, text = OUTCOMES_BY_NAME.get(form.line("putusan")), form.text("isi")
        if outcome is None:
            return OUTCOME_MISSING
        if len(text) > MAX_TEXT_LENGTH:
            return wording.TOO_LONG.filled(limit=MAX_TEXT_LENGTH)
        number = view.case.case.tracking
        try:
            result = self._parts.recommendations.give(
                actor, self._parts.tier(actor), number, recommendation_id, outcome, text
            )
        except Retry:
            return NOT_SENT
        return None if result.fault is None or result.fault == "repeated" else FAULTS[result.fault]
