"""Readings: an overseer gives a reason, the audit log has it first, and the case is open for a limited time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from accounts.permissions import Actor
from pages.translation.message import Message
from pages.translation.message import message as _

# Reasons to choose from, by their names in the form and in the audit log.
REASONS: Mapping[str, Message] = {
    "lewat-tenggat": _("Laporan lewat tenggat"),
    "permintaan-pelapor": _("Permintaan pelapor"),
    "dugaan-maladministrasi": _("Dugaan maladministrasi"),
    "prioritas-nasional": _("Prioritas nasional"),
    "evaluasi": _("Evaluasi instansi"),
    "lainnya": _("Lainnya"),
}
MAX_EXPLANATION = 500
REASON_MISSING = _("Pilih alasan membaca laporan ini.")
EXPLANATION_MISSING = _("Tulis alasan Anda dengan kata-kata.")
EXPLANATION_TOO_LONG = _("Alasan terlalu panjang: paling banyak {limit} karakter.")
NOT_OPEN = _("Laporan ini belum terbuka untuk Anda. Tulis alasan lebih dahulu.")
EXPIRED = _("Waktu membaca Anda sudah habis. Tulis alasan lagi untuk membukanya.")
# A page says that the time is over if the reading ended so long ago at most.
RECENT = timedelta(hours=24)


class Reading(NamedTuple):
    """A recorded reading of a case by a person, and the time until which the case is open."""

    at: datetime
    until: datetime


class Readings(Protocol):
    """Readings in the audit log. Every method may raise `DatabaseUnavailable`."""

    def begin(self, actor: Actor, complaint_id: UUID, why: str, at: datetime) -> None:
        """Record a reading. The case is open from then on."""

    def latest(self, actor: Actor, complaint_id: UUID, since: datetime) -> Reading | None:
        """Return the latest reading of the person since a time; `None` without one."""


class ReasonDraft(NamedTuple):
    """A reason that a person has begun: a choice of `REASONS`, and words. `fault` says what is missing."""

    choice: str = ""
    explanation: str = ""
    fault: Message | None = None

    @property
    def recorded(self) -> str:
        """The reason in the audit log."""
        return f"{self.choice}: {self.explanation}"


def reason_draft(choice: str, typed: str) -> ReasonDraft:
    """Return the reason that a form has, with its fault if it cannot be recorded. White space becomes single spaces."""
    explanation = " ".join("".join(sign if sign.isprintable() else " " for sign in typed).split())
    fault = None
    if choice not in REASONS:
        fault = REASON_MISSING
    elif not explanation:
        fault = EXPLANATION_MISSING
    elif len(explanation) > MAX_EXPLANATION:
        fault = EXPLANATION_TOO_LONG.filled(limit=MAX_EXPLANATION)
    return ReasonDraft(choice, explanation, fault)


def refusal(reading: Reading | None) -> Message:
    """Return the sentence for a person whose case is not open: it never was, or its time is over."""
    return EXPIRED if reading else NOT_OPEN
