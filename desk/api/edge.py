"""ASGI edge of the programming interface: the limit of a body, the headers of each response, unexpected errors.

The body is read here, so that the endpoints can be plain functions and get it whole (`request.state.body`). A picture
is read by its endpoint.
"""

from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.api.problems import ApiError
from desk.api.responses import error_response
from pages.addresses import takes_files

MAX_BODY_BYTES = 64 * 1024
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})

_log = structlog.get_logger()


class _TooLarge(Exception):
    """The body is larger than allowed."""


class _Disconnected(Exception):
    """The client has gone."""


class ApiEdge:
    """Wraps the application. `request.state.rate_headers` of a request are added to its response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = {**scope.get("state", {}), "body": b""}
        scope = {**scope, "state": state}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in state.get("rate_headers", {}).items():
                    headers.setdefault(name, value)
            await send(message)

        if takes_files(scope["path"], ""):
            await self._answer(scope, receive, send_with_headers)
            return
        try:
            state["body"] = await _read_body(scope, receive)
        except _TooLarge:
            await error_response(ApiError("too_large"))(scope, receive, send)
            return
        except _Disconnected:
            return
        await self._answer(scope, _replayed(state["body"], receive), send_with_headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the response was sent; the text of an error may quote a citizen
            _log.error("agency_request.failed", exc_info=error)


async def _read_body(scope: Scope, receive: Receive) -> bytes:
    if scope["method"] in _WITHOUT_BODY:
        return b""
    announced = Headers(scope=scope).get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
        raise _TooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _TooLarge
        if not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body first."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
