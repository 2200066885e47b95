"""The mobile door's address."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ingest import idempotency
from ingest.gate import Gate
from ingest.mobile.adapter import accept
from ingest.store import DoorStore
from ingest.wrap import Wrapper, arrived
from messages.submission import MobileSubmission


class MobileDoor:
    """`reached_at` is the public address."""

    def __init__(self, gate: Gate, wrapper: Wrapper, store: DoorStore, reached_at: str) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._reached_at = reached_at

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(prefix="/mobile/v1", tags=["mobile"])
        body = {"content": {"application/json": {"schema": MobileSubmission.model_json_schema()}}, "required": True}
        key = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}
        extra = {"requestBody": body, "parameters": [key]}
        router.add_api_route("/reports", self.report, methods=["POST"], status_code=202, openapi_extra=extra)
        return router

    async def report(self, request: Request) -> Response:
        """Take a report; the same key with the same body is answered the same for ever."""
        arrival = await self._gate.read(request)
        raw = accept(arrival, self._wrapper)
        await idempotency.claim(self._store, self._wrapper, raw.provider_id, arrival.body)
        await self._gate.publish(arrived(raw))
        status_url = f"{self._reached_at}/status/{raw.tracking}"
        return JSONResponse({"tracking": raw.tracking, "status_url": status_url}, 202)
