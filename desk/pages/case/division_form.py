"""Takes the division of a report by an officer."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from bus.errors import Retry
from desk.acts.answers import CaseProgressView
from desk.acts.divisions import DivisionFault
from desk.pages import wording
from desk.pages.case.act_draft import CaseRenderer, DivisionDraft
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from desk.read_model.parts import CasePart
from messages.shapes import MAX_PARTS
from pages.forms import MAX_TEXT_LENGTH, Form, PostedForm
from pages.responses import see_other
from pages.translation.message import Message
from pages.translation.message import message as _

_PART = "#bagian"
DIVISION_NOT_SENT = _("Pembagian belum terkirim: sistem sedang sibuk. Coba lagi sebentar.")
DIVISION_FAULTS: Mapping[DivisionFault, Message] = {
    "not-here": _("Laporan ini sudah ditutup atau sudah tidak di instansi Anda. Pembagian tidak dikirim."),
    "part": _("Laporan ini sendiri sudah bagian dari laporan lain. Bagian tidak dibagi lagi."),
    "too-many": _("Laporan ini sudah punya {limit} bagian. Lebih dari itu tidak bisa.").filled(limit=MAX_PARTS),
    "no-words": _("Salin kata-kata tentang hal lain itu dari isi laporan."),
    "whole": _(
        "Itu seluruh isi laporan. Sisakan hanya kata-kata tentang hal lain, atau nyatakan bukan kewenangan untuk "
        "seluruhnya."
    ),
    "not-in-report": _(
        "Kata-kata itu tidak ada di isi laporan. Salin persis, tanpa mengubahnya; tiap potongan di baris sendiri."
    ),
}


@dataclass(frozen=True, slots=True)
class DivisionPart:
    """The division on a case's page. `parts` are those that exist. `agency` is that of the second matter, if any.

    `may_divide` is False where the form is not shown. `is_sent`: the person has just sent one.
    """

    parts: tuple[tuple[CasePart, str], ...]
    may_divide: bool
    draft: DivisionDraft
    agency: str = ""
    agency_name: str = ""
    is_sent: bool = False


class DivisionForm:
    """Endpoint of the form on a case's page."""

    def __init__(self, parts: DeskPageParts, case_page: CaseRenderer) -> None:
        self._parts = parts
        self._case_page = case_page

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/bagi"
        router.add_api_route(address, self.divide, methods=["POST"], response_class=HTMLResponse)
        return router

    def divide(self, request: Request, number: str, form: PostedForm) -> Response:
        """Divide the report. Then redirect to the case, or show it with what prevented the act, and the typed words."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.DIVIDE)
        view = parts.find_case(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        draft = self._draft(actor, view, form)
        if draft.fault is None:
            return see_other(list_query(request).case_address(view.case.case.tracking, bagian="terkirim") + _PART)
        return self._case_page.render(request, actor, parts.find_case(actor, number) or view, division=draft)

    def _draft(self, actor: Actor, view: CaseProgressView, form: Form) -> DivisionDraft:
        """Send the division; return it with why it was not sent."""
        words, agency = form.text("isi"), form.line("tujuan")
        agency = agency if self._parts.institutions.receives_cases(agency) else ""
        if len(words) > MAX_TEXT_LENGTH:
            return DivisionDraft(words, agency, wording.TOO_LONG.filled(limit=MAX_TEXT_LENGTH))
        try:
            fault = self._parts.divisions.divide(actor, view, words, agency)
        except Retry:
            return DivisionDraft(words, agency, DIVISION_NOT_SENT)
        return DivisionDraft(words, agency, DIVISION_FAULTS[fault] if fault else None)
