"""What all HTTP doors share: the bound on a body, the clock, the bus, and how many may be in hand at once."""

from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bus.errors import Reject, Retry, Stop
from bus.port import Outgoing, Producer
from config.database import DatabaseUnavailable
from ingest.arrival import Arrival, Refused
from ingest.http.concurrency_limit import busy
from ingest.http.field_errors import invalid_request
from ingest.http.problems import RefusalResponder
from ingest.http.rate_limits import RateLimiter
from ingest.http.rejection_counter import RejectionCounter

# A report is at most 10,000 characters; sealed and in JSON it still fits a record of the bus (1 MB).
MAX_BODY_BYTES = 256_000
_MB = 1_000_000
_RETRY_AFTER_SECONDS = 30
_HTTP_REASONS = {404: "no_such_address", 405: "wrong_method"}

_log = structlog.get_logger()


class Gate:
    """Reads arrivals and hands what was accepted to the bus."""

    def __init__(self, producer: Producer, now: Callable[[], datetime], limiter: RateLimiter) -> None:
        self._producer = producer
        self._now = now
        self._limiter = limiter

    def check_rate(self, door: str, sender: str) -> None:
        """Count a knock. Raises `Refused` (429) where this sender knocks too often at this door."""
        self._limiter.check_rate(door, sender)

    async def read_arrival(self, request: Request, most: int = MAX_BODY_BYTES) -> Arrival:
        """The whole request. Raises `Refused` (413) before more than `most` bytes are in memory."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise Refused("too_large", most=readable_size(most))
        return self.arrival(request, bytes(body))

    def arrival(self, request: Request, body: bytes) -> Arrival:
        """What stands at the door, its body read already."""
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Arrival(target, dict(request.headers), body, self._now(), client_address(request))

    async def publish(self, message: Outgoing) -> None:
        """Return when the bus has it durably. Raises `Refused` when it has not: 503, or 413 for what it never takes."""
        try:
            await run_in_threadpool(self._producer.publish, [message])
        except (Retry, Stop) as error:
            _log.error("door.away", cause=type(error).__name__)
            raise unavailable() from error
        except Reject as error:
            raise Refused("too_large", most=readable_size(MAX_BODY_BYTES)) from error


def unavailable() -> Refused:
    """What the sender needs is not there now; the same again under the same key will be one message."""
    return Refused("away", retry_after=_RETRY_AFTER_SECONDS)


def client_address(request: Request) -> str:
    """Where the client is; the proxies that are believed have named it (`SATUPINTU_TRUSTED_PROXIES`)."""
    return request.client.host if request.client else ""


def readable_size(size: int) -> str:
    """Bytes as people read them."""
    return f"{size // _MB} MB" if size >= _MB else f"{size // 1000} KB"


def install_refusal_handlers(app: FastAPI, answers: RefusalResponder, tally: RejectionCounter) -> None:
    """Answer every refusal of every door, whoever raised it, and count it."""
    app.state.rejection_counter = tally

    @app.exception_handler(Refused)
    async def _refused(request: Request, refused: Refused) -> Response:
        record_refusal(request, refused)
        return answers.answer(request.scope, refused)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        response = answers.answer(request.scope, Refused(_HTTP_REASONS.get(error.status_code, "not_accepted")))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def _unread(request: Request, error: RequestValidationError) -> Response:
        return await _refused(request, invalid_request(error))

    async def _away(request: Request, _error: Exception) -> Response:
        return await _refused(request, unavailable())

    async def _gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=400)

    app.add_exception_handler(DatabaseUnavailable, _away)
    app.add_exception_handler(ClientDisconnect, _gone)


def record_refusal(request: Request, refused: Refused) -> None:
    """Say in the log that somebody was turned away, and count it: where and why, not who nor what."""
    route = _route(request)
    _log.info("door.refused", route=route, reason=refused.reason, status=refused.status)
    tally: RejectionCounter = request.app.state.rejection_counter
    tally.count(route, refused.reason)


def _route(request: Request) -> str:
    """The pattern that was asked for, not what stood in it."""
    return str(getattr(request.scope.get("route"), "path", "none"))


class ConcurrencyMiddleware:
    """Lets at most `most` requests in at once, which bounds what their bodies hold in memory; the rest hear 503.

    Their bodies are not read: what somebody typed into a form is still in their browser, and the page says so.
    """

    def __init__(self, app: ASGIApp, most: int, answers: RefusalResponder, tally: RejectionCounter) -> None:
        self._app = app
        self._most = most
        self._answers = answers
        self._tally = tally
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Health checks are let in always: a full house is alive."""
        if scope["type"] != "http" or scope["path"] in {"/live", "/startup", "/ready"}:
            await self._app(scope, receive, send)
            return
        if self._inside >= self._most:
            _log.warning("door.busy", inside=self._inside)
            refused = busy()
            self._tally.count(scope["path"], refused.reason)
            await self._answers.answer(scope, refused)(scope, receive, send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1
