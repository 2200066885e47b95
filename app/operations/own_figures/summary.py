"""Reads all that the page and the letter of a head show, as of one moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from accounts.account_store import AccountStore
from app.operations.own_figures.reading import TREND_MONTHS, OwnFigures, complaints_of_view, read_own_figures
from app.operations.own_figures.usage import Usage, read_usage
from app.operations.own_figures.view import OwnView
from cases.clocks.deadlines import Deadlines
from config.database import snapshot_transaction
from config.reference.programmes import ProgrammeTable
from config.time_zones import time_zone
from desk.read_model.overdue_cases import OverdueCase, OverdueShare, count_overdue_by_holder, read_overdue
from desk.units.complaint_units import read_units
from desk.units.tiers import Tier, read_tree, tier_of
from desk.units.tree import UnitTree
from oversight.figures.counts import jakarta_day
from oversight.read_model.case_row import tables_version
from oversight.read_model.day_counts import needs_rebuild
from oversight.read_model.returning import Return, find_returns, read_arrivals

# Parts of the code of a kecamatan: no place is divided further.
_DISTRICT_PARTS = 3
_LISTED_CASES = 30


class NotInTier(LookupError):
    """The view names a unit that does not exist, or that the person does not see."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a tier is told. `overdue` are the cases that are late longest, `overdue_by_holder` count all of them.

    Figures, overdue cases and what comes back are of the view; `usage` is of its unit.
    """

    tree: UnitTree
    tier: Tier
    figures: OwnFigures
    overdue_by_holder: Sequence[OverdueShare]
    overdue: Sequence[OverdueCase]
    returning: Sequence[Return]
    usage: Usage
    is_outdated: bool

    @property
    def overdue_cases(self) -> int:
        """The number of all overdue cases."""
        return sum(share.cases for share in self.overdue_by_holder)


class SummaryReader:
    """Reads summaries. `region` returns the code of an institution's region. May raise `DatabaseUnavailable`."""

    def __init__(
        self,
        engine: Engine,
        accounts: AccountStore,
        region: Callable[[str], str],
        deadlines: Deadlines,
        programmes: ProgrammeTable,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._region = region
        self._deadlines = deadlines
        self._version = tables_version(deadlines, programmes)

    def read(self, agency: str, unit: str, view: OwnView, now: datetime, months: int = TREND_MONTHS) -> Summary:
        """Return the summary for a person of an institution, or of the unit with this code.

        `months` is the number of months in the trend. Raises `NotInTier`.
        """
        accounts = self._accounts.of_agency(agency)
        with snapshot_transaction(self._engine) as connection:
            tree, tier = read_tree(connection, agency), self._tier(connection, agency, unit, view)
            depth, today = self.district_depth(agency), jakarta_day(now)
            own_day = now.astimezone(time_zone(self._region(agency)).value).date()
            # Of the tier, the desk's queries read the cases themselves.
            ids = complaints_of_view(tier_of(connection, agency, ""), view)
            return Summary(
                tree=tree,
                tier=tier,
                figures=read_own_figures(connection, tier, view, today, self._deadlines, depth, months),
                overdue_by_holder=count_overdue_by_holder(connection, tier, now, view.topic, view.district, ids),
                overdue=read_overdue(connection, tier, now, _LISTED_CASES, view.topic, view.district, ids),
                returning=_returning(connection, tier, view, now),
                usage=read_usage(connection, tier, tree, accounts, now, own_day),
                is_outdated=needs_rebuild(connection, self._version),
            )

    def district_depth(self, agency: str) -> int:
        """Return the parts of the code of a district: a region directly within that of the institution."""
        region = self._region(agency)
        return min(len(region.split(".")) + 1, _DISTRICT_PARTS) if region else 1

    def _tier(self, connection: Connection, agency: str, unit: str, view: OwnView) -> Tier:
        tier = tier_of(connection, agency, unit)
        if not view.unit:
            return tier
        narrow = tier_of(connection, agency, view.unit)
        if not narrow.units or not tier.has_unit(view.unit):
            raise NotInTier(view.unit)
        return narrow


def _returning(connection: Connection, tier: Tier, view: OwnView, now: datetime) -> Sequence[Return]:
    arrivals = read_arrivals(connection, tier.agency, now, complaints_of_view(tier, view), view.topic)
    if not tier.is_whole:
        units = read_units(connection, tier.agency, {arrival.complaint_id for arrival in arrivals})
        arrivals = [arrival for arrival in arrivals if tier.has_unit(units.get(arrival.complaint_id, ""))]
    return find_returns(arrivals, now, view.district)
