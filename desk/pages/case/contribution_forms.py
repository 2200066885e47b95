"""Takes the forms of contributions: a question to a unit, its withdrawal, and what the unit wrote."""

from datetime import date
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from config.time_zones import time_zone
from desk.acts.answers import CaseProgressView
from desk.pages.case.act_draft import CaseRenderer, ContributionDraft
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from desk.pages.unit_wording import CONTRIBUTION_DAY_INVALID, CONTRIBUTION_FAULTS
from desk.units.contributions import ContributionFault, Question
from desk.units.tree import read_code
from pages.addresses import CONTRIBUTIONS
from pages.forms import Form, PostedForm, read_id
from pages.responses import see_other

_PART = "#kontribusi"


class ContributionForms:
    """Endpoint of the forms."""

    def __init__(self, parts: DeskPageParts, case_page: CaseRenderer) -> None:
        self._parts = parts
        self._case_page = case_page

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/kontribusi"
        router.add_api_route(address, self.change, methods=["POST"], response_class=HTMLResponse)
        return router

    def change(self, request: Request, number: str, form: PostedForm) -> Response:
        """Ask, withdraw or give, by the button that was pressed. Then redirect, or show what prevented it."""
        step = form.line("langkah")
        is_giving = step == "beri"
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.RESPOND if is_giving else Act.ASSIGN_UNIT)
        view = parts.find_readable(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        case, tier, contribution_id = view.case.case, parts.tier(actor), read_id(form.line("permintaan"))
        if not is_giving and not tier.has_unit(case.unit_code):
            return parts.missing(request, actor, number)
        if step == "minta":
            return self._ask(request, actor, view, form)
        if contribution_id is None:
            return parts.missing(request, actor, number)
        if is_giving:
            text = form.text("isi")
            fault = parts.contributions.give(actor, tier, case, contribution_id, text)
            draft = ContributionDraft(contribution_id=str(contribution_id), text=text)
            address = f"{CONTRIBUTIONS}?terkirim={case.tracking}#isi"
        else:
            fault = parts.contributions.withdraw(actor, tier, case, contribution_id)
            draft = ContributionDraft(contribution_id=str(contribution_id))
            address = list_query(request).case_address(case.tracking) + _PART
        return self._refused(request, actor, case.tracking, draft, fault) if fault else see_other(address)

    def _ask(self, request: Request, actor: Actor, view: CaseProgressView, form: Form) -> Response:
        parts, case = self._parts, view.case.case
        draft = ContributionDraft(form.line("unit"), form.line("tenggat-unit"), text=form.text("pertanyaan"))
        try:
            day = date.fromisoformat(draft.day) if draft.day else None
        except ValueError:
            draft = draft.with_fault(CONTRIBUTION_DAY_INVALID)
            return self._case_page.render(request, actor, view, contribution=draft)
        zone = time_zone(parts.institutions.region(actor.agency)).value
        question = Question(read_code(draft.unit), draft.text, day)
        fault = parts.contributions.ask(actor, parts.tier(actor), case, question, zone)
        if fault:
            return self._refused(request, actor, case.tracking, draft, fault)
        return see_other(list_query(request).case_address(case.tracking) + _PART)

    def _refused(
        self, request: Request, actor: Actor, number: str, draft: ContributionDraft, fault: ContributionFault
    ) -> Response:
        """Return the page of the case with what was typed. Who does not see the case any more keeps the own words."""
        view, sentence = self._parts.find_readable(actor, number), CONTRIBUTION_FAULTS[fault]
        if view is None:
            values = {"number": number, "fault": sentence, "unsent": draft.text}
            return self._parts.render("case_missing.html", request, actor, values, HTTPStatus.CONFLICT)
        return self._case_page.render(request, actor, view, contribution=draft.with_fault(sentence))
