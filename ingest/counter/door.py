"""Pages of the counter at the desk: the form that an officer fills in for a citizen, and the receipt to print.

The officer is the sender of nothing: the report is that of somebody whom the service does not know. What the officer
may read afterwards depends on where the router sends it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import segno
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from config.database import DatabaseUnavailable
from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.counter.adapter import accept
from ingest.counter.channel import COUNTER
from ingest.counter.desk import Contacts, CounterDesk, CounterOfficer, CounterPhone, KeptFile, Phones, Scans
from ingest.counter.stamps import CounterStamps, Receipt
from ingest.wrap import OpenMessage, Wrapper
from pages.addresses import COUNTER as ADDRESS
from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.form_with_files import FormWithFiles, PostedFormWithFiles
from pages.files.multipart import MAX_FILES
from pages.forms import Form, PostedForm, read_id
from pages.refusal_handlers import record_refusal
from pages.refusals import FieldError, Refused, unavailable
from pages.responses import see_other
from pages.translation.message import message as _

# Fields of the report, in the order of the form.
_LINES = ("counter_way", "region", "address", "name", "phone", "email", "anonim", "rahasia")
_RECEIPT = f"{ADDRESS}/tanda-terima/{{proof}}"
_ACT = "counter.enter"
_WAY_MISSING = _("Pilih cara laporan ini sampai di loket.")
_CUT = _("Kiriman terputus atau terlalu besar. Periksa semua isian dan berkas, lalu kirim lagi.")


@dataclass(slots=True)
class EnteredForm:
    """Values of a form, and what must be corrected."""

    form_id: str
    stamp: str
    values: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[KeptFile] = ()
    refusals: list[Refused] = field(default_factory=list)

    def errors(self) -> Mapping[str, list[str]]:
        """Return the messages by field; those of the whole form under an empty name."""
        messages: dict[str, list[str]] = {}
        for refused in self.refusals:
            errors = refused.field_errors or (FieldError("", refused.message),)
            for error in errors:
                detail = _WAY_MISSING if error.field == "counter_way" else error.detail
                messages.setdefault(error.field, []).append(detail)
        return messages


class CounterDoor:
    """Endpoints of the counter.

    `link_of` returns the sender's own link to the report of a raw message, `short_link_of` the one to type, by number.
    """

    def __init__(
        self,
        desk: CounterDesk,
        wrapper: Wrapper,
        regions: Callable[[], Regions],
        scans: Scans,
        contacts: Contacts,
        phones: Phones,
        stamps: CounterStamps,
        link_of: Callable[[UUID], str],
        short_link_of: Callable[[str], str],
        new_id: Callable[[], UUID],
    ) -> None:
        self._desk = desk
        self._wrapper = wrapper
        self._regions = regions
        self._scans = scans
        self._contacts = contacts
        self._phones = phones
        self._stamps = stamps
        self._link_of = link_of
        self._short_link_of = short_link_of
        self._new_id = new_id

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        for address, endpoint, method in (
            (ADDRESS, self.show, "GET"),
            (ADDRESS, self.enter, "POST"),
            (_RECEIPT, self.receipt, "GET"),
            (_RECEIPT, self.prove_phone, "POST"),
        ):
            router.add_api_route(address, endpoint, methods=[method], response_class=HTMLResponse)
        return router

    async def show(self, request: Request) -> Response:
        """Return the empty form."""
        officer = await run_in_threadpool(self._desk.officer, request)
        return self._page(request, officer, self._new_form(request, officer))

    async def enter(self, request: Request, form: PostedFormWithFiles) -> Response:
        """Accept the report and lead to its receipt. Or return the form with its errors and everything typed."""
        officer = await run_in_threadpool(self._desk.officer, request)
        entered = await self._entered(request, officer, form)
        message = None
        try:
            message = await self._accept(request, officer, entered)
        except DatabaseUnavailable:
            entered.refusals.append(unavailable())
        except Refused as refused:
            entered.refusals.append(refused)
        if message is None or entered.refusals:
            record_refusal(request, entered.refusals[0])
            return self._page(request, officer, entered)
        raw = message.raw
        await self._contacts.remember(raw, entered.values, str(officer.account_id))
        return see_other(_RECEIPT.format(proof=self._stamps.receipt(raw.tracking, raw.id, officer.account_id, raw.at)))

    async def receipt(self, request: Request, proof: str) -> Response:
        """Return the receipt. After half an hour, and to everybody else, without the own link."""
        officer = await run_in_threadpool(self._desk.officer, request)
        return await self._receipt_page(request, officer, self._read_receipt(request, officer, proof))

    async def prove_phone(self, request: Request, proof: str, form: PostedForm) -> Response:
        """Send a code to the number of the report, or check the one that the citizen got. Return the receipt."""
        officer = await run_in_threadpool(self._desk.officer, request)
        receipt = self._read_receipt(request, officer, proof)
        if not receipt.shows_link:
            raise Refused("no_such_number")
        is_sending = form.line("langkah") == "kirim"
        try:
            if is_sending:
                await run_in_threadpool(self._phones.send_code, receipt.tracking, str(officer.account_id))
            else:
                await run_in_threadpool(self._phones.check_code, receipt.tracking, form.line("kode"))
        except (Refused, DatabaseUnavailable) as error:
            refused = error if isinstance(error, Refused) else unavailable()
            record_refusal(request, refused)
            return await self._receipt_page(request, officer, receipt, is_code_sent=True, refused=refused)
        if is_sending:
            return await self._receipt_page(request, officer, receipt, is_code_sent=True)
        return see_other(_RECEIPT.format(proof=proof))

    def _read_receipt(self, request: Request, officer: CounterOfficer, proof: str) -> Receipt:
        receipt = self._stamps.read_receipt(proof, officer.account_id, self._desk.gate.arrival(request, b"").at)
        if receipt is None:
            raise Refused("no_such_number")
        return receipt

    async def _receipt_page(
        self,
        request: Request,
        officer: CounterOfficer,
        receipt: Receipt,
        refused: Refused | None = None,
        *,
        is_code_sent: bool = False,
    ) -> Response:
        link = self._link_of(receipt.message_id) if receipt.shows_link else ""
        values = {
            "receipt": receipt,
            "link": self._short_link_of(receipt.tracking) if receipt.shows_link else "",
            "image": segno.make(link, micro=False).svg_data_uri(scale=4, border=2, light="#fff") if link else "",
            "forwarding": self._desk.usual_period("verify"),
            "answer": self._desk.usual_period("first_answer"),
            "phone": await run_in_threadpool(self._phone, receipt) if receipt.shows_link else None,
            "is_code_sent": is_code_sent,
            "code_problem": refused.message if refused else None,
        }
        return self._render("counter_receipt.html", request, officer, values, refused)

    def _phone(self, receipt: Receipt) -> CounterPhone | None:
        """Return the number of a report. Without the database the receipt shows none."""
        try:
            return self._phones.phone(receipt.tracking)
        except DatabaseUnavailable:
            return None

    def _new_form(self, request: Request, officer: CounterOfficer) -> EnteredForm:
        form_id = str(self._new_id())
        return EnteredForm(form_id, self._stamp(request, officer, form_id))

    def _stamp(self, request: Request, officer: CounterOfficer, form_id: str) -> str:
        return self._stamps.stamp(form_id, officer.account_id, self._desk.gate.arrival(request, b"").at)

    async def _entered(self, request: Request, officer: CounterOfficer, form: FormWithFiles) -> EnteredForm:
        """Return the typed form with its files. A form of another officer or another day gets a new id."""
        fields, at = form.fields, self._desk.gate.arrival(request, b"").at
        form_id, stamp = str(read_id(fields.line("form_id")) or ""), fields.line("stamp")
        refusals = []
        if form.is_cut:
            refusals.append(Refused("invalid_submission", (FieldError("", _CUT),)))
        if not self._stamps.is_current(stamp, form_id, officer.account_id, at):
            form_id = form_id or str(self._new_id())
            stamp = self._stamp(request, officer, form_id)
            refusals.append(Refused("form_expired"))
        files, file_refusals = await self._scans.store(
            form_id, fields.lines("kept"), form.uploads, str(officer.account_id), at
        )
        return EnteredForm(form_id, stamp, _values(fields), files, [*refusals, *file_refusals])

    async def _accept(self, request: Request, officer: CounterOfficer, entered: EnteredForm) -> OpenMessage | None:
        """Publish the report of a form without faults. The act is in the audit log before."""
        gate, values = self._desk.gate, entered.values
        body = urlencode([("form_id", entered.form_id), *values.items()]).encode()
        entered.refusals += self._contacts.faults(values)
        attachments = [file.attachment for file in entered.files]
        message = await gate.read(_accepted, gate.arrival(request, body), self._wrapper, self._regions(), attachments)
        if entered.refusals:
            return None
        gate.check_rate(COUNTER.name, str(officer.account_id))
        raw = message.raw
        await run_in_threadpool(self._desk.record, _ACT, str(raw.id), officer, values["counter_way"], raw.at)
        await gate.accept(message)
        return message

    def _page(self, request: Request, officer: CounterOfficer, form: EnteredForm) -> Response:
        refused = next((refused for refused in form.refusals if refused.retry_after), None)
        refused = refused or next(iter(form.refusals), None)
        values: dict[str, Any] = {
            "form": form,
            "values": form.values,
            "errors": form.errors(),
            "kept": [(self._scans.seal(form.form_id, file), file) for file in form.files],
            "limits": {"files": MAX_FILES, "file": MAX_FILE_BYTES // 1_000_000},
            "can_prove_phone": self._phones.can_prove,
            "results": (),
            "problem": None,
        }
        return self._render("counter_form.html", request, officer, values, refused)

    def _render(
        self,
        template: str,
        request: Request,
        officer: CounterOfficer,
        values: Mapping[str, Any],
        refused: Refused | None,
    ) -> Response:
        response = self._desk.render(template, request, officer, values, refused.status if refused else 200)
        if refused and refused.retry_after:
            response.headers["Retry-After"] = str(refused.retry_after)
        return response


def _accepted(arrival: Arrival, wrapper: Wrapper, regions: Regions, attachments: Sequence[Any]) -> OpenMessage:
    return accept(arrival, wrapper, regions, attachments)


def _values(fields: Form) -> Mapping[str, str]:
    """Return the fields of the report that are not blank."""
    typed = {"text": fields.text("text"), **{name: fields.line(name) for name in _LINES}}
    return {name: value for name, value in typed.items() if value}
