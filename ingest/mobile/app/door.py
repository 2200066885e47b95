"""Serves the app's files. The app itself writes by the mobile interface alone."""

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ingest.mobile.app.files import AppFile

ADDRESS = "/app/"
# Stricter than the policy of the other pages: also styles are files. `blob:` are the pictures that wait in the phone.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
    "manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class AppDoor:
    """Addresses of the app. `files` are those of `with_version`."""

    def __init__(self, files: Mapping[str, AppFile]) -> None:
        self._files = files

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS.rstrip("/"), self.without_slash, methods=["GET"], response_class=Response)
        for file in self._files.values():
            serve = partial(self.serve, file.name)
            router.add_api_route(ADDRESS + file.path, serve, methods=["GET"], response_class=Response)
        return router

    async def without_slash(self) -> Response:
        """Lead to the address of the app: its files and its service worker are below it."""
        return RedirectResponse(ADDRESS, 308)

    async def serve(self, name: str, request: Request) -> Response:
        """Return a file. A browser asks each time, and gets the bytes only of a file that is new to it."""
        file = self._files[name]
        tag = f'"{file.integrity}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        headers["Content-Security-Policy"] = _POLICY
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if file.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.compressed, headers=headers, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)
