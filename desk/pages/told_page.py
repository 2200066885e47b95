"""Page of the deadlines of which a person was told: the open cases, and who else has heard of each and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from config.database import read_transaction
from desk.escalation.told_persons import told_cases, told_moments
from desk.pages.list_query import ListQuery
from desk.pages.parts import DeskPageParts
from desk.pages.told_wording import ShownMoment, shown_moments
from desk.pages.wording import Deadline, deadline_in_words
from desk.read_model.queries import read_numbered
from pages.wording.cases import report_heading

TOLD_ADDRESS = "/desk/tenggat"
_MOST_CASES = 100


@dataclass(frozen=True, slots=True)
class ToldCase:
    """A case of the page."""

    number: str
    address: str
    heading: str
    deadline: Deadline
    unit: str
    holder: str
    moments: Sequence[ShownMoment]


class ToldPage:
    """Endpoint of the page."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(TOLD_ADDRESS, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(self, request: Request) -> Response:
        """Return the cases, the one that was told of last first."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.VIEW_DEADLINES)
        tier, now, region = parts.tier(actor), parts.now(), parts.institutions.region(actor.agency)
        with read_transaction(parts.engine) as connection:
            numbers = told_cases(connection, actor.agency, actor.account_id, _MOST_CASES + 1)
            rows = read_numbered(connection, tier, numbers[:_MOST_CASES])
            moments = told_moments(connection, actor.agency, [row.dispatch_id for row in rows])
        cases = [
            ToldCase(
                row.tracking,
                ListQuery().case_address(row.tracking),
                report_heading(row.title, row.excerpt) or row.tracking,
                deadline_in_words(row.due_at, now, region, clock_stopped=row.clock_stopped),
                row.unit or "",
                row.holder or "",
                shown_moments(moments.get(row.dispatch_id, ())),
            )
            for row in rows
        ]
        return parts.render(
            "told.html", request, actor, {"cases": cases, "has_more": len(numbers) > _MOST_CASES, "most": _MOST_CASES}
        )
