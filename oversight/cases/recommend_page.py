"""Endpoint on which an overseer writes a recommendation about a case that the person has read."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from bus.errors import Retry
from oversight.cases.addresses import CASES, case_address
from oversight.cases.case_pages import CasePageParts
from oversight.cases.overseen_case import CaseHead
from oversight.cases.readings import RECENT
from oversight.cases.recommending import (
    KINDS_BY_NAME,
    MAX_TEXT,
    RecommendationDraft,
    Recommending,
    recommendation_draft,
)
from pages.forms import Typed
from pages.responses import see_other
from pages.translation.message import message as _
from pages.wording.recommendations import RECOMMENDATION_KINDS

_NO_DRAFT = RecommendationDraft()
_PART = "/rekomendasi"
_NOT_SENT = _("Sistem pusat tidak dapat dihubungi. Rekomendasi Anda belum terkirim. Coba kirim lagi sebentar lagi.")


class RecommendPage:
    """The form. It shows no word of the case, so it stays open after the reading has ended."""

    def __init__(self, parts: CasePageParts, recommending: Recommending) -> None:
        self._parts = parts
        self._recommending = recommending

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        address = f"{CASES}/{{number}}{_PART}"
        router.add_api_route(address, self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(address, self.send, methods=["POST"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, number: str) -> Response:
        """Return the form. Who has not read the case within a day is sent to the form for a reason."""
        actor, head = self._require(request, number)
        return self._page(request, actor, head, _NO_DRAFT) if head else _to_case(number)

    def send(self, request: Request, number: str, jenis: Typed = "", isi: Typed = "") -> Response:
        """Publish the recommendation. Then redirect to the case; the typed text is shown again if it was not sent."""
        actor, head = self._require(request, number)
        if head is None:
            return _to_case(number)
        draft = recommendation_draft(jenis, isi)
        if draft.fault:
            return self._page(request, actor, head, draft, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            self._recommending.recommend(actor, head, draft, self._parts.now())
        except Retry:
            unsent = draft._replace(fault=_NOT_SENT)
            return self._page(request, actor, head, unsent, HTTPStatus.SERVICE_UNAVAILABLE)
        return see_other(f"{case_address(head.number)}?hasil=terkirim")

    def _require(self, request: Request, number: str) -> tuple[Actor, CaseHead | None]:
        """Return the person, and the case if the person has read it within a day."""
        actor = self._parts.signed_in.require(request, Act.RECOMMEND)
        head = self._parts.find(number)
        if head is None:
            return actor, None
        reading = self._parts.readings.latest(actor, head.complaint_id, self._parts.now() - RECENT)
        return actor, head if reading else None

    def _page(
        self,
        request: Request,
        actor: Actor,
        head: CaseHead,
        draft: RecommendationDraft,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        values = {
            "number": head.number,
            "agency_with_case": self._parts.agency_name(head.agency),
            "address": case_address(head.number, _PART),
            "case_address": case_address(head.number),
            "kinds": [(name, RECOMMENDATION_KINDS[kind]) for name, kind in KINDS_BY_NAME.items()],
            "limit": MAX_TEXT,
            "draft": draft,
        }
        return self._parts.pages.render("case_recommend.html", request, actor, values, status)


def _to_case(number: str) -> Response:
    return see_other(case_address(number))
