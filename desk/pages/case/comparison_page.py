"""The page with two reports that are perhaps the same, for an agency that has or had both, and the two acts."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from desk.pages.case.comparison import compared_report, differences
from desk.pages.case.suggestion_part import suggestion_part
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from pages.responses import see_other


class ComparisonPage:
    """Endpoint of the page. The form of its acts is that of the case's page (`suggestion_form`)."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/banding"
        router.add_api_route(address, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, number: str) -> Response:
        """Return the page. Without a case that the person may read beside it, redirect to the case."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE)
        view = parts.find_case(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        case, suggestion, suggested = view.case.case, view.case.suggestion, view.case.dispatch.suggestion
        other = parts.find_case(actor, suggestion.number) if suggestion and suggestion.number else None
        if suggestion is None or suggested is None or other is None:
            return see_other(list_query(request).case_address(case.tracking))
        left, right = compared_report(view, case.complaint_id), compared_report(other, suggested.of)
        outcome = parts.suggestions.outcome(case.tracking)
        values = {
            "case": case,
            "left": left,
            "right": right,
            "differences": differences(left, right),
            "suggestion": suggestion_part(actor, actor.agency, suggestion, outcome, ""),
        }
        return parts.render("comparison.html", request, actor, values)
