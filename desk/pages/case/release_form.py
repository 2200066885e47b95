"""Takes the decision of an officer about the public view."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from pages.forms import PostedForm
from pages.responses import see_other

_DECISIONS: Mapping[str, bool] = {"tampilkan": True, "tarik": False}
_PART = "#publik"


class ReleaseForm:
    """Endpoint of the form on a case's page."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/publik"
        router.add_api_route(address, self.decide, methods=["POST"], response_class=HTMLResponse)
        return router

    def decide(self, request: Request, number: str, form: PostedForm) -> Response:
        """Release the report or take it back. Then redirect to the case, which says what is public now."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.RELEASE_TO_PUBLIC)
        view, is_released = parts.find_case(actor, number), _DECISIONS.get(form.line("putusan"))
        if view is None or is_released is None or parts.release is None:
            return parts.missing(request, actor, number)
        # A case that moved meanwhile shows that it is not here any more.
        parts.release.decide(actor, view, is_released=is_released)
        return see_other(list_query(request).case_address(view.case.case.tracking) + _PART)
