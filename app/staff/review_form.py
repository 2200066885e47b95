"""Review of messages that were put aside: the form of a decision about many, and the page of one."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from accounts.permissions import Act, Actor, actor_label, may
from app.staff.page import StaffFrame
from app.staff.review_wording import GONE, fact_rows
from app.staff.typed import reason_problem
from bus.errors import Stop
from config.time_zones import read_moment
from messages.reveals import refresh_header
from pages.forms import Typed
from pages.translation.message import Message
from pages.translation.message import message as _

_ALL = "semua"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOTHING_CHOSEN = _("Centang dulu yang Anda maksud, atau pilih semua di kelompok ini.")
_NO_GROUP = _("Pilih satu kelompok dulu. Semua kelompok sekaligus tidak dapat diputuskan di sini.")


class ReviewForm(BaseModel):
    """Fields of the form. `pilih` are ids; `lingkup` is `semua` for all of the group.

    The group is `tahap` or `saluran`, `kelompok` (the reason) and `bidang`. `sampai` is the time of the page that the
    person saw: what came later is not decided. `laju` is a number of records a second.
    """

    tindakan: str = ""
    pilih: list[str] = Field(default_factory=list)
    lingkup: str = ""
    saluran: str = ""
    tahap: str = ""
    kelompok: str = ""
    bidang: str = ""
    sampai: str = ""
    alasan: str = ""
    laju: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids with a check mark; none if all of the group are meant. Only whole ids: a beginning may fit many."""
        return () if self.lingkup == _ALL else tuple(id_ for id_ in self.pilih if _ID.fullmatch(id_))

    @property
    def shown_until(self) -> datetime | None:
        """Time at which the page was shown; `None` for another text."""
        return read_moment(self.sampai)

    def problem(self) -> Message | None:
        """Return what is missing; `None` if nothing is."""
        if problem := reason_problem(self.alasan):
            return problem
        if self.lingkup == _ALL:
            return None if self.kelompok and self.shown_until else _NO_GROUP
        return None if self.ids else _NOTHING_CHOSEN


TypedReview = Annotated[ReviewForm, Form()]


EntryT = TypeVar("EntryT")


class Reviewed(Protocol[EntryT]):
    """Messages that were put aside: `app.operations.review.quarantine` and `.dead_letters`."""

    def find(self, id_prefix: str) -> EntryT:
        """Return the only message whose id has this prefix. Raises `Stop`."""

    def describe(self, entry: EntryT, /) -> Mapping[str, object]:
        """Return the facts about a message without its text. Raises `Stop`."""

    def reveal(self, entry: EntryT, /, actor: str, why: str, at: datetime, role: str) -> bytes:
        """Return the content. The row of the audit log comes first. Raises `Stop`."""


class EntryPages(Generic[EntryT]):
    """Page of one message, below `address`. `view` is the right to it, `back_of` the address of the group by facts."""

    def __init__(
        self,
        frame: StaffFrame,
        reviewed: Reviewed[EntryT],
        address: str,
        view: Act,
        back_of: Callable[[Mapping[str, object]], str],
    ) -> None:
        self._frame = frame
        self._reviewed = reviewed
        self._address = address
        self._view = view
        self._back_of = back_of

    def routes(self) -> APIRouter:
        """Return the routes of these pages."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(f"{self._address}/{{entry_id}}", self.show, methods=["GET"])
        router.add_api_route(f"{self._address}/{{entry_id}}/buka", self.reveal, methods=["POST"])
        return router

    def show(self, request: Request, entry_id: str) -> Response:
        """Show the facts about one message without its text."""
        actor = self._frame.require(request, self._view)
        return self._page(request, actor, entry_id, {})

    def reveal(self, request: Request, entry_id: str, alasan: Typed = "") -> Response:
        """Show the content on this response only. Each view is recorded before."""
        actor = self._frame.require(request, Act.REVEAL)
        if problem := reason_problem(alasan):
            return self._page(request, actor, entry_id, {"reason": alasan}, problem)
        try:
            entry = self._reviewed.find(entry_id)
            at, reason = self._frame.now(), alasan.strip()
            content = self._reviewed.reveal(entry, actor_label(actor), reason, at, actor.role)
        except Stop:
            return self._gone(request, actor)
        response = self._page(request, actor, entry_id, {"revealed": content.decode("utf-8", "replace")})
        response.headers.update(refresh_header(f"{self._address}/{entry_id}"))
        return response

    def _page(
        self,
        request: Request,
        actor: Actor,
        entry_id: str,
        values: Mapping[str, Any],
        problem: Message | None = None,
    ) -> Response:
        try:
            facts = self._reviewed.describe(self._reviewed.find(entry_id))
        except Stop:
            return self._gone(request, actor)
        all_values = {
            "heading": facts["id"],
            "facts": fact_rows(facts),
            "address": f"{self._address}/{facts['id']}",
            "back": self._back_of(facts),
            "may_reveal": may(actor, Act.REVEAL, ""),
            **values,
            "problem": problem,
        }
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._frame.render("staff_review_entry.html", request, actor, all_values, status)

    def _gone(self, request: Request, actor: Actor) -> Response:
        """Return the page for a message that was decided meanwhile, or that does not exist."""
        values = {"problem": GONE, "back": self._address}
        return self._frame.render("staff_review_gone.html", request, actor, values, HTTPStatus.NOT_FOUND)
