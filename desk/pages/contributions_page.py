"""The page of contributions: what the units of a person are asked, and what they wrote."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from desk.pages.unit_wording import CONTRIBUTION_STATES
from desk.units.contributions import contribution_state
from messages.tracking import read_tracking_number
from pages.addresses import CONTRIBUTIONS


class ContributionsPage:
    """Endpoint of the page. Of a request that is over it shows what the unit wrote, and no question or report."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(CONTRIBUTIONS, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, terkirim: str = "") -> Response:
        """Return the page. `terkirim` is the number of a case about which a contribution was just given."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE)
        rows = parts.contributions.of_units(parts.tier(actor))
        values = {
            "items": [_item(row) for row in rows],
            "sent_number": read_tracking_number(terkirim),
        }
        return parts.render("contributions.html", request, actor, values)


def _item(row: Any) -> Mapping[str, Any]:
    state = contribution_state(row, is_over=row.is_over)
    return {
        "number": row.tracking,
        "address": f"{LIST_ADDRESS}/{row.tracking}#kontribusi" if state == "open" else "",
        "unit": row.unit,
        "state": CONTRIBUTION_STATES[state],
        "is_open": state == "open",
        "question": row.question if state == "open" else "",
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "text": row.text,
        "ended_by": row.ended_by,
        "ended_at": row.ended_at,
    }
