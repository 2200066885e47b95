"""Security headers of every response. They limit which scripts run, who may frame a page, and which address is sent on.

Styles are inside the pages and are allowed by a nonce, which is new for each response. Scripts are files of ours.
"""

import secrets
from collections.abc import Callable
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    # Pages and answers show numbers, states and typed values. A device may have several users.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address of a status page holds the tracking number.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}

_NONCE_BYTES = 16

_nonce: ContextVar[str] = ContextVar("nonce")


def nonce() -> str:
    """Return the nonce of the current response, for the `<style>` of its page."""
    return _nonce.get()


def new_nonce() -> str:
    """Return a nonce for one response: a text that nobody can guess."""
    return secrets.token_urlsafe(_NONCE_BYTES)


def response_headers(response_nonce: str) -> dict[str, str]:
    """Return all headers for a response whose page uses this nonce."""
    return {"Content-Security-Policy": _POLICY.format(nonce=response_nonce), **_ALWAYS}


class PageHeaders:
    """Adds the headers. `new_nonce` gives a text that nobody can guess. A header that a response already has stays."""

    def __init__(self, app: ASGIApp, new_nonce: Callable[[], str]) -> None:
        self._app = app
        self._new_nonce = new_nonce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        response_nonce = self._new_nonce()
        _nonce.set(response_nonce)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in response_headers(response_nonce).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
