"""What all HTTP doors share: the bound on a body, the clock, the bus, and the way a refusal is answered."""

from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from bus.errors import Reject, Retry, Stop
from bus.port import Outgoing, Producer
from config.database import DatabaseAway
from ingest.arrival import Arrival, Refused

# A report is at most 10,000 characters; sealed and in JSON it still fits a record of the bus (1 MB).
MAX_BODY_BYTES = 256_000
_RETRY_AFTER_SECONDS = 30

_log = structlog.get_logger()


class Gate:
    """Reads arrivals and hands what was accepted to the bus."""

    def __init__(self, producer: Producer, now: Callable[[], datetime]) -> None:
        self._producer = producer
        self._now = now

    async def read(self, request: Request) -> Arrival:
        """The whole request. Raises `Refused` (413) before more than the bound is in memory."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                says = f"Kiriman terlalu besar: paling banyak {MAX_BODY_BYTES // 1000} KB."
                raise Refused(413, "too_large", says)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Arrival(target, dict(request.headers), bytes(body), self._now())

    async def publish(self, message: Outgoing) -> None:
        """Return when the bus has it durably. Raises `Refused` when it has not: 503, or 413 for what it never takes."""
        try:
            await run_in_threadpool(self._producer.publish, [message])
        except (Retry, Stop) as error:
            _log.error("door.away", cause=type(error).__name__)
            raise away() from error
        except Reject as error:
            raise Refused(413, error.reason, "Kiriman terlalu besar.") from error


def away() -> Refused:
    """What the sender needs is not there now; the same again under the same key will be one message."""
    says = "Maaf, layanan sedang terganggu dan belum ada yang tersimpan. Mohon coba lagi sebentar lagi."
    return Refused(503, "away", says, retry_after=_RETRY_AFTER_SECONDS)


def answer_refusals(app: FastAPI) -> None:
    """Answer every refusal of every door as an RFC 9457 problem."""

    @app.exception_handler(Refused)
    async def _refused(request: Request, refused: Refused) -> Response:
        note(request, refused)
        return problem(refused)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> Response:
        says = {404: "Alamat ini tidak ada.", 405: "Cara ini tidak berlaku di alamat ini."}
        response = problem(Refused(error.status_code, "http", says.get(error.status_code, "Permintaan ditolak.")))
        response.headers.update(error.headers or {})
        return response

    async def _away(request: Request, _error: Exception) -> Response:
        return await _refused(request, away())

    async def _gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=400)

    app.add_exception_handler(DatabaseAway, _away)
    app.add_exception_handler(ClientDisconnect, _gone)


def note(request: Request, refused: Refused) -> None:
    """Say in the log that somebody was turned away: where and why, not who nor what."""
    _log.info("door.refused", route=_route(request), reason=refused.reason, status=refused.status)


def _route(request: Request) -> str:
    """The pattern that was asked for, not what stood in it."""
    return str(getattr(request.scope.get("route"), "path", "none"))


def problem(refused: Refused) -> JSONResponse:
    """RFC 9457 problem details; `reason` and `errors` are ours."""
    details = {
        "type": "about:blank",
        "title": refused.says,
        "status": refused.status,
        "reason": refused.reason,
        "errors": [{"field": fault.field, "detail": fault.says} for fault in refused.faults],
    }
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else None
    return JSONResponse(details, refused.status, headers, "application/problem+json")
