"""Page of staff: all data that the service stores, why, until when, and where they lie."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act
from app.staff import addresses
from app.staff.page import StaffFrame
from config.reference.retention import RetentionTable
from pages.wording.retention import action_text, data_text, limit_text


class RetentionPage:
    """Shows the rows of the retention table, as the purge applies them."""

    def __init__(self, frame: StaffFrame, table: RetentionTable) -> None:
        self._frame = frame
        self._table = table

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(addresses.RETENTION, self.show, methods=["GET"])
        return router

    def show(self, request: Request) -> Response:
        """Show the table to those who may read the audit log."""
        actor = self._frame.require(request, Act.VIEW_AUDIT_LOG)
        values = {
            "rows": self._table.rows,
            "data_text": data_text,
            "limit_text": limit_text,
            "action_text": action_text,
        }
        return self._frame.render("staff_retention.html", request, actor, values)
