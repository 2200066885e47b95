"""Endpoints by which the sender of a report proves the number and the mail address that the report names."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from config.database import DatabaseUnavailable
from ingest.http.gate import Gate
from ingest.web.contact_proof.addresses import masked_address, masked_number
from ingest.web.contact_proof.code_proof import CodeProof
from ingest.web.contact_proof.contacts import ContactStore, ReportContact
from ingest.web.form_token import FormTokens
from messages.tracking import read_tracking_number
from pages.forms import read_form
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused, unavailable
from pages.refused import refusable_page
from pages.responses import page_response, see_other

_MAX_FORM_BYTES = 4_000


def code_address(tracking: str, signature: str) -> str:
    """Return the address of the page for the code of a report's number."""
    return f"/web/kontak/{tracking}?bukti={signature}"


def confirm_address(tracking: str, signature: str) -> str:
    """Return the address of the page that confirms a report's mail address."""
    return f"/web/email/{tracking}?tanda={signature}"


class ContactPages:
    """Pages of the proof. Only a signed address opens one: that of the receipt, or the one in the first mail.

    `proof` is `None` without a provider of SMS.
    """

    def __init__(
        self, gate: Gate, tokens: FormTokens, store: ContactStore, proof: CodeProof | None, templates: Environment
    ) -> None:
        self._gate = gate
        self._tokens = tokens
        self._store = store
        self._proof = proof
        self._templates = templates

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        for path, method, handle in (
            ("/web/kontak/{number}", "GET", self.show_code_form),
            ("/web/kontak/{number}", "POST", self.check_code),
            ("/web/kontak/{number}/kode", "POST", self.send_code),
            ("/web/email/{number}", "GET", self.show_email),
            ("/web/email/{number}", "POST", self.confirm_email),
        ):
            router.add_api_route(path, handle, methods=[method], response_class=HTMLResponse)
        return router

    async def send_code(self, request: Request, number: str, bukti: str = "") -> Response:
        """Send a code to the number of a report, then lead to the page for it."""
        tracking = self._signed_number(number, self._tokens.is_receipt, bukti)

        def start(contact: ReportContact) -> None:
            self._gate.check_rate("contact-code", self._gate.arrival(request, b"").address)
            if self._proof and contact.phone and not contact.is_phone_proven:
                self._proof.start(contact.phone, report_purpose(tracking))

        if page := await self._tried(request, tracking, bukti, start):
            return page
        return see_other(code_address(tracking, bukti))

    async def show_code_form(self, number: str, bukti: str = "") -> Response:
        """Return the page for the code."""
        tracking = self._signed_number(number, self._tokens.is_receipt, bukti)
        return self._code_page(tracking, bukti, await run_in_threadpool(self._store.contact, tracking))

    async def check_code(self, request: Request, number: str, bukti: str = "") -> Response:
        """Check the typed code, then lead back to the receipt."""
        tracking = self._signed_number(number, self._tokens.is_receipt, bukti)
        arrival = await self._gate.read_arrival(request, _MAX_FORM_BYTES)
        typed = read_form(arrival.body).line("kode")

        def check(contact: ReportContact) -> None:
            # A second press of the button comes after the code was used.
            if self._proof and contact.phone and not contact.is_phone_proven:
                self._proof.check(contact.phone, report_purpose(tracking), typed)
                self._store.mark_phone_proven(tracking)

        if page := await self._tried(request, tracking, bukti, check):
            return page
        return see_other(f"/web/receipts/{tracking}?bukti={bukti}")

    async def show_email(self, number: str, tanda: str = "") -> Response:
        """Return the page with the button that confirms. Programs that check links in mails open it, too."""
        tracking = self._signed_number(number, self._tokens.is_mail_link, tanda)
        contact = await run_in_threadpool(self._store.contact, tracking)
        return self._email_page(tracking, tanda, contact, is_confirmed=contact.is_email_confirmed)

    async def confirm_email(self, number: str, tanda: str = "") -> Response:
        """Confirm the address."""
        tracking = self._signed_number(number, self._tokens.is_mail_link, tanda)
        is_confirmed = await run_in_threadpool(self._store.confirm_email, tracking)
        contact = await run_in_threadpool(self._store.contact, tracking)
        return self._email_page(tracking, tanda, contact, is_confirmed=is_confirmed)

    async def _tried(
        self, request: Request, tracking: str, signature: str, act: Callable[[ReportContact], None]
    ) -> Response | None:
        """Act on the contact. Return the page with the refusal, if it was refused."""
        contact = ReportContact()
        try:
            contact = await run_in_threadpool(self._store.contact, tracking)
            await run_in_threadpool(act, contact)
        except DatabaseUnavailable:
            refused = unavailable()
        except Refused as error:
            refused = error
        else:
            return None
        record_refusal(request, refused)
        return self._code_page(tracking, signature, contact, refused)

    def _signed_number(self, number: str, is_signed: Callable[[str, str], bool], signature: str) -> str:
        tracking = read_tracking_number(number)
        if tracking is None or not is_signed(tracking, signature):
            raise Refused("no_such_number")
        return tracking

    def _code_page(
        self, tracking: str, signature: str, contact: ReportContact, refused: Refused | None = None
    ) -> Response:
        values = {
            "tracking": tracking,
            "signature": signature,
            "number": masked_number(contact.phone),
            "is_proven": contact.is_phone_proven,
            "problem": refused.message if refused else "",
        }
        return refusable_page(self._templates, "contact_code.html", values, refused)

    def _email_page(self, tracking: str, signature: str, contact: ReportContact, *, is_confirmed: bool) -> Response:
        values = {
            "tracking": tracking,
            "signature": signature,
            "address": masked_address(contact.email),
            "is_confirmed": is_confirmed,
        }
        return page_response(self._templates, "contact_email.html", values)


def report_purpose(tracking: str) -> str:
    """Return the purpose of a code that proves the number of a report."""
    return f"report:{tracking}"
