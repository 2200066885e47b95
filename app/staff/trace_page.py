"""Page of the trace: every record of a report, masked, with the stages that it waits for."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act
from app.operations.tracing.trace_step import TraceStep
from app.staff import addresses
from app.staff.page import StaffFrame
from app.staff.trace_wording import step_reasons, step_text
from app.staff.typed import days_before
from messages.tracking import read_tracking_number
from pages.translation.message import message as _
from pages.wording.cases import MISTYPED_NUMBER

ADDRESS = addresses.TRACE
_DEFAULT_DAYS = "7"
_NOT_ON_TOPICS = _("Laporan {number} tidak ada di topik mana pun sejak {days} hari. Cari lebih jauh ke belakang.")
_INVALID_DAYS = _("Isi jumlah hari antara 1 dan 3650.")


class TracePage:
    """Shows traces. `trace` returns the records of a tracking number; one not in the ledger is searched since a time.

    The page shows ids, times, codes and our own sentences, and no person's words.
    """

    def __init__(self, frame: StaffFrame, trace: Callable[[str, datetime], Sequence[TraceStep]]) -> None:
        self._frame = frame
        self._trace = trace

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS, self.show, methods=["GET"])
        return router

    def show(self, request: Request, nomor: str = "", hari: str = _DEFAULT_DAYS) -> Response:
        """Show the form, and the trace of a typed number."""
        actor = self._frame.require(request, Act.TRACE)
        number = read_tracking_number(nomor) if nomor else None
        since = days_before(self._frame.now(), hari)
        problem, steps = None, list[TraceStep]()
        if nomor and number is None:
            problem = MISTYPED_NUMBER
        elif since is None:
            problem = _INVALID_DAYS
        elif number:
            steps = list(self._trace(number, since))
            problem = None if steps else _NOT_ON_TOPICS.filled(number=number, days=hari)
        values = {
            "typed": {"number": nomor, "days": hari},
            "number": number,
            "steps": [{"step": step, "text": step_text(step), "reasons": step_reasons(step)} for step in steps],
            "problem": problem,
        }
        status = HTTPStatus.NOT_FOUND if problem else HTTPStatus.OK
        return self._frame.render("staff_trace.html", request, actor, values, status)
