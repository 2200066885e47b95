"""Responses that the pages of this folder share."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pages.csrf import MAX_FORM_BYTES
from pages.translation.message import Message
from pages.translation.message import message as _

_REFUSED: Mapping[HTTPStatus, tuple[Message, Message]] = {
    HTTPStatus.UNAUTHORIZED: (
        _("Sesi Anda sudah berakhir"),
        _(
            "Yang Anda kirim belum tersimpan. Masuklah di tab baru, lalu kembali ke halaman sebelumnya dan kirim lagi: "
            "isiannya masih ada di sana."
        ),
    ),
    HTTPStatus.FORBIDDEN: (
        _("Anda tidak berhak membuka ini"),
        _("Halaman atau tindakan ini bukan untuk peran atau instansi Anda."),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        _("Layanan sedang sibuk"),
        _("Terlalu banyak orang sedang masuk. Tunggu sebentar, kembali ke halaman sebelumnya, lalu kirim lagi."),
    ),
    HTTPStatus.LENGTH_REQUIRED: (_("Kiriman tidak dapat diterima"), _("Gunakan peramban yang lebih baru.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        _("Kiriman terlalu besar"),
        _("Paling banyak {limit} kB dalam satu kiriman.").filled(limit=MAX_FORM_BYTES // 1000),
    ),
}
_BUSY_SECONDS = 10
_FOREIGN_FORM = (
    _("Kiriman ini tidak berasal dari halaman kami"),
    _("Tidak ada yang berubah. Buka halaman yang Anda perlukan dari sini."),
)


def see_other(address: str) -> Response:
    """Return a redirect that a browser follows by GET. `address` is local."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def page_response(
    pages: Environment, template: str, values: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """Return a page for a person who is not signed in."""
    return HTMLResponse(pages.get_template(template).render(values), status)


class RefusedPages:
    """Pages of refused requests: for `install_sign_in_handlers` and for `SameOriginForms`."""

    def __init__(self, pages: Environment) -> None:
        self._pages = pages

    def page(self, _request: Request, status: HTTPStatus) -> Response:
        """Return the page of an ended session or of a missing right."""
        return self._response(*_REFUSED[status], status)

    async def busy(self, request: Request, _error: Exception) -> Response:
        """Return the page for a moment in which too many passwords are being checked."""
        response = self.page(request, HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(_BUSY_SECONDS)
        return response

    def form(self, _request: Request, status: HTTPStatus) -> Response:
        """Return the page of a form that another site sent, or that is too large."""
        texts = _FOREIGN_FORM if status is HTTPStatus.FORBIDDEN else _REFUSED[status]
        return self._response(*texts, status)

    def _response(self, title: Message, text: Message, status: HTTPStatus) -> Response:
        values = {"heading": title, "text": text, "is_session_over": status is HTTPStatus.UNAUTHORIZED}
        return page_response(self._pages, "desk_refused.html", values, status)
