"""Working days: Monday to Friday without national holidays and joint leave, in a zone of Indonesia. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from cases.clocks.holidays import Holiday
from config.time_zones import TimeZone

_DAYS_OF_WEEK = 7
_WEEKDAYS = 5
_DAY = timedelta(days=1)
_KEPT_DAYS = 4_096


class WorkingCalendar:
    """Counts working days. `version` names the table of holidays.

    A year is *provisional* while the table has no joint leave for it: the decree of that year may still move a deadline
    in it. Years that the table lacks are provisional too.
    """

    def __init__(self, holidays: Iterable[Holiday], version: str = "") -> None:
        self.holidays = tuple(holidays)
        self.version = version
        self.decreed_years = frozenset(holiday.day.year for holiday in self.holidays if holiday.kind == "joint_leave")
        days = {holiday.day.toordinal() for holiday in self.holidays}
        self._holidays_on_weekdays = sorted(day for day in days if _is_weekday(day))
        # Most cases of a batch began within a few days.
        self._day_after = lru_cache(_KEPT_DAYS)(self._find_day_after)

    def is_provisional(self, at: datetime, zone: TimeZone = TimeZone.WIB) -> bool:
        """Return whether the year of a moment has no decree on joint leave yet."""
        return at.astimezone(zone.value).year not in self.decreed_years

    def add_working_days(self, at: datetime, days: int, zone: TimeZone = TimeZone.WIB) -> datetime:
        """Return the same time of the day, that many working days later.

        The day itself does not count. From Saturday, one working day later is Monday. 0 days give `at`.
        """
        if days <= 0:
            return at
        today = at.astimezone(zone.value).date().toordinal()
        return at + timedelta(days=self._day_after(today, days) - today)

    def working_time_between(self, start: datetime, end: datetime, zone: TimeZone = TimeZone.WIB) -> timedelta:
        """Return how much of a period lies on working days, each of 24 hours; nothing if it ends before its start."""
        return max(self._working_time(end, zone) - self._working_time(start, zone), timedelta())

    def add_working_time(self, at: datetime, duration: timedelta, zone: TimeZone = TimeZone.WIB) -> datetime:
        """Return the moment at which so much time on working days has passed since `at`. No time gives `at`."""
        if duration <= timedelta():
            return at
        full_days, rest = divmod(self._working_time(at, zone) + duration, _DAY)
        midnight = datetime.min.replace(tzinfo=zone.value)
        day = self._day_with_count(full_days + 1)
        return (midnight + timedelta(days=day - 1) + rest).astimezone(at.tzinfo)

    def _find_day_after(self, ordinal: int, days: int) -> int:
        """Return the day that is so many working days after a day."""
        return self._day_with_count(self._count(ordinal) + days)

    def _working_time(self, at: datetime, zone: TimeZone) -> timedelta:
        """Return the time on working days since the year 1."""
        local = at.astimezone(zone.value)
        ordinal = local.date().toordinal()
        time_of_day = timedelta(
            hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        is_working = self._count(ordinal) > self._count(ordinal - 1)
        return self._count(ordinal - 1) * _DAY + (time_of_day if is_working else timedelta())

    def _count(self, ordinal: int) -> int:
        """Return the number of working days since the year 1 (a Monday), with this day."""
        weeks, rest = divmod(ordinal, _DAYS_OF_WEEK)
        return weeks * _WEEKDAYS + min(rest, _WEEKDAYS) - bisect_right(self._holidays_on_weekdays, ordinal)

    def _day_with_count(self, count: int) -> int:
        """Return the working day that is the `count`-th since the year 1.

        The search begins at the day of a year without holidays. Each step is as long as the number of working days that
        are missing, so that it never passes the day.
        """
        weeks, rest = divmod(count - 1, _WEEKDAYS)
        ordinal = weeks * _DAYS_OF_WEEK + rest + 1
        while missing := count - self._count(ordinal):
            ordinal += missing
        return ordinal


def _is_weekday(ordinal: int) -> bool:
    """Return whether a day is none of a weekend. The first day of the year 1 is a Monday."""
    return (ordinal - 1) % _DAYS_OF_WEEK < _WEEKDAYS
