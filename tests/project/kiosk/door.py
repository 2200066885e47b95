"""The kiosks' address; goes to `ingest/kiosk/door.py`. A message without a terminal's id is quarantined."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ingest.http.gate import Gate
from ingest.kiosk.channel import CHANNEL, DOOR  # type: ignore[import-not-found]  # there is one in the copy
from ingest.wrap import Wrapper, quarantine_record


def routes(gate: Gate, wrapper: Wrapper) -> APIRouter:
    """Return the addresses of the door."""
    router = APIRouter(tags=["kiosk"])

    async def report(request: Request) -> Response:
        arrival = await gate.read_arrival(request)
        terminal = arrival.headers.get("x-terminal", "")
        provider_id = f"{terminal}:{wrapper.digest(arrival.body)}"
        message = wrapper.open_message(CHANNEL.name, provider_id, terminal, arrival.body, arrival.at, "text/plain")
        if not terminal:
            await gate.accept(message, partial(quarantine_record, reason="unsigned"))
            return Response(status_code=403)
        gate.check_rate(DOOR.name, terminal)
        await gate.accept(message)
        return JSONResponse({"tracking": message.raw.tracking}, 202)

    router.add_api_route("/kiosk/reports", report, methods=["POST"], status_code=202)
    return router
