"""Protection of the desk's forms from pages of other sites (CSRF), and a limit for the size of a form.

The check reads `Sec-Fetch-Site` (W3C Fetch Metadata) and, for a browser without it, `Origin` (RFC 6454). Together
with `SameSite=Lax` on the cookie it replaces tokens in the forms.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.addresses import takes_files

# Addresses below which pages are for persons who sign in.
SIGNED_IN_PREFIXES = ("/desk", "/pengawasan")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Longest body of a form, in bytes. The longest form answers many cases at once: a list of ids and one text.
MAX_FORM_BYTES = 1_000_000
# A form with files. Its reader reads too large a file without keeping it, so that nobody loses what was typed.
MAX_FILES_FORM_BYTES = 101_000_000
_DEFAULT_PORTS = {"http": 80, "https": 443}
# With `no-referrer`, as on the pages for citizens, a browser would send `Origin: null` with our own forms.
_REFERRER_POLICY = "same-origin"


def is_same_origin_request(method: str, site: str | None, origin: str | None, own_address: str) -> bool:
    """Return True if the request may have an effect: it has a safe method, or a page of our own sent it.

    `site` and `origin` are the headers `Sec-Fetch-Site` and `Origin`, None if missing. `own_address` is the public
    address of the service. A request with neither header is refused: a browser sends at least one with every POST.
    """
    if method in SAFE_METHODS:
        return True
    if site is not None:
        return site == "same-origin"
    return origin is not None and _origin(origin) is not None and _origin(origin) == _origin(own_address)


def _origin(address: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port, None for an opaque origin (`null`) and for an invalid address."""
    try:
        parts = urlsplit(address)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None


class SameOriginForms:
    """ASGI middleware: refuses forms that another site sent (403) and forms that are too large (411, 413).

    It acts on addresses below `prefixes`. `refusal` makes the page of a refused request. The pages below them get a
    referrer policy with which browsers name their origin in our own forms.
    """

    def __init__(
        self,
        app: ASGIApp,
        own_address: str,
        refusal: Callable[[Request, HTTPStatus], Response],
        prefixes: Sequence[str] = SIGNED_IN_PREFIXES,
    ) -> None:
        self._app = app
        self._own_address = own_address
        self._refusal = refusal
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or not any(is_below(scope["path"], prefix) for prefix in self._prefixes):
            await self._app(scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Referrer-Policy", _REFERRER_POLICY)
            await send(message)

        status = self._refused_status(scope["method"], scope["path"], Headers(scope=scope))
        app = self._app if status is None else self._refusal(Request(scope), status)
        await app(scope, receive, send_with_policy)

    def _refused_status(self, method: str, path: str, headers: Headers) -> HTTPStatus | None:
        if method in SAFE_METHODS:
            return None
        if not is_same_origin_request(method, headers.get("sec-fetch-site"), headers.get("origin"), self._own_address):
            return HTTPStatus.FORBIDDEN
        length = headers.get("content-length", "")
        if not length.isdecimal():
            # Every browser announces the length of a form. A body without an announced length could be endless.
            return HTTPStatus.LENGTH_REQUIRED
        has_files = takes_files(path, headers.get("content-type", ""))
        limit = MAX_FILES_FORM_BYTES if has_files else MAX_FORM_BYTES
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if int(length) > limit else None


def is_below(path: str, prefix: str) -> bool:
    """Return True if the path is `prefix` or lies below it."""
    return path == prefix or path.startswith(f"{prefix}/")
