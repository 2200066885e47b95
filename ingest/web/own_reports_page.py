"""Pages by which a sender who lost the number lists the own reports: the telephone is proven by a code.

Nobody learns from the answers whether a number has sent reports: they are equal, and the SMS is sent after the answer.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from ingest.http.gate import Gate
from ingest.web.contact_proof.addresses import mobile_number
from ingest.web.contact_proof.phone_proof import PhoneProof
from pages.forms import Form, read_form
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused
from pages.responses import page_response
from pages.translation.message import message as _

_MAX_FORM_BYTES = 4_000
_PURPOSE = "own-reports"
_NO_NUMBER = _("Tulis nomor telepon seluler Indonesia, misalnya 0812 3456 7890.")
# One sentence for a wrong code and for a number without a code.
_NO_PROOF = _("Kode ini tidak benar, atau tidak berlaku lagi. Periksa SMS terakhir dari kami, atau minta kode baru.")


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report of the proven number. `link` is the sender's own link; `sentence` says the state."""

    tracking: str
    received_at: datetime
    sentence: str
    link: str


class OwnReportPages:
    """Pages of the own reports. `proof` is `None` without a provider of SMS. `reports_of` reads those of a number."""

    def __init__(
        self,
        gate: Gate,
        proof: PhoneProof | None,
        reports_of: Callable[[str], Sequence[OwnReport]],
        templates: Environment,
    ) -> None:
        self._gate = gate
        self._proof = proof
        self._reports_of = reports_of
        self._templates = templates

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        for path, method, handle in (
            ("/laporan-saya", "GET", self.show),
            ("/laporan-saya", "POST", self.send_code),
            ("/laporan-saya/daftar", "POST", self.list_reports),
        ):
            router.add_api_route(path, handle, methods=[method], response_class=HTMLResponse)
        return router

    async def show(self) -> Response:
        """Return the page that asks for the number."""
        return self._page("number")

    async def send_code(self, request: Request) -> Response:
        """Return the page for the code. The code is sent if the number has sent reports."""
        typed = (await self._form(request)).line("nomor")
        number = mobile_number(typed)
        if not number:
            return self._page("number", _NO_NUMBER, 400, typed=typed)
        response = self._page("code", number=number)
        response.background = BackgroundTask(self._start, number)
        return response

    async def list_reports(self, request: Request) -> Response:
        """Return the reports of the number whose code was typed."""
        form = await self._form(request)
        number = mobile_number(form.line("nomor"))
        if self._proof is None or not number:
            return self._page("number", _NO_NUMBER, 400)
        try:
            await run_in_threadpool(self._proof.check, number, _PURPOSE, form.line("kode"))
        except Refused as refused:
            record_refusal(request, refused)
            return self._page("code", _NO_PROOF, 400, number=number)
        reports = await run_in_threadpool(self._reports_of, number)
        return self._page("list", reports=reports)

    def _start(self, number: str) -> None:
        """Send a code. A number above its limit, or without reports, gets none."""
        if self._proof and self._reports_of(number):
            with suppress(Refused):
                self._proof.start(number, _PURPOSE)

    async def _form(self, request: Request) -> Form:
        arrival = await self._gate.read_arrival(request, _MAX_FORM_BYTES)
        self._gate.check_rate("contact-code", arrival.address)
        return read_form(arrival.body)

    def _page(self, step: str, problem: str = "", status: int = 200, **values: object) -> Response:
        page_values = {"step": step, "problem": problem, "can_send": self._proof is not None, **values}
        return page_response(self._templates, "own_reports.html", page_values, status)
