"""Checks of the values that a person typed into a form or an address."""

from datetime import UTC, datetime, timedelta

from accounts.person_checks import MAX_REASON_LENGTH, is_usable_reason
from pages.forms import read_number
from pages.translation.message import Message
from pages.translation.message import message as _

REASON_MISSING = _("Isi alasannya dalam satu baris, paling banyak {limit} karakter.").filled(limit=MAX_REASON_LENGTH)
_MAX_DAYS = 3650


def reason_problem(typed: str) -> Message | None:
    """Return the problem of a reason; `None` for one line of visible characters."""
    return None if is_usable_reason(typed) else REASON_MISSING


def days_before(now: datetime, typed: str) -> datetime | None:
    """Return the time so many days ago; `None` for another text than a number of days, and for too many."""
    days = read_number(typed, _MAX_DAYS)
    return now - timedelta(days=days) if days else None


def typed_date(typed: str) -> datetime | None:
    """Return the beginning of a day in UTC, from the form's `2026-11-24`; `None` for another text."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=UTC) if typed else None
    except ValueError:
        return None
