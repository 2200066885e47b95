"""Days of the public view. Pure.

Everything that everybody reads of a report changes once a day, with the beginning of the day in western Indonesia. Who
looks at the status of a number and at the public list again and again then finds a day on which both changed, and no
moment.
"""

from datetime import date, datetime, time, timedelta

from config.time_zones import TimeZone

_ZONE = TimeZone.WIB.value
_ONE_DAY = timedelta(days=1)


def public_day(at: datetime) -> date:
    """Return the day of a moment."""
    return at.astimezone(_ZONE).date()


def next_day(day: date) -> date:
    """Return the day after a day."""
    return day + _ONE_DAY


def begin_of_day(day: date) -> datetime:
    """Return the moment at which a day begins."""
    return datetime.combine(day, time(), _ZONE)
