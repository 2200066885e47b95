"""Endpoints of the web door: the form, its submission and the JSON report, the receipt, and the form's region lists."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response

from config.database import DatabaseUnavailable
from config.reference.regions import Regions
from ingest.arrival import Arrival
from ingest.files.attachments import Attachments
from ingest.http.direct_routes import DirectAPIRoute
from ingest.http.gate import MAX_BODY_BYTES, Gate
from ingest.web import openapi
from ingest.web.adapter import accept, is_json
from ingest.web.contact_proof.addresses import masked_address, masked_number
from ingest.web.contact_proof.form_contact import FormContact
from ingest.web.form_files import FormFiles
from ingest.web.form_pages import FormPages, SubmittedForm, combine
from ingest.web.form_reader import read_form
from ingest.web.form_state import FORM_STEPS, RECAP_STEP, is_joinable_id, joined_fields, read_form_state
from ingest.web.form_token import FormTokens
from ingest.wrap import OpenMessage, Wrapper
from messages.tracking import read_tracking_number
from pages.clients import client_address
from pages.files.multipart import MAX_FILES_BYTES, PostedForm, posted_form
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused
from pages.responses import page_response, see_other
from pages.sizes import readable_size

_STATIC = Path(__file__).parent / "static"
_DAY_SECONDS = 86_400


class WebDoor:
    """All endpoints of the form.

    `new_id` returns a random UUID; `public_url` is the service's public address. `link_of` returns the sender's own
    link to the report of a raw message. `region_of_public` returns the code of the region of a public report, empty if
    it has none or is not public; it may raise `DatabaseUnavailable`. `has_number` finds a phone number or an identity
    number in a text.
    """

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        attachments: Attachments,
        tokens: FormTokens,
        templates: Environment,
        regions: Regions,
        new_id: Callable[[], UUID],
        public_url: str,
        link_of: Callable[[UUID], str],
        contact: FormContact,
        region_of_public: Callable[[str], str],
        has_number: Callable[[str], bool],
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._tokens = tokens
        self._templates = templates
        self._regions = regions
        self._new_id = new_id
        self._public_url = public_url
        self._link_of = link_of
        self._pages = FormPages(templates, tokens, regions, contact.ways, has_number)
        self._contact = contact
        self._region_of_public = region_of_public
        self._files = FormFiles(attachments, tokens, gate.check_rate)
        self._scripts = {name: (_STATIC / name).read_bytes() for name in ("form.js", "receipt.js")}

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(tags=["web"], route_class=DirectAPIRoute)
        router.add_api_route("/lapor", self.form, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(
            "/web/reports",
            self.report,
            methods=["POST"],
            status_code=202,
            responses=openapi.REPORT,
            openapi_extra=openapi.report_body(),
        )
        router.add_api_route(
            "/web/receipts/{number}",
            self.receipt,
            methods=["GET"],
            response_class=HTMLResponse,
            responses=openapi.RECEIPT,
        )
        router.add_api_route("/web/regions/{code}", self.regions_inside, methods=["GET"], include_in_schema=False)
        router.add_api_route("/web/files", self.upload, methods=["POST"], include_in_schema=False)
        for name in self._scripts:
            router.add_api_route(f"/web/{name}", partial(self.script, name), methods=["GET"], include_in_schema=False)
        return router

    async def form(self, request: Request, sama: str = "") -> Response:
        """Return the empty form. `sama` is the id of a public report that the new one joins."""
        form_id = str(self._new_id())
        token = self._tokens.token(form_id, self._gate.arrival(request, b"").at)
        fields = await run_in_threadpool(self._joined_fields, sama) if is_joinable_id(sama) else []
        return self._pages.form(SubmittedForm(read_form_state(fields), form_id, token))

    async def report(self, request: Request) -> Response:
        """Accept a report. A form is answered with its receipt, a JSON report with the tracking number."""
        if is_json(request.headers):
            return await self._accept_json(await self._gate.read_arrival(request))
        with posted_form() as form:
            await read_form(request, self._gate, form)
            return await self._accept_form(request, form)

    async def receipt(self, number: str, bukti: str = "") -> Response:
        """Return the receipt that the citizen keeps. Without our signature (`bukti`) redirect to the status.

        Every number with a correct check symbol looks like one of ours. A receipt must not confirm a report that never
        was.
        """
        tracking = read_tracking_number(number)
        if tracking is None:
            raise Refused("no_such_number")
        if not self._tokens.is_receipt(tracking, bukti):
            return see_other(f"/status/{tracking}")
        status_url = f"{self._public_url}/status/{tracking}"
        token = bukti.partition(".")[2]
        contact = await run_in_threadpool(self._contact.contact, tracking)
        values = {
            "tracking": tracking,
            "signature": bukti,
            "link": f"{self._public_url}/l/{token}",
            "status_url": status_url,
            "contact": contact,
            "number": masked_number(contact.phone),
            "address": masked_address(contact.email),
        }
        return page_response(self._templates, "receipt.html", values)

    async def regions_inside(self, code: str) -> Response:
        """Return codes and names of the regions directly inside a region, for the form's script."""
        if not (regions := self._regions.children(code)):
            raise Refused("no_such_region")
        headers = {"Cache-Control": f"public, max-age={_DAY_SECONDS}"}
        return JSONResponse([[region.code, region.name] for region in regions], headers=headers)

    async def script(self, name: str) -> Response:
        """Return a script of the form or of the receipt."""
        return Response(self._scripts[name], media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def upload(self, request: Request) -> Response:
        """Store the files of a form, for its script. Return them sealed for this form, and if any was refused."""
        with posted_form() as form:
            await read_form(request, self._gate, form)
            page, refusals = await self._form_page(request, form)
        sealed_files = [self._tokens.seal(page.form_id, file) for file in page.files]
        return JSONResponse({"kept": sealed_files, "refused": bool(refusals)})

    def _joined_fields(self, public_id: str) -> list[tuple[bytes, bytes]]:
        """Return the fields of a form that joins a public report. Without the database it has no place."""
        region = ""
        with suppress(DatabaseUnavailable):
            region = self._region_of_public(public_id)
        return joined_fields(public_id, region)

    async def _accept_json(self, arrival: Arrival) -> Response:
        self._gate.check_rate("web", arrival.address)
        message = await self._gate.read(accept, arrival, self._wrapper, self._new_id(), self._regions)
        await self._gate.accept(message)
        raw = message.raw
        status_url = f"{self._public_url}/status/{raw.tracking}"
        answer = {"tracking": raw.tracking, "status_url": status_url, "link": self._link_of(raw.id)}
        return JSONResponse(answer, 202)

    async def _accept_form(self, request: Request, form: PostedForm) -> Response:
        """Publish a form. Or return the page that a button asked for: the form, or its recap; or the form's errors."""
        page, file_refusals = await self._form_page(request, form)
        if page.state.step in FORM_STEPS and not file_refusals:
            return self._pages.form(page)
        try:
            message = await self._message(request, page, file_refusals)
            if page.state.step == RECAP_STEP:
                return self._pages.recap(page)
            await self._gate.accept(message)
        except Refused as refused:
            record_refusal(request, refused)
            page.refused = refused
            return self._pages.refusal(page)
        raw = message.raw
        await self._contact.remember(raw, page.state.values, client_address(request.scope))
        signature = self._tokens.sign_receipt(raw.tracking, self._link_of(raw.id).rpartition("/")[2])
        return see_other(f"/web/receipts/{raw.tracking}?bukti={signature}")

    async def _form_page(self, request: Request, form: PostedForm) -> tuple[SubmittedForm, list[Refused]]:
        """Return the page for a submitted form, and a refusal for each file or for a form that was cut off."""
        state = read_form_state(form.fields)
        arrival = self._gate.arrival(request, b"")
        form_id = state.form_id or str(self._new_id())
        suspicion = self._tokens.suspicion(state.values, arrival.headers, arrival.at)
        # The recap shows what will be sent, as a form under suspicion that is shown again: its button is the second.
        is_pressed = state.step not in FORM_STEPS
        token = self._tokens.renewed(state.values, form_id, suspicion, arrival.at, pressed=is_pressed)
        files, refusals = await self._files.store(
            form_id, state.sealed_files, form.uploads, arrival.address, arrival.at
        )
        if form.cut:
            limit = MAX_FILES_BYTES if form.uploads else MAX_BODY_BYTES
            refusals.insert(0, Refused(form.cut, limit=readable_size(limit)))
        return SubmittedForm(state, form_id, token, files, suspicion), refusals

    async def _message(self, request: Request, page: SubmittedForm, file_refusals: Sequence[Refused]) -> OpenMessage:
        """Return the message of a form.

        Raises one `Refused` with everything that must be corrected. A second press is required only if nothing else
        must be corrected. For the recap, nothing is counted and no press is required.
        """
        refusals = [*file_refusals, *page.state.missing_fields(), *self._contact.faults(page.state.values)]
        arrival = self._gate.arrival(request, page.state.body(page.files))
        attachments = [file.attachment for file in page.files]
        is_sent = page.state.step != RECAP_STEP
        try:
            if is_sent:
                self._gate.check_rate("web", arrival.address)
            message = await self._gate.read(accept, arrival, self._wrapper, self._new_id(), self._regions, attachments)
        except Refused as refused:
            raise combine([*refusals, refused]) from None
        if refusals:
            raise combine(refusals)
        if page.suspicion and is_sent:
            raise Refused(page.suspicion)
        return message
