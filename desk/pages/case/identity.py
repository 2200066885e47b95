"""Shows the identity of a sender: only by an explicit act with a reason, which the audit log has first."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, actor_label
from config.database import read_transaction
from desk.acts.answers import CaseProgressView
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from desk.read_model.case_view import read_contact
from messages.reveals import refresh_header, reveal_end, reveal_subject
from messages.sealing import UnsealError
from messages.shapes import Contact, iso
from pages.forms import PostedForm
from pages.translation.message import Message
from pages.translation.message import message as _

_MAX_REASON_LENGTH = 500
_REASON_MISSING = _("Tulis alasan melihat identitas.")
_ANONYMOUS = _("Pelapor memilih anonim. Identitasnya tidak dapat dilihat instansi mana pun.")
_MOVED = _("Laporan ini sudah tidak di instansi Anda. Identitas pelapor tidak dapat dilihat lagi.")
_UNREADABLE = _("Identitas belum tersedia atau tidak dapat dibuka. Coba lagi nanti.")


class Identity:
    """Endpoint of the identity."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}/identitas"
        router.add_api_route(address, self.show, methods=["POST"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, number: str, form: PostedForm) -> Response:
        """Record the reason, then show the identity. It never shows that of an anonymous report."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.VIEW_IDENTITY)
        view = parts.find_case(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        reason = form.line("alasan")[:_MAX_REASON_LENGTH]
        fault = _fault(view, reason)
        contact = None if fault else self._recorded_contact(actor, view, reason)
        if contact is None:
            values = {"view": view, "contact": None, "fault": fault or _UNREADABLE}
            return parts.render("identity.html", request, actor, values, HTTPStatus.UNPROCESSABLE_ENTITY)
        response = parts.render("identity.html", request, actor, {"view": view, "contact": contact, "fault": None})
        response.headers.update(refresh_header(f"{LIST_ADDRESS}/{view.case.case.tracking}"))
        return response

    def _recorded_contact(self, actor: Actor, view: CaseProgressView, reason: str) -> Contact | None:
        """Return the contact after the view is recorded; `None` if there is none that may be, or can be, opened."""
        parts, dispatch = self._parts, view.case.dispatch
        with read_transaction(parts.engine) as connection:
            contact = read_contact(connection, dispatch.complaint_id)
        if contact is None:
            return None
        at = parts.now()
        subject = reveal_subject(str(dispatch.complaint_id), actor.role, iso(reveal_end(actor.role, at)))
        parts.record("desk.identity", subject, actor_label(actor), reason, at)
        try:
            return parts.open_contact(*contact)
        except UnsealError:
            return None


def _fault(view: CaseProgressView, reason: str) -> Message | None:
    if view.case.is_anonymous:
        return _ANONYMOUS
    if not view.case.case.is_current:
        return _MOVED
    return None if reason else _REASON_MISSING
