"""Endpoints of the web door: the form, its submission and the JSON report, the receipt, and the form's region lists."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from config.reference.regions import Regions
from ingest.arrival import Arrival, Refused
from ingest.files.attachments import Attachments
from ingest.files.cleaning import MAX_FILE_BYTES
from ingest.http.gate import MAX_BODY_BYTES, Gate, readable_size
from ingest.http.refusal_handlers import record_refusal
from ingest.web import openapi
from ingest.web.adapter import accept, is_json
from ingest.web.form_files import FormFiles
from ingest.web.form_state import FormState, joined_fields, read_form_state
from ingest.web.form_token import FormFile, FormTokens
from ingest.web.multipart import (
    MAX_FILES,
    MAX_FILES_BYTES,
    MAX_PARTS,
    MULTIPART,
    PostedForm,
    posted_form,
    read_multipart,
)
from ingest.wrap import Wrapper, accepted_record
from messages.shapes import RawMessage
from messages.tracking import read_tracking_number

_SCRIPT = Path(__file__).parent / "static" / "form.js"
_DAY_SECONDS = 86_400
# Reason of a refusal that consists of its field errors alone.
_INVALID_FIELDS = "invalid_submission"


@dataclass(slots=True)
class _FormPage:
    """Values of the form page, and the refusal to show on it."""

    state: FormState
    form_id: str
    token: str
    files: Sequence[FormFile] = ()
    suspicion: str = ""
    refused: Refused | None = None


class WebDoor:
    """All endpoints of the form. `new_id` returns a random UUID; `public_url` is the service's public address."""

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
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._tokens = tokens
        self._templates = templates
        self._regions = regions
        self._new_id = new_id
        self._public_url = public_url
        self._files = FormFiles(attachments, tokens, gate.check_rate)
        self._script = _SCRIPT.read_bytes()

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(tags=["web"])
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
        router.add_api_route("/web/form.js", self.script, methods=["GET"], include_in_schema=False)
        return router

    async def form(self, request: Request, sama: str = "") -> Response:
        """Return the empty form. `sama` is the id of a public report that the new one joins."""
        form_id = str(self._new_id())
        token = self._tokens.token(form_id, self._gate.arrival(request, b"").at)
        return self._render(_FormPage(read_form_state(joined_fields(sama)), form_id, token))

    async def report(self, request: Request) -> Response:
        """Accept a report. A form is answered with its receipt, a JSON report with the tracking number."""
        if is_json(request.headers):
            return await self._accept_json(await self._gate.read_arrival(request))
        with posted_form() as form:
            await self._read_form(request, form)
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
            return RedirectResponse(f"/status/{tracking}", status_code=303)
        return HTMLResponse(self._templates.get_template("receipt.html").render(tracking=tracking))

    async def regions_inside(self, code: str) -> Response:
        """Return codes and names of the regions directly inside a region, for the form's script."""
        if not (regions := self._regions.children(code)):
            raise Refused("no_such_region")
        headers = {"Cache-Control": f"public, max-age={_DAY_SECONDS}"}
        return JSONResponse([[region.code, region.name] for region in regions], headers=headers)

    async def script(self) -> Response:
        """Return the form's script."""
        return Response(self._script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def _accept_json(self, arrival: Arrival) -> Response:
        self._gate.check_rate("web", arrival.address)
        raw = accept(arrival, self._wrapper, self._new_id(), self._regions)
        await self._gate.publish(accepted_record(raw))
        status_url = f"{self._public_url}/status/{raw.tracking}"
        return JSONResponse({"tracking": raw.tracking, "status_url": status_url}, 202)

    async def _read_form(self, request: Request, form: PostedForm) -> None:
        content_type = request.headers.get("content-type", "")
        if content_type.casefold().startswith(MULTIPART):
            await read_multipart(request.stream(), content_type, form)
            return
        try:
            arrival = await self._gate.read_arrival(request)
            form.fields = _parse_urlencoded(arrival.body)
        except (Refused, ValueError):
            form.cut = "too_large"

    async def _accept_form(self, request: Request, form: PostedForm) -> Response:
        """Publish a form, or return its page again: with the list that a button asked for, or with the errors."""
        page, file_refusals = await self._form_page(request, form)
        if page.state.step and not file_refusals:
            return self._render(page)
        try:
            raw = self._raw_message(request, page, file_refusals)
            await self._gate.publish(accepted_record(raw))
        except Refused as refused:
            record_refusal(request, refused)
            page.refused = refused
            return self._render(page)
        signature = self._tokens.sign_receipt(raw.tracking)
        return RedirectResponse(f"/web/receipts/{raw.tracking}?bukti={signature}", status_code=303)

    async def _form_page(self, request: Request, form: PostedForm) -> tuple[_FormPage, list[Refused]]:
        """Return the page for a submitted form, and a refusal for each file or for a form that was cut off."""
        state = read_form_state(form.fields)
        arrival = self._gate.arrival(request, b"")
        form_id = state.form_id or str(self._new_id())
        suspicion = self._tokens.suspicion(state.values, arrival.headers, arrival.at)
        token = self._tokens.renewed(state.values, form_id, suspicion, arrival.at, pressed=not state.step)
        files, refusals = await self._files.store(
            form_id, state.sealed_files, form.uploads, arrival.address, arrival.at
        )
        if form.cut:
            limit = MAX_FILES_BYTES if form.uploads else MAX_BODY_BYTES
            refusals.insert(0, Refused(form.cut, limit=readable_size(limit)))
        return _FormPage(state, form_id, token, files, suspicion), refusals

    def _raw_message(self, request: Request, page: _FormPage, file_refusals: Sequence[Refused]) -> RawMessage:
        """Return the raw message of a form.

        Raises one `Refused` with everything that must be corrected. A second press is required only if nothing else
        must be corrected.
        """
        refusals = [*file_refusals, *page.state.missing_fields()]
        arrival = self._gate.arrival(request, page.state.body(page.files))
        attachments = [file.attachment for file in page.files]
        try:
            self._gate.check_rate("web", arrival.address)
            raw = accept(arrival, self._wrapper, self._new_id(), self._regions, attachments)
        except Refused as refused:
            raise _combine([*refusals, refused]) from None
        if refusals:
            raise _combine(refusals)
        if page.suspicion:
            raise Refused(page.suspicion)
        return raw

    def _render(self, page: _FormPage) -> Response:
        refused = page.refused
        context: dict[str, object] = {
            **page.state.region_lists(self._regions),
            "values": page.state.values,
            "step": page.state.step,
            "form_id": page.form_id,
            "token": page.token,
            "kept": [(self._tokens.seal(page.form_id, file), file) for file in page.files],
            "spot": page.state.photo_coordinates(page.files),
            "errors": _messages_by_field(refused),
            "says": refused.message if refused and refused.reason != _INVALID_FIELDS else "",
            "limits": {"files": MAX_FILES, "file": MAX_FILE_BYTES, "all": MAX_FILES_BYTES},
        }
        # Each form has its own id, and a shared cache would give one form to many people. A browser may store the
        # empty form: with `no-store` it would also lose what was typed when its owner comes back from a 503 page.
        headers = {"Cache-Control": "no-store" if page.state.values else "private, no-cache"}
        if refused and refused.retry_after:
            headers["Retry-After"] = str(refused.retry_after)
        html = self._templates.get_template("form.html").render(context)
        return HTMLResponse(html, refused.status if refused else 200, headers)


def _parse_urlencoded(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and values as bytes. Raises `ValueError` if there are more fields than any form has."""
    # Latin-1 maps each byte to one character, so bytes that are not UTF-8 stay unchanged.
    text = body.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_PARTS)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _combine(refusals: Sequence[Refused]) -> Refused:
    """Return one refusal with all field errors.

    It is the first refusal that the sender can solve by waiting or by sending less, otherwise the general one.
    """
    field_errors = tuple(error for refused in refusals for error in refused.field_errors)
    general = next((refused for refused in refusals if refused.retry_after or not refused.field_errors), None)
    if general is None:
        return Refused(_INVALID_FIELDS, field_errors)
    general.field_errors = field_errors
    return general


def _messages_by_field(refused: Refused | None) -> dict[str, list[str]]:
    messages: dict[str, list[str]] = defaultdict(list)
    for error in refused.field_errors if refused else ():
        messages[error.field].append(error.detail)
    return messages
