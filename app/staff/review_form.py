"""Review of messages that were put aside: the form of a decision about many, and the page of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from accounts.permissions import Act, Actor, may
from app.staff.page import StaffFrame
from app.staff.review_wording import GONE, fact_rows
from app.staff.typed import reason_problem
from config.time_zones import read_moment
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that was put aside. `list_address` is the page of all, `back` that of its group.

    `facts` are its masked fields and its `id`.
    """

    list_address: str
    back: str
    facts: Mapping[str, object]


def show_entry(
    frame: StaffFrame,
    request: Request,
    actor: Actor,
    entry: Entry,
    values: Mapping[str, Any],
    problem: Message | None = None,
) -> Response:
    """Return the page: 400 with a problem. `values` are what a form typed or revealed."""
    id_ = entry.facts["id"]
    all_values = {
        "heading": id_,
        "facts": fact_rows(entry.facts),
        "address": f"{entry.list_address}/{id_}",
        "back": entry.back,
        "may_reveal": may(actor, Act.REVEAL, ""),
        **values,
        "problem": problem,
    }
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return frame.render("staff_review_entry.html", request, actor, all_values, status)


def show_gone(frame: StaffFrame, request: Request, actor: Actor, list_address: str) -> Response:
    """Return the page for a message that was decided meanwhile, or that does not exist."""
    values = {"problem": GONE, "back": list_address}
    return frame.render("staff_review_gone.html", request, actor, values, HTTPStatus.NOT_FOUND)
