"""The deadline for an agency's answer."""

from datetime import datetime

from messages.working_days import add_working_days

_ANSWER_WITHIN_WORKING_DAYS = 5


def answer_deadline(at: datetime) -> datetime:
    """Return the time 5 working days after `at`."""
    return add_working_days(at, _ANSWER_WITHIN_WORKING_DAYS)
