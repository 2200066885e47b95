"""The page that shows the OpenAPI document of a port, at `/docs`. All its files come from this service.

The page is for programmers; its texts are English, as those of the document.
"""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from monitor.console.assets import Assets
from pages.environment import bare_environment
from pages.responses import page_response
from pages.translation.translator import load_translator

PATH = "/docs"
_FOLDER = Path(__file__).parent


class ApiViewer:
    """Swagger UI under the content security policy of all pages. `title` is that of the document."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._assets = Assets(_FOLDER / "static")
        self._pages = bare_environment([_FOLDER], load_translator())

    def routes(self) -> APIRouter:
        """Return the routes of the page and its files, which are no part of the document."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(PATH, self.page, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(f"{PATH}/static/{{name}}", self._assets.serve, methods=["GET"])
        return router

    async def page(self) -> Response:
        """Return the page."""
        values = {"title": self._title, "asset": self._assets.served_names, "path": PATH}
        return page_response(self._pages, "docs.html", values)
