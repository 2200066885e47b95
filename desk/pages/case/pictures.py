"""Opens the pictures and documents of a case, after a check of the right and a row in the audit log."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act, actor_label
from desk.acts.answers import CaseProgressView
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from messages.shapes import Attachment

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
        attachment = find_attachment(view, file_id) if view else None
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


def find_attachment(view: CaseProgressView, file_id: str) -> Attachment | None:
    """Return the attachment of the case, or of a report that is shown with it, that has this id.

    A confidential report that has left the agency has none.
    """
    try:
        attachment_id = UUID(file_id)
    except ValueError:
        return None
    return next((item for item in _attachments(view) if item.id == attachment_id), None)


def _attachments(view: CaseProgressView) -> Iterator[Attachment]:
    if not view.case.are_files_open:
        return
    yield from view.case.dispatch.report.attachments
    for accompanying in view.case.reports:
        yield from accompanying.report.attachments


def _disposition(attachment: Attachment, number: str) -> str:
    return f'inline; filename="{number}-{attachment.id.hex[:8]}.{_EXTENSIONS[attachment.media_type]}"'
