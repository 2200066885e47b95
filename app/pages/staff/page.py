"""Parts that all pages of staff share: the right of the person, the frame, and the checks of typed values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accounts.frame import SignedInPages
from accounts.permissions import Act, Actor
from accounts.signed_in import SignedIn
from app.pages.staff.result_wording import result_text
from config.translation.message import Message
from config.translation.message import message as _
from messages.shapes import iso

# One field of a form, and a field that may be there several times.
Typed = Annotated[str, Form()]
TypedList = Annotated[list[str], Form()]

# Length of a reason in an event on `oversight`, and in a correction.
MAX_REASON_LENGTH = 500
REASON_MISSING = _("Isi alasannya dalam satu baris, paling banyak {limit} karakter.").filled(limit=MAX_REASON_LENGTH)
_MAX_DAYS = 3650


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
        try:
            at = datetime.fromisoformat(typed_time)
        except ValueError:
            return []
        if at.tzinfo is None:
            return []
        return [result_text(action, count) for action, count in sorted(self.count_acts(actor.name, at).items())]


def see_result(address: str, at: datetime, **query: str) -> Response:
    """Redirect to a page that shows what the request at this time did, and keeps the filter of `query`."""
    return see_other(address, **query, hasil=iso(at))


def see_other(address: str, **query: str) -> Response:
    """Redirect so that a browser follows by GET. `address` is local; empty values of the query are left out."""
    return RedirectResponse(with_query(address, **query), HTTPStatus.SEE_OTHER)


def with_query(address: str, **query: str) -> str:
    """Return the address with the values that are not empty."""
    given = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def reason_problem(typed: str) -> Message | None:
    """Return the problem of a reason; `None` for one line of visible characters."""
    reason = typed.strip()
    return None if 0 < len(reason) <= MAX_REASON_LENGTH and reason.isprintable() else REASON_MISSING


def days_before(now: datetime, typed: str) -> datetime | None:
    """Return the time so many days ago; `None` for another text than a number of days, and for too many."""
    days = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= len(str(_MAX_DAYS)) else 0
    return now - timedelta(days=days) if 0 < days <= _MAX_DAYS else None


def typed_date(typed: str) -> datetime | None:
    """Return the beginning of a day in UTC, from the form's `2026-11-24`; `None` for another text."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=UTC) if typed else None
    except ValueError:
        return None
