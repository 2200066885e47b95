"""The deadline for an agency's answer. Public holidays are not known here."""

from datetime import datetime, timedelta, timezone

_ANSWER_WITHIN_WORKING_DAYS = 5
# `datetime.weekday` of the first day that is no working day.
_SATURDAY = 5
_JAKARTA = timezone(timedelta(hours=7))


def answer_deadline(at: datetime) -> datetime:
    """Return the time 5 working days after `at`: Monday to Friday in Jakarta."""
    remaining_days = _ANSWER_WITHIN_WORKING_DAYS
    while remaining_days:
        at += timedelta(days=1)
        remaining_days -= at.astimezone(_JAKARTA).weekday() < _SATURDAY
    return at
