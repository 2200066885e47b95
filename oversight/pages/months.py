"""Months of arrival, as addresses and pages name them. Pure."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Self

from oversight.figures.counts import Period, month_period
from pages.translation.message import Message
from pages.translation.message import message as _

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
_NAMES = (
    *(_("Januari"), _("Februari"), _("Maret"), _("April"), _("Mei"), _("Juni")),
    *(_("Juli"), _("Agustus"), _("September"), _("Oktober"), _("November"), _("Desember")),
)
_LABEL = _("{month} {year}")
_MONTHS_OF_YEAR = 12


class Month(NamedTuple):
    """A month of the calendar in Jakarta. Its text is `2026-11`."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month of a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        """Return the month as addresses name it."""
        return f"{self.year}-{self.number:02}"

    @property
    def period(self) -> Period:
        """The days of the month."""
        return month_period(self.year, self.number)

    @property
    def label(self) -> Message:
        """The month as a person reads it."""
        return _LABEL.filled(month=_NAMES[self.number - 1], year=str(self.year))

    def back(self, count: int) -> "Month":
        """Return the month that lies so many months before this one."""
        year, index = divmod(self.year * _MONTHS_OF_YEAR + self.number - 1 - count, _MONTHS_OF_YEAR)
        return Month(year, index + 1)


def read_month(text: str) -> Month | None:
    """Return the month of an address; `None` for another text."""
    match = _MONTH.fullmatch(text)
    return Month(int(match[1]), int(match[2])) if match else None


def last_months(month: Month, count: int) -> Sequence[Month]:
    """Return so many months, of which the last one is `month`, the oldest first."""
    return [month.back(index) for index in reversed(range(count))]
