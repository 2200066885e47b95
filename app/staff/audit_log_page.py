"""Page of the audit log: the acts of staff, newest first, with a check of the whole log."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act
from app.operations.audit.listing import AuditFilter, AuditListing
from app.operations.audit.rows import ChainVerification
from app.staff import addresses
from app.staff.page import StaffFrame
from app.staff.typed import typed_date
from config.time_zones import read_moment
from pages.addresses import with_query
from pages.forms import read_number
from pages.translation.message import message as _

ADDRESS = addresses.AUDIT_LOG
_SHOWN_ROWS = 50
_LARGEST_NUMBER = 10**15
_INVALID_DATE = _("Tanggal ini tidak benar.")


class AuditLogPage:
    """Lists the log. `verify` checks all rows against the heads on the bus; it reads the whole log."""

    def __init__(self, frame: StaffFrame, listing: AuditListing, verify: Callable[[], ChainVerification]) -> None:
        self._frame = frame
        self._listing = listing
        self._verify = verify

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS, self.show, methods=["GET"])
        return router

    def show(
        self,
        request: Request,
        pelaku: str = "",
        tindakan: str = "",
        objek: str = "",
        sejak: str = "",
        sebelum: str = "",
        periksa: str = "",
    ) -> Response:
        """List the rows of the filter; check the log if asked to."""
        actor = self._frame.require(request, Act.VIEW_AUDIT_LOG)
        since = typed_date(sejak)
        choice = AuditFilter(pelaku.strip(), tindakan.strip(), objek.strip(), since)
        rows = self._listing.newest(choice, _SHOWN_ROWS + 1, read_number(sebelum, _LARGEST_NUMBER))
        query = {"pelaku": pelaku, "tindakan": tindakan, "objek": objek, "sejak": sejak}
        problem = _INVALID_DATE if sejak and since is None else None
        values = {
            # A row without a time was changed by somebody, which the check finds.
            "rows": [(row, read_moment(row.act.at)) for row in rows[:_SHOWN_ROWS]],
            "typed": query,
            "next": "",
            "check": with_query(ADDRESS, **query, periksa="1"),
            "verification": self._verify() if periksa else None,
            "problem": problem,
        }
        if len(rows) > _SHOWN_ROWS:
            values["next"] = with_query(ADDRESS, **query, sebelum=str(rows[_SHOWN_ROWS - 1].seq))
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._frame.render("staff_audit_log.html", request, actor, values, status)
