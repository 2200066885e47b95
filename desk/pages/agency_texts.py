"""Page of an agency's templates for answers."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from desk.pages import wording
from desk.pages.parts import DeskPageParts
from pages.forms import MAX_TEXT_LENGTH, PostedForm, read_id
from pages.responses import see_other
from pages.translation.message import Message
from pages.translation.message import message as _

TEMPLATES_ADDRESS = "/desk/templat"
_MAX_TITLE_LENGTH = 200
_INCOMPLETE = _("Isi judul dan teks templat.")


class AgencyTexts:
    """Endpoints of templates."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        router.add_api_route(TEMPLATES_ADDRESS, self.templates, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(TEMPLATES_ADDRESS, self.save_template, methods=["POST"], response_class=HTMLResponse)
        return router

    def templates(self, request: Request, ubah: str = "") -> Response:
        """Return the templates. `ubah` is the id of the one to change."""
        actor = self._parts.require(request, Act.EDIT_TEMPLATES)
        templates = self._parts.work.templates(actor.agency)
        changed = next((template for template in templates if str(template.id) == ubah), None)
        values = {
            "templates": templates,
            "template_id": changed.id if changed else "",
            "form_id": self._parts.work.new_form_id(),
            "title": changed.title if changed else "",
            "text": changed.text if changed else "",
            "fault": None,
        }
        return self._parts.render("answer_templates.html", request, actor, values)

    def save_template(self, request: Request, form: PostedForm) -> Response:
        """Add, change or remove a template."""
        parts = self._parts
        actor = parts.require(request, Act.EDIT_TEMPLATES)
        template_id = read_id(form.line("id"))
        title, text = form.line("judul"), form.text("isi")
        if template_id and form.line("langkah") == "hapus":
            parts.work.remove_template(actor, actor.agency, template_id)
            return see_other(TEMPLATES_ADDRESS)
        if fault := _template_fault(title, text):
            templates = parts.work.templates(actor.agency)
            values = {"templates": templates, "template_id": template_id or "", "title": title, "text": text}
            page_values = {**values, "fault": fault, "form_id": parts.work.new_form_id()}
            return parts.render("answer_templates.html", request, actor, page_values, HTTPStatus.UNPROCESSABLE_ENTITY)
        if template_id:
            parts.work.change_template(actor, actor.agency, title, text, template_id)
        else:
            parts.work.add_template(actor, actor.agency, title, text, form.form_id())
        return see_other(TEMPLATES_ADDRESS)


def _template_fault(title: str, text: str) -> Message | None:
    if not title or not text:
        return _INCOMPLETE
    if len(title) > _MAX_TITLE_LENGTH:
        return wording.TOO_LONG.filled(limit=_MAX_TITLE_LENGTH)
    return wording.TOO_LONG.filled(limit=MAX_TEXT_LENGTH) if len(text) > MAX_TEXT_LENGTH else None
