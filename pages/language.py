"""The language of a page: Indonesian, or English if the person chose it with the link at the end of the page.

The language that a browser asks for (`Accept-Language`) is not used. Many phones in Indonesia are set to English, and
their owners expect this service in Indonesian; nobody could tell why a page came in one language or the other. The
choice is explicit: `?bahasa=en` or `?bahasa=id` shows the page in that language and keeps it in a cookie for a year.
"""

from contextvars import ContextVar
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.translation.language import LANGUAGES, current_language, set_language

PARAMETER = "bahasa"
COOKIE = "bahasa"
_YEAR_SECONDS = 365 * 86_400
_PAGE = "text/html"


class LanguageLink(NamedTuple):
    """A link to the same page in another language. `address` is relative: a query without a path (RFC 3986, 5.2.2)."""

    language: str
    label: str
    address: str


# Query of the current request; `None` if the page can't be requested again by a link.
_query: ContextVar[str | None] = ContextVar("query", default=None)


def language_links() -> list[LanguageLink]:
    """Return links to the current page in all other languages; none on the answer to a form, which a link can't get."""
    query = _query.get()
    if query is None:
        return []
    parameters = [(name, value) for name, value in _parameters(query) if name != PARAMETER]
    return [
        LanguageLink(language, label, "?" + urlencode([*parameters, (PARAMETER, language)]))
        for language, label in LANGUAGES.items()
        if language != current_language()
    ]


class PageLanguage:
    """Sets the language of each request, and names it in the responses that are pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        chosen_language = dict(_parameters(query)).get(PARAMETER, "")
        set_language(chosen_language if chosen_language in LANGUAGES else HTTPConnection(scope).cookies.get(COOKIE, ""))
        _query.set(query if scope["method"] == "GET" else None)

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(_PAGE):
                    headers.setdefault("Content-Language", current_language())
                    if chosen_language in LANGUAGES:
                        headers.append("Set-Cookie", _cookie(chosen_language, scope))
            await send(message)

        await self._app(scope, receive, send_with_language)


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _cookie(language: str, scope: Scope) -> str:
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{COOKIE}={language}; Max-Age={_YEAR_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"
