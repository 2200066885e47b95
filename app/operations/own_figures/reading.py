"""Reads the fourteen figures of a tier: of a month, by unit, topic and district, and of the months before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from app.operations.own_figures.view import OwnView
from cases.clocks.deadlines import Deadlines
from desk.units.complaint_units import complaints_of_tier, read_units
from desk.units.tiers import Tier
from oversight.figures.computation import Figures, compute_figures
from oversight.figures.counts import Counts, Period, Scope
from oversight.pages.months import Month, last_months
from oversight.read_model.agency_reports import Report, ReportChoice, count_reports, read_reports
from oversight.read_model.day_counts import in_programme, read_counts
from oversight.read_model.tables import OversightCase

TREND_MONTHS = 12
# Ways to divide the reports of a month. A report without a topic or a district has an empty code.
Division: TypeAlias = Literal["unit", "topic", "district"]
DIVISIONS: Sequence[Division] = ("unit", "topic", "district")


class Part(NamedTuple):
    """A part of a month's reports, such as those of a unit."""

    division: Division
    code: str


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Figures of a tier. `months` are in order and end with the month of the view; `parts` are those of this month."""

    months: Sequence[tuple[Month, Figures]]
    parts: Mapping[Part, Figures]

    @property
    def month(self) -> Figures:
        """The figures of the month of the view."""
        return self.months[-1][1]

    @property
    def month_before(self) -> Figures:
        """The figures of the month before it."""
        return self.months[-2][1]

    def of(self, division: Division) -> Mapping[str, Figures]:
        """Return the figures of each part of a division, by code."""
        return {part.code: figures for part, figures in self.parts.items() if part.division == division}


def read_own_figures(
    connection: Connection,
    tier: Tier,
    view: OwnView,
    today: date,
    deadlines: Deadlines,
    district_depth: int,
    months: int = TREND_MONTHS,
) -> OwnFigures:
    """Return the figures of a tier, which is that of the view's unit if it names one.

    A district is the beginning of a region's code, of `district_depth` parts. The months of a whole agency are read
    from its stored counts. For a part of it, all months are counted from the rows of their reports.
    """
    shown_months = last_months(view.month, months)
    is_stored = tier.is_whole and not (view.topic or view.district or view.programme)
    first = view.month if is_stored else shown_months[0]
    period = Period(first.period.first, view.month.period.last)
    reports = _reports(connection, tier, view, period)
    days = {report["day"].replace(day=1) for report in reports}
    months_of_days = {day: Month.of(day) for day in days}
    units = read_units(connection, tier.agency, {report["complaint_id"] for report in reports})

    def groups(report: Report) -> Iterator[Month | Part]:
        month = months_of_days[report["day"].replace(day=1)]
        if not is_stored:
            yield month
        if month == view.month:
            yield Part("unit", units.get(report["complaint_id"], ""))
            yield Part("topic", report["topic"])
            yield Part("district", district_of(report["region"], district_depth))

    if not tier.is_whole:
        reports = [report for report in reports if tier.has_unit(units.get(report["complaint_id"], ""))]
    counts = count_reports(reports, tier.agency, groups)

    def figures(of_group: Counts) -> Figures:
        return compute_figures(of_group, today, deadlines)

    def month_counts(month: Month) -> Counts:
        if is_stored:
            return read_counts(connection, Scope("agency", tier.agency), month.period, by_channel=False)
        return counts.get(month, Counts())

    return OwnFigures(
        [(month, figures(month_counts(month))) for month in shown_months],
        {part: figures(of_part) for part, of_part in counts.items() if isinstance(part, Part)},
    )


def complaints_of_view(tier: Tier, view: OwnView) -> Select[tuple[UUID]] | None:
    """Return the query of the reports of a part of an institution and of a programme; `None` for all reports."""
    of_tier = None if tier.is_whole else complaints_of_tier(tier)
    if not view.programme:
        return of_tier
    marked = select(col(OversightCase.complaint_id)).where(*in_programme(view.programme))
    if of_tier is not None:
        marked = marked.where(col(OversightCase.complaint_id).in_(of_tier))
    return select(marked.subquery().c.complaint_id)


def district_of(region: str, depth: int) -> str:
    """Return the beginning of a region's code with so many parts; empty for a place that is not known so exactly."""
    parts = region.split(".")
    return ".".join(parts[:depth]) if len(parts) >= depth else ""


def _reports(connection: Connection, tier: Tier, view: OwnView, period: Period) -> Sequence[Report]:
    ids = complaints_of_view(tier, view)
    return read_reports(connection, ReportChoice(tier.agency, period, view.topic, view.district, ids))
