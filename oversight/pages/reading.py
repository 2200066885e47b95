"""Reads what a page shows. The work depends on days and scopes, and never on the number of cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from cases.clocks.deadlines import Deadlines
from config.database import read_transaction, snapshot_transaction
from config.reference.programmes import ProgrammeTable
from config.time_zones import TimeZone
from messages.topics import TRIAGE
from oversight.figures.computation import Figures, bucket_limits, compute_figures
from oversight.figures.counts import Counts, Scope, ScopeKind, jakarta_day
from oversight.pages.address import View
from oversight.pages.months import Month, last_months
from oversight.pages.names import agency_province
from oversight.pages.shown_figures import FigureValue
from oversight.read_model.case_row import tables_version
from oversight.read_model.day_counts import (
    count_overdue,
    needs_rebuild,
    read_counts,
    read_counts_by_scope,
    read_longest_overdue,
)

TREND_MONTHS = 12


class OldestOverdue(NamedTuple):
    """Cases of a scope that are overdue now, with days and agency of the one whose deadline passed first."""

    number: int
    days: int
    agency: str


class ScopeValue(NamedTuple):
    """The cases of a scope in the month, and its value of the figure."""

    cases: int
    value: FigureValue


@dataclass(frozen=True, slots=True)
class PageData:
    """What a page shows. `months` are in order; `by_kind` has the scopes of each kind that the page needs, by code.

    `by_channel` are the figures of the month for the reports of each channel.
    """

    figures: Figures
    compared_figures: Figures
    by_channel: Mapping[str, Figures]
    compared_by_channel: Mapping[str, Figures]
    finished: int
    months: Sequence[tuple[Month, Figures]]
    by_kind: Mapping[ScopeKind, Mapping[str, ScopeValue]]
    overdue: OldestOverdue
    is_outdated: bool


class FigureReader:
    """Reads from the read model of oversight."""

    def __init__(self, engine: Engine, deadlines: Deadlines, programmes: ProgrammeTable) -> None:
        self._engine = engine
        self._deadlines = deadlines
        self._version = tables_version(deadlines, programmes)

    def has_reports(self, scope: Scope, month: Month) -> bool:
        """Return whether a scope has counts in a month."""
        with read_transaction(self._engine) as connection:
            return bool(read_counts(connection, scope, month.period, by_channel=False).counts)

    def read(self, view: View, now: datetime) -> PageData:
        """Return the data of a page as of one moment of the read model."""
        kinds: set[ScopeKind] = {view.ranked} - {"nation"}
        if view.scope.kind == "nation":
            kinds.add("province")
        shown_months = last_months(view.month, TREND_MONTHS)
        with snapshot_transaction(self._engine) as connection:
            by_channel = {view.month, view.compared_month}
            counts = {
                month: read_counts(connection, view.scope, month.period, by_channel=month in by_channel)
                for month in {*shown_months, *by_channel}
            }
            by_kind = {kind: self._scope_values(connection, kind, view, now) for kind in kinds}
            overdue = _overdue(connection, view.scope, now)
            is_outdated = needs_rebuild(connection, self._version)
        figures = {month: self._figures(month_counts, now) for month, month_counts in counts.items()}
        return PageData(
            figures[view.month],
            figures[view.compared_month],
            self._by_channel(counts[view.month], now),
            self._by_channel(counts[view.compared_month], now),
            counts[view.month].total("finish_met", "finish_missed"),
            [(month, figures[month]) for month in shown_months],
            by_kind,
            overdue,
            is_outdated,
        )

    def _figures(self, counts: Counts, now: datetime) -> Figures:
        return compute_figures(counts, jakarta_day(now), self._deadlines)

    def _by_channel(self, counts: Counts, now: datetime) -> Mapping[str, Figures]:
        return {channel: self._figures(of_channel, now) for channel, of_channel in counts.by_channel().items()}

    def _scope_values(
        self, connection: Connection, kind: ScopeKind, view: View, now: datetime
    ) -> Mapping[str, ScopeValue]:
        measures = {*view.figure.measures, "case"}
        limits = () if view.figure.needs_days else bucket_limits(jakarta_day(now))
        counts = read_counts_by_scope(connection, kind, view.month.period, sorted(measures), limits)
        values = {
            code: self._figures(scope_counts, now)
            for code, scope_counts in counts.items()
            if _belongs_to(view.scope, code)
        }
        return {code: ScopeValue(figures.cases, view.figure.read(figures)) for code, figures in values.items()}


def _belongs_to(scope: Scope, code: str) -> bool:
    """Return whether a page ranks a code: of a province the agencies of its government, its regencies and cities.

    Triage is no agency and never ranked.
    """
    return code != TRIAGE and (scope.kind != "province" or agency_province(code) == scope.value)


def _overdue(connection: Connection, scope: Scope, now: datetime) -> OldestOverdue:
    """Return the overdue cases. A deadline has passed when its day in Jakarta has ended, as for the figures."""
    today = jakarta_day(now)
    midnight = datetime.combine(today, time(), TimeZone.WIB.value)
    rows = read_longest_overdue(connection, scope, midnight)
    if not rows:
        return OldestOverdue(0, 0, "")
    days = (today - jakarta_day(rows[0].open_due_at)).days
    return OldestOverdue(count_overdue(connection, scope, today), days, rows[0].agency)
