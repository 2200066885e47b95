"""The web door's addresses: the form, where it and its JSON twin are sent, the receipt, and what the form asks for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from config.reference.regions import Regions
from ingest.arrival import Arrival, Refused
from ingest.door_store import DoorStore
from ingest.files.attachments import Attachments
from ingest.http import idempotency
from ingest.http.gate import MAX_BODY_BYTES, Gate, readable_size, record_refusal
from ingest.web import openapi
from ingest.web.adapter import accept, is_json
from ingest.web.form_files import FormFiles
from ingest.web.form_state import FormState, sheet
from ingest.web.form_token import FormFile, FormTokens
from ingest.web.multipart import (
    MAX_FILE_BYTES,
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
# The reason that says nothing more than its faults do.
_FAULTS = "invalid_submission"


@dataclass(slots=True)
class _Page:
    """What the form shows again, with what is to be mended."""

    sheet: FormState
    form_id: str
    token: str
    pictures: Sequence[FormFile] = ()
    suspicion: str = ""
    refused: Refused | None = None


class WebDoor:
    """`new_id` gives a random UUID; `reached_at` is the public address."""

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        attachments: Attachments,
        guard: FormTokens,
        pages: Environment,
        regions: Regions,
        new_id: Callable[[], UUID],
        reached_at: str,
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._guard = guard
        self._pages = pages
        self._regions = regions
        self._new_id = new_id
        self._reached_at = reached_at
        self._pictures = FormFiles(attachments, guard, partial(gate.check_rate, "upload"))
        self._script = _SCRIPT.read_bytes()

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["web"])
        router.add_api_route("/", self.form, methods=["GET"], response_class=HTMLResponse)
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
        router.add_api_route("/web/regions/{code}", self.inside, methods=["GET"], include_in_schema=False)
        router.add_api_route("/web/form.js", self.script, methods=["GET"], include_in_schema=False)
        return router

    async def form(self, request: Request) -> Response:
        """The empty form."""
        form_id = str(self._new_id())
        return self._show(_Page(sheet([]), form_id, self._guard.token(form_id, self._gate.arrival(request, b"").at)))

    async def report(self, request: Request) -> Response:
        """Take a report; a form is answered with its receipt, JSON with the number."""
        if is_json(request.headers):
            return await self._json(await self._gate.read_arrival(request))
        with posted_form() as form:
            await self._read(request, form)
            return await self._form(request, form)

    async def receipt(self, number: str) -> Response:
        """What the citizen keeps."""
        tracking = read_tracking_number(number)
        if tracking is None:
            raise Refused("no_such_number")
        return HTMLResponse(self._pages.get_template("receipt.html").render(tracking=tracking))

    async def inside(self, code: str) -> Response:
        """Codes and names of the regions directly within one, for the form's script."""
        if not (found := self._regions.children(code)):
            raise Refused("no_such_region")
        cached = {"Cache-Control": f"public, max-age={_DAY_SECONDS}"}
        return JSONResponse([[region.code, region.name] for region in found], headers=cached)

    async def script(self) -> Response:
        """The form's script."""
        return Response(self._script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def _json(self, arrival: Arrival) -> Response:
        self._gate.check_rate("web", arrival.address)
        raw = accept(arrival, self._wrapper, self._new_id(), self._regions)
        if arrival.headers.get(idempotency.HEADER) is not None:
            await idempotency.claim_key(self._store, self._wrapper, raw.provider_id, arrival.body)
        await self._gate.publish(accepted_record(raw))
        status_url = f"{self._reached_at}/status/{raw.tracking}"
        return JSONResponse({"tracking": raw.tracking, "status_url": status_url}, 202)

    async def _read(self, request: Request, form: PostedForm) -> None:
        content_type = request.headers.get("content-type", "")
        if content_type.casefold().startswith(MULTIPART):
            await read_multipart(request.stream(), content_type, form)
            return
        try:
            arrival = await self._gate.read_arrival(request)
            form.fields = _fields(arrival.body)
        except (Refused, ValueError):
            form.cut = "too_large"

    async def _form(self, request: Request, form: PostedForm) -> Response:
        """Send what was filled in, or show it again: with what a button asked for, or with what is to be mended."""
        filled = sheet(form.fields)
        arrival = self._gate.arrival(request, b"")
        form_id = filled.form_id or str(self._new_id())
        suspicion = self._guard.suspicion(filled.typed, arrival.headers, arrival.at)
        token = self._guard.renewed(filled.typed, form_id, suspicion, arrival.at, pressed=not filled.step)
        pictures, problems = await self._pictures.keep(form_id, filled.kept, form.uploads, arrival.address, arrival.at)
        page = _Page(filled, form_id, token, pictures, suspicion)
        if form.cut:
            problems.insert(
                0, Refused(form.cut, most=readable_size(MAX_FILES_BYTES if form.uploads else MAX_BODY_BYTES))
            )
        if filled.step and not problems:
            return self._show(page)
        try:
            raw = self._accept(request, page, problems)
            await self._gate.publish(accepted_record(raw))
        except Refused as refused:
            record_refusal(request, refused)
            page.refused = refused
            return self._show(page)
        return RedirectResponse(f"/web/receipts/{raw.tracking}", status_code=303)

    def _accept(self, request: Request, page: _Page, problems: Sequence[Refused]) -> RawMessage:
        """Raises `Refused` with all that is to be mended; a second press is wanted only where nothing else is."""
        found = [*problems, *page.sheet.unfinished()]
        arrival = self._gate.arrival(request, page.sheet.body(page.pictures))
        attachments = [picture.attachment for picture in page.pictures]
        try:
            self._gate.check_rate("web", arrival.address)
            raw = accept(arrival, self._wrapper, self._new_id(), self._regions, attachments)
        except Refused as refused:
            raise _all([*found, refused]) from None
        if found:
            raise _all(found)
        if page.suspicion:
            raise Refused(page.suspicion)
        return raw

    def _show(self, page: _Page) -> Response:
        refused = page.refused
        context: dict[str, object] = {
            **page.sheet.lists(self._regions),
            "values": page.sheet.typed,
            "step": page.sheet.step,
            "form_id": page.form_id,
            "token": page.token,
            "kept": [(self._guard.seal(page.form_id, picture), picture) for picture in page.pictures],
            "spot": page.sheet.spot(page.pictures),
            "errors": _by_field(refused),
            "says": refused.says if refused and refused.reason != _FAULTS else "",
            "limits": {"files": MAX_FILES, "file": MAX_FILE_BYTES, "all": MAX_FILES_BYTES},
        }
        # Each form has an id of its own; a shared cache would hand one to many. A browser may keep the empty one: with
        # `no-store` it would also forget what was typed into it when its owner comes back from a page that says 503.
        headers = {"Cache-Control": "no-store" if page.sheet.typed else "private, no-cache"}
        if refused and refused.retry_after:
            headers["Retry-After"] = str(refused.retry_after)
        page_text = self._pages.get_template("form.html").render(context)
        return HTMLResponse(page_text, refused.status if refused else 200, headers)


def _fields(body: bytes) -> list[tuple[bytes, bytes]]:
    """Raises `ValueError` where there are more than any form has."""
    # Latin-1 is a letter for each byte: what is no UTF-8 comes through as it was sent.
    said = body.decode("latin-1")
    pairs = parse_qsl(said, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_PARTS)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _all(found: Sequence[Refused]) -> Refused:
    """One refusal for all: the first that waiting or a smaller form mends, else that there is something to mend."""
    faults = tuple(fault for refused in found for fault in refused.faults)
    first = next((refused for refused in found if refused.retry_after or not refused.faults), None)
    if first is None:
        return Refused(_FAULTS, faults)
    first.faults = faults
    return first


def _by_field(refused: Refused | None) -> dict[str, str]:
    said: dict[str, str] = {}
    for fault in refused.faults if refused else ():
        said[fault.field] = f"{said[fault.field]} {fault.says}" if fault.field in said else fault.says
    return said
