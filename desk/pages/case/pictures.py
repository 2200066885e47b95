"""Opens the pictures of a case and of its answers, after a check of the right and a row in the audit log."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act, actor_label
from desk.acts.answers import CaseProgressView
from desk.api.case_document import attachments
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from messages.shapes import Attachment
from pages.forms import read_id

_EXTENSIONS: Mapping[str, str] = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_HEADERS = {
    "Cache-Control": "private, no-store",
    # A file from outside runs nothing and loads nothing, also if a browser reads it as a page.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Pictures:
    """Endpoint of the files."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(f"{LIST_ADDRESS}/{{number}}/berkas/{{file_id}}", self.open, methods=["GET"])
        return router

    def open(self, request: Request, number: str, file_id: str) -> Response:
        """Return a picture of a case of the person's agency."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.VIEW_PICTURE)
        view = parts.find_case(actor, number)
        attachment = self._find(view, file_id) if view else None
        if view is None or attachment is None:
            return parts.missing(request, actor, number)
        subject = f"{view.case.case.complaint_id} {attachment.id}"
        parts.record("desk.picture", subject, actor_label(actor), "view", parts.now())
        content = parts.open_file(attachment)
        if content is None:
            values = {"number": view.case.case.tracking}
            return parts.render("file_removed.html", request, actor, values, HTTPStatus.GONE)
        headers = {**_HEADERS, "Content-Disposition": _disposition(attachment, view.case.case.tracking)}
        return Response(content, media_type=attachment.media_type, headers=headers)

    def _find(self, view: CaseProgressView, file_id: str) -> Attachment | None:
        """Return the picture with this id that the page of the case shows, or that waits in the form of an answer."""
        attachment_id = read_id(file_id)
        if attachment_id is None or not view.case.are_files_open:
            return None
        shown = next((item for item in attachments(view) if item.id == attachment_id), None)
        return shown or next(
            (item for item in self._parts.pictures.of_dispatch(view.case.dispatch.id) if item.id == attachment_id), None
        )


def _disposition(attachment: Attachment, number: str) -> str:
    return f'inline; filename="{number}-{attachment.id.hex[:8]}.{_EXTENSIONS[attachment.media_type]}"'
