"""The guides of the desk: one for officers, one for coordinators, with pictures of the pages that they describe."""

from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act
from desk.pages.parts import DeskPageParts
from desk.pages.wording import ACT_NAMES

GUIDE_ADDRESS = "/desk/panduan"
COORDINATOR_GUIDE_ADDRESS = f"{GUIDE_ADDRESS}/koordinator"
# `make guide-pictures` takes them.
PICTURES = Path(__file__).parent / "static/guide"
_PICTURE_SUFFIX = ".webp"


class Guide:
    """Endpoints of the guides and of their pictures, for everybody who works at an institution."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts
        self._pictures = {path.name: path.read_bytes() for path in sorted(PICTURES.glob(f"*{_PICTURE_SUFFIX}"))}

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(GUIDE_ADDRESS, self.officers, methods=["GET"])
        router.add_api_route(COORDINATOR_GUIDE_ADDRESS, self.coordinators, methods=["GET"])
        router.add_api_route(f"{GUIDE_ADDRESS}/gambar/{{name}}", self.picture, methods=["GET"])
        return router

    def officers(self, request: Request) -> Response:
        """Return the guide for officers."""
        return self._page(request, "guide_officers.html")

    def coordinators(self, request: Request) -> Response:
        """Return the guide for coordinators. Officers may read it, too."""
        return self._page(request, "guide_coordinators.html")

    def picture(self, request: Request, name: str) -> Response:
        """Return a picture by its name; 404 for another name."""
        self._parts.require(request, Act.ACCEPT)
        content = self._pictures.get(name)
        if content is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(content, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})

    def _page(self, request: Request, template: str) -> Response:
        actor = self._parts.require(request, Act.ACCEPT)
        values = {"acts": ACT_NAMES, "guide": GUIDE_ADDRESS, "coordinator_guide": COORDINATOR_GUIDE_ADDRESS}
        return self._parts.render(template, request, actor, values)
