"""The web door's addresses: the form, where it and its JSON twin are sent, and the receipt."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ingest import idempotency
from ingest.arrival import Arrival, Refused
from ingest.gate import Gate, note
from ingest.store import DoorStore
from ingest.web.adapter import accept, is_json
from ingest.wrap import Wrapper, arrived
from messages.submission import Submission
from messages.tracking import read_tracking_number


class WebDoor:
    """`regions` are suggested as the place; `new_id` gives a random UUID; `reached_at` is the public address."""

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        pages: Environment,
        regions: Sequence[str],
        new_id: Callable[[], UUID],
        reached_at: str,
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._pages = pages
        self._regions = regions
        self._new_id = new_id
        self._reached_at = reached_at

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["web"])
        router.add_api_route("/", self.form, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(
            "/web/reports", self.report, methods=["POST"], status_code=202, openapi_extra=_body(Submission)
        )
        router.add_api_route("/web/receipts/{number}", self.receipt, methods=["GET"], response_class=HTMLResponse)
        return router

    async def form(self) -> Response:
        """The empty form."""
        page = self._form({}, {}, 200)
        # Each form has an id of its own; a cache would hand one to many.
        page.headers["Cache-Control"] = "no-store"
        return page

    async def report(self, request: Request) -> Response:
        """Take a report; a form is answered with its receipt, JSON with the number."""
        if is_json(request.headers):
            return await self._json(await self._gate.read(request))
        typed: dict[str, str] = {}
        try:
            arrival = await self._gate.read(request)
            typed = dict(parse_qsl(arrival.body.decode("utf-8", "replace")))
            raw = accept(arrival, self._wrapper, self._new_id())
            await self._gate.publish(arrived(raw))
        except Refused as refused:
            note(request, refused)
            # Whatever the reason, a person gets the form back with all that was typed.
            errors = {fault.field: fault.says for fault in refused.faults} or {"Laporan": refused.says}
            page = self._form(typed, errors, refused.status)
            if refused.retry_after:
                page.headers["Retry-After"] = str(refused.retry_after)
            return page
        return RedirectResponse(f"/web/receipts/{raw.tracking}", status_code=303)

    async def receipt(self, number: str) -> Response:
        """What the citizen keeps."""
        tracking = read_tracking_number(number)
        if tracking is None:
            raise Refused(404, "no_such_number", "Nomor ini tidak benar; periksa lagi.")
        return HTMLResponse(self._pages.get_template("receipt.html").render(tracking=tracking))

    async def _json(self, arrival: Arrival) -> Response:
        raw = accept(arrival, self._wrapper, self._new_id())
        if arrival.headers.get(idempotency.HEADER) is not None:
            await idempotency.claim(self._store, self._wrapper, raw.provider_id, arrival.body)
        await self._gate.publish(arrived(raw))
        status_url = f"{self._reached_at}/status/{raw.tracking}"
        return JSONResponse({"tracking": raw.tracking, "status_url": status_url}, 202)

    def _form(self, typed: dict[str, str], errors: dict[str, str], status: int) -> Response:
        page = self._pages.get_template("form.html")
        form_id = typed.get("form_id") or str(self._new_id())
        return HTMLResponse(page.render(values=typed, errors=errors, form_id=form_id, regions=self._regions), status)


def _body(shape: type[Submission]) -> dict[str, object]:
    """The request body for the OpenAPI document; the door reads the bytes itself, to keep them untouched."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape.model_json_schema()}}}}
