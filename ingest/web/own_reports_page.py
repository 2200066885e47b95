"""Pages by which a sender who lost the number lists the own reports: a telephone or a mailbox is proven by a code.

Nobody learns from the answers whether a contact has sent reports: they are equal, and the code is sent after them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from ingest.http.gate import Gate
from ingest.web.contact_proof.code_proof import CodeProof
from pages.forms import Form, read_form
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused
from pages.responses import page_response
from pages.translation.message import Message
from pages.translation.message import message as _

ContactKind: TypeAlias = Literal["sms", "email"]

_MAX_FORM_BYTES = 4_000
_PURPOSE = "own-reports"
# What to type, by the kinds of contacts that the service can send a code to.
_NO_CONTACT: Mapping[frozenset[ContactKind], Message] = {
    frozenset({"sms"}): _("Tulis nomor telepon seluler Indonesia, misalnya 0812 3456 7890."),
    frozenset({"email"}): _("Tulis alamat email, misalnya nama@contoh.id."),
    frozenset({"sms", "email"}): _(
        "Tulis nomor telepon seluler Indonesia, misalnya 0812 3456 7890, atau alamat email, misalnya nama@contoh.id."
    ),
}
# One sentence for a wrong code and for a contact without a code.
_NO_PROOF = _("Kode ini tidak benar, atau tidak berlaku lagi. Periksa pesan terakhir dari kami, atau minta kode baru.")


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report of the proven contact. `link` is the sender's own link; `sentence` says the state."""

    tracking: str
    received_at: datetime
    sentence: str
    link: str


@dataclass(frozen=True, slots=True)
class ReportContacts:
    """Contacts of one kind. `read` returns what was typed in one form, empty if it is no such contact.

    `proof` sends and checks the codes, `reports_of` reads the reports of a contact.
    """

    kind: ContactKind
    read: Callable[[str], str]
    proof: CodeProof
    reports_of: Callable[[str], Sequence[OwnReport]]


class OwnReportPages:
    """Pages of the own reports. `contacts` are the kinds of contacts that the service can send a code to."""

    def __init__(self, gate: Gate, contacts: Sequence[ReportContacts], templates: Environment) -> None:
        self._gate = gate
        self._contacts = contacts
        self._kinds = frozenset(contact.kind for contact in contacts)
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
        """Return the page that asks for the contact."""
        return self._page("contact")

    async def send_code(self, request: Request) -> Response:
        """Return the page for the code. The code is sent if the contact has sent reports."""
        typed = (await self._form(request)).line("nomor")
        contacts, contact = self._read(typed)
        if contacts is None:
            return self._no_contact(typed)
        response = self._page("code", kind=contacts.kind, contact=contact)
        response.background = BackgroundTask(_start, contacts, contact)
        return response

    async def list_reports(self, request: Request) -> Response:
        """Return the reports of the contact whose code was typed."""
        form = await self._form(request)
        contacts, contact = self._read(form.line("nomor"))
        if contacts is None:
            return self._no_contact("")
        try:
            await run_in_threadpool(contacts.proof.check, contact, _PURPOSE, form.line("kode"))
        except Refused as refused:
            record_refusal(request, refused)
            return self._page("code", _NO_PROOF, 400, kind=contacts.kind, contact=contact)
        reports = await run_in_threadpool(contacts.reports_of, contact)
        return self._page("list", kind=contacts.kind, reports=reports)

    def _read(self, typed: str) -> tuple[ReportContacts | None, str]:
        """Return the contact that was typed, with those of its kind; none if it is no contact."""
        read = ((contacts, contacts.read(typed)) for contacts in self._contacts)
        return next(((contacts, contact) for contacts, contact in read if contact), (None, ""))

    def _no_contact(self, typed: str) -> Response:
        return self._page("contact", _NO_CONTACT.get(self._kinds, ""), 400, typed=typed)

    async def _form(self, request: Request) -> Form:
        arrival = await self._gate.read_arrival(request, _MAX_FORM_BYTES)
        self._gate.check_rate("contact-code", arrival.address)
        return read_form(arrival.body)

    def _page(self, step: str, problem: str = "", status: int = 200, **values: object) -> Response:
        page_values = {"step": step, "problem": problem, "kinds": self._kinds, **values}
        return page_response(self._templates, "own_reports.html", page_values, status)


def _start(contacts: ReportContacts, contact: str) -> None:
    """Send a code. A contact above its limit, or without reports, gets none."""
    if contacts.reports_of(contact):
        with suppress(Refused):
            contacts.proof.start(contact, _PURPOSE)
