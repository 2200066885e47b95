"""Endpoints by which an overseer finds a case, gives a reason, and reads the case until the time is over."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from accounts.signed_in import SignedIn
from messages.tracking import read_tracking_number
from oversight.cases.addresses import CASES, case_address
from oversight.cases.overdue_cases import OverdueCase
from oversight.cases.overseen_case import CaseHead, OverseenCases
from oversight.cases.readings import (
    REASONS,
    RECENT,
    Reading,
    Readings,
    ReasonDraft,
    reason_draft,
    refusal,
)
from oversight.figures.counts import NATION, Scope
from oversight.pages.address import OVERSIGHT, read_scope
from oversight.pages.names import ScopeNames
from pages.forms import Typed
from pages.frame import SignedInPages
from pages.responses import see_other
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.cases import MISTYPED_NUMBER

_NO_REASON = ReasonDraft()
SENT = _("Rekomendasi Anda terkirim. Rekomendasi tampil setelah sistem memprosesnya.")
_SENT = "terkirim"
_UNKNOWN = _("Laporan {number} tidak ada, atau belum tercatat.")

# Returns the cases of a scope that are overdue for the longest time, at a moment.
FindOverdue = Callable[[Scope, datetime], Sequence[OverdueCase]]


class CasePageParts(NamedTuple):
    """Everything that the pages call. `now` is the clock."""

    signed_in: SignedIn
    pages: SignedInPages
    cases: OverseenCases
    readings: Readings
    overdue: FindOverdue
    names: ScopeNames
    now: Callable[[], datetime]

    def find(self, number: str) -> CaseHead | None:
        """Return the case that a typed number leads to."""
        tracking = read_tracking_number(number)
        return self.cases.find(tracking) if tracking else None

    def agency_name(self, code: str) -> str:
        """Return the name of an institution by its code."""
        return self.names.name(Scope("agency", code))


class CasePages:
    """The pages. A case is shown only while a reading of the person is open."""

    def __init__(self, parts: CasePageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(CASES, self.search, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(f"{CASES}/{{number}}", self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(f"{CASES}/{{number}}", self.begin, methods=["POST"], response_class=HTMLResponse)
        return router

    def search(self, request: Request, nomor: str = "", lingkup: str = "", kode: str = "") -> Response:
        """Return the form for a number and the overdue cases of a scope; a known number leads to its case."""
        actor = self._require(request)
        problem = None
        if nomor.strip():
            head = self._parts.find(nomor)
            if head:
                return see_other(case_address(head.number))
            problem = _UNKNOWN.filled(number=nomor.strip()) if read_tracking_number(nomor) else MISTYPED_NUMBER
        return self._search_page(request, actor, read_scope(lingkup, kode) or NATION, nomor, problem)

    def show(self, request: Request, number: str, hasil: str = "") -> Response:
        """Return the case while a reading is open, and otherwise the form that asks for a reason.

        `hasil=terkirim`: the person has just sent a recommendation.
        """
        actor = self._require(request)
        head = self._parts.find(number)
        if head is None:
            return self._search_page(request, actor, NATION, number, _UNKNOWN.filled(number=number))
        if head.number != number:
            return see_other(case_address(head.number))
        now = self._parts.now()
        reading = self._parts.readings.latest(actor, head.complaint_id, now - RECENT)
        if reading is None or reading.until <= now:
            sentence = SENT if hasil == _SENT else refusal(reading)
            return self._reason_page(request, actor, head, _NO_REASON, sentence, HTTPStatus.FORBIDDEN)
        return self._case_page(request, actor, head, reading, now, SENT if hasil == _SENT else None)

    def begin(self, request: Request, number: str, alasan: Typed = "", keterangan: Typed = "") -> Response:
        """Record a reading with its reason. Then redirect to the case."""
        actor = self._require(request)
        head = self._parts.find(number)
        if head is None:
            return self._search_page(request, actor, NATION, number, _UNKNOWN.filled(number=number))
        draft = reason_draft(alasan, keterangan)
        if draft.fault:
            return self._reason_page(request, actor, head, draft, None, HTTPStatus.UNPROCESSABLE_ENTITY)
        self._parts.readings.begin(actor, head.complaint_id, draft.recorded, self._parts.now())
        return see_other(case_address(head.number))

    def _require(self, request: Request) -> Actor:
        return self._parts.signed_in.require(request, Act.READ_CASE_WITH_REASON)

    def _case_page(
        self,
        request: Request,
        actor: Actor,
        head: CaseHead,
        reading: Reading,
        now: datetime,
        sentence: Message | None,
    ) -> Response:
        case = self._parts.cases.read(head, now)
        if case is None:
            return self._search_page(request, actor, NATION, head.number, _UNKNOWN.filled(number=head.number))
        values = {
            "case": case,
            "reading": reading,
            "sentence": sentence,
            "recommend_address": case_address(head.number, "/rekomendasi"),
        }
        response = self._parts.pages.render("overseen_case.html", request, actor, values)
        # The browser replaces the page at the end of the reading, without a script.
        seconds = max(1, int((reading.until - now).total_seconds()))
        response.headers["Refresh"] = f"{seconds}; url={case_address(head.number)}"
        return response

    def _reason_page(
        self,
        request: Request,
        actor: Actor,
        head: CaseHead,
        draft: ReasonDraft,
        sentence: Message | None,
        status: HTTPStatus,
    ) -> Response:
        values = {
            "number": head.number,
            "agency_with_case": self._parts.agency_name(head.agency),
            "address": case_address(head.number),
            "reasons": REASONS,
            "draft": draft,
            "sentence": sentence,
        }
        return self._parts.pages.render("case_reason.html", request, actor, values, status)

    def _search_page(
        self, request: Request, actor: Actor, scope: Scope, typed_number: str, problem: Message | None
    ) -> Response:
        cases = self._parts.overdue(scope, self._parts.now())
        values = {
            "typed_number": typed_number if problem else "",
            "problem": problem,
            "scope_name": self._parts.names.name(scope),
            "overdue": [(case, self._parts.agency_name(case.agency), case_address(case.number)) for case in cases],
            "oversight_address": OVERSIGHT,
        }
        status = HTTPStatus.NOT_FOUND if problem else HTTPStatus.OK
        return self._parts.pages.render("case_search.html", request, actor, values, status)
