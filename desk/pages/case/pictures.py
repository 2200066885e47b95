"""Opens the files of a case and of its answers, after a check of the right and a row in the audit log."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act, actor_label
from cases.pictures.store import AnswerFile
from desk.acts.answers import CaseProgressView
from desk.api.case_document import attachments, documents
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from desk.units.tiers import Tier
from pages.files.downloads import download_header
from pages.forms import read_id

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
        """Return a file of a case of the person's agency."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.VIEW_PICTURE)
        view = parts.find_readable(actor, number)
        attachment = self._find(view, file_id, parts.tier(actor)) if view else None
        if view is None or attachment is None:
            return parts.missing(request, actor, number)
        subject = f"{view.case.case.complaint_id} {attachment.id}"
        parts.record("desk.picture", subject, actor_label(actor), "view", parts.now())
        content = parts.open_file(attachment.id)
        if content is None:
            values = {"number": view.case.case.tracking}
            return parts.render("file_removed.html", request, actor, values, HTTPStatus.GONE)
        headers = {**_HEADERS, **download_header(attachment.media_type, view.case.case.tracking, attachment.id)}
        return Response(content, media_type=attachment.media_type, headers=headers)

    def _find(self, view: CaseProgressView, file_id: str, tier: Tier) -> AnswerFile | None:
        """Return the file with this id that the page of the case shows.

        For the tier that has the case also one that waits in the form of an answer.
        """
        attachment_id = read_id(file_id)
        if attachment_id is None or not view.case.are_files_open:
            return None
        files: list[AnswerFile] = [*attachments(view), *documents(view)]
        shown = next((item for item in files if item.id == attachment_id), None)
        if shown or not tier.has_unit(view.case.case.unit_code):
            return shown
        return self._parts.pictures.of_dispatch(view.case.dispatch.id).get(attachment_id)
