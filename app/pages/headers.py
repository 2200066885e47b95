"""The headers that every answer carries, so that no page of ours runs, frames or tells what it should not.

Styles stand in the pages and are allowed by a nonce, which is another for each answer; scripts are files of ours.
"""

from collections.abc import Callable
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address of a status page holds the tracking number.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}

_nonce: ContextVar[str] = ContextVar("nonce")


def nonce() -> str:
    """The nonce of the answer being made, for its page's `<style>`."""
    return _nonce.get()


class PageHeaders:
    """`new_nonce` gives a text that nobody can guess. A header that an answer has already stays as it is."""

    def __init__(self, app: ASGIApp, new_nonce: Callable[[], str]) -> None:
        self._app = app
        self._new_nonce = new_nonce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fresh = self._new_nonce()
        _nonce.set(fresh)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=fresh))
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, answer)
