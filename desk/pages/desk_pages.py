"""All pages of an agency at its desk."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act
from accounts.signed_in import DESK, Forbidden
from desk.pages.agency_texts import TEMPLATES_ADDRESS, AgencyTexts
from desk.pages.bulk_page import BulkPage
from desk.pages.case.act_forms import ActForms
from desk.pages.case.case_page import CasePage
from desk.pages.case.comparison_page import ComparisonPage
from desk.pages.case.contribution_forms import ContributionForms
from desk.pages.case.division_form import DivisionForm
from desk.pages.case.identity import Identity
from desk.pages.case.pictures import Pictures
from desk.pages.case.recommendation_form import RecommendationForm
from desk.pages.case.release_form import ReleaseForm
from desk.pages.case.suggestion_form import SuggestionForm
from desk.pages.contributions_page import ContributionsPage
from desk.pages.guide import GUIDE_ADDRESS, Guide
from desk.pages.list_export import ListExport
from desk.pages.list_page import ListPage
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from desk.pages.printing import Printing
from desk.pages.told_page import TOLD_ADDRESS, ToldPage
from desk.pages.units_page import UnitsPage
from pages.addresses import UNITS
from pages.frame import NavigationEntry
from pages.responses import see_other
from pages.translation.message import message as _

# `desk_script.html` names it.
SCRIPT_ADDRESS = f"{DESK}/meja.js"
_SCRIPT = Path(__file__).parent / "static/desk.js"
# Links of these pages, for the navigation of the frame.
NAVIGATION = (
    # Officers and heads have this right; triage, which reads cases on its own page, has it not.
    NavigationEntry(_("Laporan"), LIST_ADDRESS, Act.VIEW_DEADLINES),
    NavigationEntry(_("Tenggat"), TOLD_ADDRESS, Act.VIEW_DEADLINES),
    NavigationEntry(_("Templat"), TEMPLATES_ADDRESS, Act.EDIT_TEMPLATES),
    NavigationEntry(_("Unit"), UNITS, Act.ASSIGN_UNIT),
    NavigationEntry(_("Panduan"), GUIDE_ADDRESS, Act.ACCEPT, needs_agency=True),
)


class DeskPages:
    """The pages. `navigation` are all links of the frame: `/desk` leads to the first one that the person sees.

    A head begins with the figures of the own institution or unit.
    """

    def __init__(self, parts: DeskPageParts, navigation: Sequence[NavigationEntry] = NAVIGATION) -> None:
        self._parts = parts
        self._navigation = navigation
        self._script = _SCRIPT.read_bytes()
        case_page = CasePage(parts)
        self._pages = (
            ListPage(parts),
            ListExport(parts),
            BulkPage(parts, case_page),
            Printing(parts),
            ActForms(parts, case_page),
            ContributionForms(parts, case_page),
            ContributionsPage(parts),
            SuggestionForm(parts, case_page),
            DivisionForm(parts, case_page),
            ComparisonPage(parts),
            RecommendationForm(parts, case_page),
            ReleaseForm(parts),
            Identity(parts),
            Pictures(parts),
            case_page,
            AgencyTexts(parts),
            UnitsPage(parts),
            ToldPage(parts),
            Guide(parts),
        )

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(DESK, self.home, methods=["GET"])
        router.add_api_route(SCRIPT_ADDRESS, self.script, methods=["GET"])
        for pages in self._pages:
            router.include_router(pages.routes())
        return router

    async def script(self) -> Response:
        """Return the script of the pages."""
        return Response(self._script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    def home(self, request: Request) -> Response:
        """Redirect to the first page that the person may open."""
        actor = self._parts.signed_in.actor(request)
        entries = [entry for entry in self._navigation if entry.is_for(actor) and entry.address != DESK]
        if not entries:
            raise Forbidden
        # Who answers no case begins with the figures.
        figures = (entry for entry in entries if entry.act == Act.VIEW_OWN_FIGURES and not actor.sees(Act.ACCEPT))
        return see_other(next(figures, entries[0]).address)
