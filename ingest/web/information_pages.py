"""Endpoints of the start page, the help and the privacy notice. They need no database and no bus."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from jinja2 import Environment
from starlette.responses import HTMLResponse, Response

from config.reference.retention import RetentionRow
from pages.responses import page_response
from pages.wording.retention import data_text, limit_text


@dataclass(frozen=True, slots=True)
class Operator:
    """Institution that runs the service. `email` is that of its data protection officer, and may be empty."""

    name: str
    address: str
    email: str


class InformationPages:
    """Pages that are the same for everybody. `writes_to`: ways by which the service writes to senders of the form.

    `retention` are the classes of data of citizens, with the time for which each stays.
    """

    def __init__(
        self,
        templates: Environment,
        operator: Operator,
        writes_to: frozenset[str],
        retention: Sequence[RetentionRow],
    ) -> None:
        self._templates = templates
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
        return router

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
