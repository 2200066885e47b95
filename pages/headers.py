"""Security headers of every response. They limit which scripts run, who may frame a page, and which address is sent on.

Styles are inside the pages and are allowed by a nonce, which is new for each page. Scripts are files of ours.
"""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import cached_property

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeader = tuple[bytes, bytes]

_POLICY = (
    "default-src 'none'; style-src {styles}; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_POLICY_NAME = b"content-security-policy"
# Of an answer that asked for no nonce, as those to programs.
_POLICY_WITHOUT_STYLES: RawHeader = (_POLICY_NAME, _POLICY.format(styles="'none'").encode())
_ALWAYS: tuple[RawHeader, ...] = (
    # Pages and answers show numbers, states and typed values. A device may have several users.
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # The address of a status page holds the tracking number.
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
)

_NONCE_BYTES = 16


class _Nonce:
    """The nonce of one response, which is made when its page asks for it."""

    def __init__(self, new_nonce: Callable[[], str]) -> None:
        self._new_nonce = new_nonce

    @cached_property
    def text(self) -> str:
        """The nonce."""
        return self._new_nonce()

    @property
    def policy(self) -> RawHeader:
        """The header that lets the page of the response use its styles."""
        if "text" not in vars(self):
            return _POLICY_WITHOUT_STYLES
        return _POLICY_NAME, _POLICY.format(styles=f"'nonce-{self.text}'").encode()


_nonce: ContextVar[_Nonce] = ContextVar("nonce")


def nonce() -> str:
    """Return the nonce of the current response, for the `<style>` of its page."""
    return _nonce.get().text


def new_nonce(token: Callable[[int], str]) -> str:
    """Return a nonce for one response. `token` returns a text of so many random bytes."""
    return token(_NONCE_BYTES)


def with_response_headers(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """Return the headers of the current response with those of every response. A header that it already has stays."""
    own_headers = list(headers)
    own_names = {name for name, _ in own_headers}
    return own_headers + [header for header in (_nonce.get().policy, *_ALWAYS) if header[0] not in own_names]


class PageHeaders:
    """Adds the headers. `new_nonce` gives a text that nobody can guess."""

    def __init__(self, app: ASGIApp, new_nonce: Callable[[], str]) -> None:
        self._app = app
        self._new_nonce = new_nonce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _nonce.set(_Nonce(self._new_nonce))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_response_headers(message["headers"])
            await send(message)

        await self._app(scope, receive, send_with_headers)
