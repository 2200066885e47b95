"""Builds the reader of what heads and coordinators are told, and the numbers of their weekly letter."""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.account_store import AccountStore
from app.assembly.parts import Parts
from app.operations.own_figures.summary import SummaryReader
from app.operations.own_figures.view import OwnView
from desk.institutions import Institutions
from desk.mail.texts import WeeklyFacts, WeeklyFigure
from oversight.figures.counts import jakarta_day
from oversight.pages.months import Month
from oversight.pages.shown_figures import FIGURES_BY_SLUG

# Figures of the weekly letter, by their names in addresses.
_LETTER_FIGURES = ("kasus", "dijawab", "selesai", "tak-tersentuh", "dibuka-lagi", "nilai")
# The letter tells of the month in which its week began.
_WEEK = timedelta(days=7)


def summary_reader(parts: Parts, institutions: Institutions) -> SummaryReader:
    """Return the reader of what heads and coordinators are told."""
    accounts = AccountStore(parts.engine, parts.now)
    return SummaryReader(parts.engine, accounts, institutions.region, parts.deadlines, parts.tables.programmes)


class WeeklyNumbers:
    """What the weekly letter tells of a tier: the numbers of the page that it links to."""

    def __init__(self, reader: SummaryReader, now: Callable[[], datetime]) -> None:
        self._reader = reader
        self._now = now

    def facts(self, agency: str, unit: str) -> WeeklyFacts:
        """Return the numbers of now, and the figures of the month in which the last week began."""
        now = self._now()
        month = Month.of(jakarta_day(now - _WEEK))
        summary = self._reader.read(agency, unit, OwnView(month), now, months=2)
        month_figures, before, usage = summary.figures.month, summary.figures.month_before, summary.usage
        figures = [
            WeeklyFigure(figure.title, figure.text(figure.read(month_figures)), figure.text(figure.read(before)))
            for figure in map(FIGURES_BY_SLUG.__getitem__, _LETTER_FIGURES)
        ]
        return WeeklyFacts(
            month=month.label,
            figures=figures,
            overdue=summary.overdue_cases,
            untouched=usage.untouched,
            unopened_dangers=len(usage.unopened_dangers),
            returning=len(summary.returning),
            never_signed_in=len(usage.never_signed_in),
            units_without_officer=len(usage.units_without_officer),
            webhooks_off=usage.webhooks_off,
        )
