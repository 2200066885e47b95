"""Takes the division of a report at triage: the words of another matter become a part (decision 0035)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import TRIAGE_AGENCY, Act, Actor
from app.staff import addresses, wording
from app.staff.next_case import ListFilter
from app.staff.page import StaffFrame
from app.staff.triage_case_page import TriageCasePage
from bus.errors import Retry
from desk.acts.answers import OfficerAnswers
from desk.acts.divisions import Divisions
from desk.institutions import Institutions
from desk.pages.case.division_form import DIVISION_FAULTS, DIVISION_NOT_SENT
from desk.units.tiers import Tier
from language.masking.masker import MASK
from messages.tracking import read_tracking_number
from pages.addresses import with_query
from pages.forms import MAX_TEXT_LENGTH, PostedForm
from pages.responses import see_other
from pages.translation.message import Message


class TriageDivision:
    """Endpoint of the form on the page of a case.

    The page shows masked words. What is masked has no place in a part: the words around it are pieces of their own.
    """

    def __init__(
        self,
        frame: StaffFrame,
        case_page: TriageCasePage,
        answers: OfficerAnswers,
        divisions: Divisions,
        institutions: Institutions,
    ) -> None:
        self._frame = frame
        self._case_page = case_page
        self._answers = answers
        self._divisions = divisions
        self._institutions = institutions

    def routes(self) -> APIRouter:
        """Return the route of the form."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(f"{addresses.TRIAGE_CASE}/bagi", self.divide, methods=["POST"])
        return router

    def divide(self, request: Request, number: str, form: PostedForm) -> Response:
        """Divide the report. Then show its page again, also with what prevented the act and the typed words."""
        actor = self._frame.require(request, Act.DIVIDE, TRIAGE_AGENCY)
        tracking = read_tracking_number(number) or ""
        choice = ListFilter.read(form.line("topik"), form.line("wilayah"))
        words, agency = form.text("isi"), form.line("tujuan")
        agency = agency if self._institutions.receives_cases(agency) else ""
        if fault := self._fault(actor, tracking, words, agency):
            typed = {"part_words": words, "part_agency": agency, "part_fault": fault}
            return self._case_page.page(request, actor, number, {"typed": typed, "list": choice}, fault)
        address = f"{addresses.TRIAGE}/{tracking}"
        return see_other(with_query(address, topik=choice.topic, wilayah=choice.region, bagian="terkirim") + "#bagi")

    def _fault(self, actor: Actor, tracking: str, words: str, agency: str) -> Message | None:
        """Send the division; return why it was not sent."""
        if len(words) > MAX_TEXT_LENGTH:
            return wording.TEXT_TOO_LONG
        view = self._answers.case(Tier(TRIAGE_AGENCY), tracking)
        if view is None:
            return DIVISION_FAULTS["not-here"]
        try:
            fault = self._divisions.divide(actor, view, words.replace(MASK, "\n"), agency)
        except Retry:
            return DIVISION_NOT_SENT
        return DIVISION_FAULTS[fault] if fault else None
