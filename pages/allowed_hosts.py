"""Check of the `Host` header on the operations' port.

A page on the web can let the name of its own site lead to an address of this network (DNS rebinding). The browser of
a member of staff would then read the port for that page. Its requests name the site as their host.
"""

from collections.abc import Collection
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSAL = "This host name is not allowed. Add it to SATUPINTU_OPS_NAMES if it is yours.\n"


def is_allowed_host(host: str, bind_address: str, names: Collection[str]) -> bool:
    """Return True if a request with this `Host` header may be answered.

    Allowed are loopback, the address that the port is bound to, and `names`. A port that is bound to every address of
    the host is reached by any of them, so each address is allowed then: a page can use only names for rebinding.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name in {*_LOOPBACK_NAMES, bind_address.lower(), *(allowed.lower() for allowed in names)}:
            return True
        return ip_address(bind_address).is_unspecified and bool(ip_address(name))
    except ValueError:
        return False


class AllowedHosts:
    """Answers 421 to a request with another `Host`. Every browser sends one; a probe without it is answered."""

    def __init__(self, app: ASGIApp, bind_address: str, names: Collection[str]) -> None:
        self._app = app
        self._bind_address = bind_address
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        host = Headers(scope=scope).get("host") if scope["type"] == "http" else None
        if host and not is_allowed_host(host, self._bind_address, self._names):
            await PlainTextResponse(_REFUSAL, HTTPStatus.MISDIRECTED_REQUEST)(scope, receive, send)
            return
        await self._app(scope, receive, send)
