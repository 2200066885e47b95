"""Parts that all pages of staff share: the right of the person, the frame, and redirects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts.permissions import Act, Actor, actor_label
from accounts.signed_in import SignedIn
from config.time_zones import read_moment
from messages.shapes import iso
from pages.addresses import with_query
from pages.frame import SignedInPages
from pages.responses import see_other
from pages.translation.message import Message
from pages.translation.message import message as _

# What a request did, by the action in the audit log.
_RESULTS: Mapping[str, Message] = {
    "triage.decide": _("{count} laporan diputuskan. Keputusan berlaku setelah sistem memprosesnya."),
    "desk.ask": _("{count} pertanyaan dikirim kepada pelapor."),
    "desk.close": _("{count} laporan ditutup tanpa diteruskan. Pelapor diberi tahu."),
    "set_aside.release": _("{count} pesan dijadikan laporan. Laporan ada setelah sistem memprosesnya."),
    "quarantine.release": _("{count} pesan diterima."),
    "quarantine.drop": _("{count} pesan dibuang."),
    "dead_letters.redrive": _("{count} rekaman dikirim ulang."),
    "dead_letters.drop": _("{count} rekaman dibuang."),
    "complaints.merge": _("{count} laporan digabungkan. Penggabungan berlaku setelah sistem memprosesnya."),
    "duplicates.confirm": _("{count} laporan digabungkan. Penggabungan berlaku setelah sistem memprosesnya."),
    "duplicates.deny": _("{count} usulan ditolak: kedua laporan ditangani sendiri-sendiri."),
    "complaints.split": _("{count} laporan dipisahkan. Pemisahan berlaku setelah sistem memprosesnya."),
}
_OTHER_RESULT = _("{count} tindakan tercatat.")


@dataclass(frozen=True, slots=True)
class StaffFrame:
    """Frame of the pages.

    `count_acts` returns the acts of a person at a time from the audit log, by action: a page tells from it what the
    person's last request did.
    """

    signed_in: SignedIn
    pages: SignedInPages
    count_acts: Callable[[str, datetime], Mapping[str, int]]
    now: Callable[[], datetime]

    def require(self, request: Request, act: Act, agency: str = "") -> Actor:
        """Return the person, who may do this act. Raises `NotSignedIn` or `Forbidden`."""
        return self.signed_in.require(request, act, agency)

    def render(
        self,
        template: str,
        request: Request,
        actor: Actor,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Return the page."""
        return self.pages.render(template, request, actor, {"problem": None, "now": self.now(), **values}, status)

    def results(self, actor: Actor, typed_time: str) -> list[Message]:
        """Return what the request of this person at this time did; nothing for another text than such a time."""
        at = read_moment(typed_time)
        if at is None:
            return []
        counts = self.count_acts(actor_label(actor), at)
        return [_result_text(action, count) for action, count in sorted(counts.items())]


def see_result(address: str, at: datetime, **query: str) -> Response:
    """Redirect to a page that shows what the request at this time did, and keeps the filter of `query`."""
    return see_other(with_query(address, **query, hasil=iso(at)))


def _result_text(action: str, count: int) -> Message:
    """Return the sentence about the acts of a request."""
    return _RESULTS.get(action, _OTHER_RESULT).filled(count=count)
