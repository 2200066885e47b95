"""The pages that a person gets with a refusal: the reason, and that the typed text is not lost."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import Response

from pages.csrf import MAX_FORM_BYTES
from pages.refusals import Refused
from pages.responses import page_response
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
_NOT_OPENED = _("Halaman ini tidak dapat dibuka")
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def refused_page(pages: Environment, refused: Refused, sent: bool) -> Response:  # noqa: FBT001 - see pages.problems.RefusalPage
    """Return the page for a citizen. `sent`: the request had a body, and nothing of it was stored."""
    values = {
        "message": refused.message,
        "faults": refused.field_errors,
        "seconds": refused.retry_after,
        "sent": sent,
    }
    return refusable_page(pages, "refused.html", values, refused)


def refusable_page(
    pages: Environment,
    template: str,
    values: Mapping[str, Any],
    refused: Refused | None,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Response:
    """Return a page that shows a refusal, if there is one: with its status and its time to wait."""
    if refused is None:
        return page_response(pages, template, values, headers=headers)
    return page_response(pages, template, values, refused.status, {**headers, **refused.headers})


class RefusedPages:
    """Pages for persons who sign in: for `install_sign_in_handlers`, `SameOriginForms` and `RefusalResponder`."""

    def __init__(self, pages: Environment) -> None:
        self._pages = pages

    def page(self, _request: Request, status: HTTPStatus) -> Response:
        """Return the page of an ended session or of a missing right."""
        return self._response(*_REFUSED[status], status)

    async def busy(self, _request: Request, _error: Exception) -> Response:
        """Return the page for a moment in which too many passwords are being checked."""
        texts = _REFUSED[HTTPStatus.SERVICE_UNAVAILABLE]
        return self._response(*texts, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(_BUSY_SECONDS)})

    def form(self, _request: Request, status: HTTPStatus) -> Response:
        """Return the page of a form that another site sent, or that is too large."""
        texts = _FOREIGN_FORM if status is HTTPStatus.FORBIDDEN else _REFUSED[status]
        return self._response(*texts, status)

    def refused(self, refused: Refused, _sent: bool) -> Response:  # noqa: FBT001 - see pages.problems.RefusalPage
        """Return the page of a request that the limits refused, or that failed."""
        return self._response(_NOT_OPENED, refused.message, refused.status, refused.headers)

    def _response(
        self, title: Message, text: Message, status: int, headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        values = {"heading": title, "text": text, "is_session_over": status == HTTPStatus.UNAUTHORIZED}
        return page_response(self._pages, "desk_refused.html", values, status, headers)
