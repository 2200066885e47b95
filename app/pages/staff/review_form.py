"""Form by which a person decides about messages that were put aside: those with a check mark, or all of a group."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import Form
from pydantic import BaseModel, Field

from app.pages.staff.typed import reason_problem
from config.translation.message import Message
from config.translation.message import message as _

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
        try:
            at = datetime.fromisoformat(self.sampai)
        except ValueError:
            return None
        return at if at.tzinfo else None

    def problem(self) -> Message | None:
        """Return what is missing; `None` if nothing is."""
        if problem := reason_problem(self.alasan):
            return problem
        if self.lingkup == _ALL:
            return None if self.kelompok and self.shown_until else _NO_GROUP
        return None if self.ids else _NOTHING_CHOSEN


TypedReview = Annotated[ReviewForm, Form()]
