"""Working days: Monday to Friday in Jakarta. Public holidays are not known here."""

from datetime import datetime, timedelta, timezone

# `datetime.weekday` of the first day that is no working day.
_SATURDAY = 5
_JAKARTA = timezone(timedelta(hours=7))

# A sender may object to an answer within this time; after it the case stays closed (SP4N-LAPOR's own rule).
OBJECTION_WORKING_DAYS = 10


def add_working_days(at: datetime, days: int) -> datetime:
    """Return the time that many working days after `at`."""
    remaining_days = days
    while remaining_days > 0:
        at += timedelta(days=1)
        remaining_days -= at.astimezone(_JAKARTA).weekday() < _SATURDAY
    return at


def may_object(answered_at: datetime, at: datetime) -> bool:
    """Return whether an objection of a sender at a time is within the period after the answer."""
    return at <= add_working_days(answered_at, OBJECTION_WORKING_DAYS)
