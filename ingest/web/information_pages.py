"""Endpoints of the start page, the help, the privacy notice and the files that programs look for.

They need no database and no bus.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from jinja2 import Environment
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from config.reference.retention import RetentionRow
from pages.responses import page_response
from pages.wording.retention import data_text, limit_text

_ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="4" fill="#0b474f"/>'
    b'<path d="M9 27V13a7 7 0 0 1 14 0v14z" fill="#fff"/></svg>'
)
_STORED_FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}
_NOT_FOR_ROBOTS = ("/l/", "/status/", "/web/", "/laporan-saya", "/desk", "/pengawasan")
# RFC 9116 wants less than a year.
_SECURITY_TEXT_AGE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Operator:
    """Institution that runs the service. `email` is that of its data protection officer, and may be empty."""

    name: str
    address: str
    email: str


class InformationPages:
    """Pages that are the same for everybody. `writes_to`: ways by which the service writes to senders of the form.

    `retention` are the classes of data of citizens, with the time for which each stays. `site` is the service's public
    address.
    """

    def __init__(
        self,
        templates: Environment,
        operator: Operator,
        writes_to: frozenset[str],
        retention: Sequence[RetentionRow],
        site: str,
        now: Callable[[], datetime],
    ) -> None:
        self._templates = templates
        self._site = site
        self._now = now
        self._operator = operator
        self._values = {
            "operator": operator,
            "writes_to": writes_to,
            "retention": retention,
            "data_text": data_text,
            "limit_text": limit_text,
        }

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/", self.start, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/bantuan", self.help, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/privasi", self.privacy, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/privasi/masa-simpan", self.retention, methods=["GET"], response_class=HTMLResponse)
        for path, handle in (
            ("/favicon.ico", self.icon),
            ("/robots.txt", self.robots),
            ("/.well-known/security.txt", self.security),
        ):
            router.add_api_route(path, handle, methods=["GET"], response_class=Response)
        return router

    async def icon(self) -> Response:
        """Return the icon of the service, for programs that do not read it from the page."""
        return Response(_ICON, media_type="image/svg+xml", headers=_STORED_FOR_A_DAY)

    async def robots(self) -> Response:
        """Return what search engines may read (RFC 9309): no page of one person's report, no page of staff."""
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_ROBOTS), ""]
        return PlainTextResponse("\n".join(lines), headers=_STORED_FOR_A_DAY)

    async def security(self) -> Response:
        """Return whom to tell of a security fault (RFC 9116). Without a mail address it is on the privacy notice."""
        contact = f"mailto:{self._operator.email}" if self._operator.email else f"{self._site}/privasi"
        expires = (self._now() + _SECURITY_TEXT_AGE).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = (
            f"Contact: {contact}",
            f"Expires: {expires}",
            "Preferred-Languages: id, en",
            f"Canonical: {self._site}/.well-known/security.txt",
            "",
        )
        return PlainTextResponse("\n".join(lines))

    async def start(self) -> Response:
        """Return the start page."""
        return self._page("start.html")

    async def help(self) -> Response:
        """Return the help: how to report on each channel, and what happens after."""
        return self._page("help.html")

    async def privacy(self) -> Response:
        """Return the privacy notice (Law 27/2022, article 21)."""
        return self._page("privacy.html")

    async def retention(self) -> Response:
        """Return the page with all data of citizens: why they are stored, and until when."""
        return self._page("retention.html")

    def _page(self, template: str) -> Response:
        # No shared cache: the language of a page depends on a cookie.
        return page_response(self._templates, template, self._values, headers={"Cache-Control": "private, no-cache"})
