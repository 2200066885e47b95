"""Who sees which cases: the tier of a person or of a key. Every reading of an agency's cases takes a `Tier`."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col

from config.conditions import is_one_of
from config.database import has_row
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskContribution, DeskUnit
from desk.units.tree import Unit, UnitTree

# Columns about the unit of a case, of an outer join of `DeskHolder`.
HOLDING: tuple[ColumnElement[Any], ...] = (
    func.coalesce(col(DeskHolder.unit_code), "").label("unit_code"),
    col(DeskHolder.unit_due_at).label("unit_due_at"),
)


@dataclass(frozen=True, slots=True)
class Tier:
    """The cases that somebody may see: all of an agency, or with `units` those for which one of these is accountable.

    Only `tier_of` makes one with units. `has_asked`: also those about which one of these units is asked for a
    contribution, as long as it is asked. Such a tier is for reading; every act takes the one without.
    """

    agency: str
    units: frozenset[str] | None = None
    has_asked: bool = False

    @property
    def is_whole(self) -> bool:
        """True for all cases of the agency, also those without a unit."""
        return self.units is None

    def has_unit(self, code: str) -> bool:
        """Return True if a case of this unit is in the tier; the code is empty for a case without a unit."""
        return self.units is None or code in self.units

    def with_asked(self) -> "Tier":
        """Return the tier to read with: see `has_asked`."""
        return replace(self, has_asked=True)

    def without_asked(self) -> "Tier":
        """Return the tier to act in."""
        return replace(self, has_asked=False)


def tier_of(connection: Connection, agency: str, unit: str) -> Tier:
    """Return what a person or a key of an agency may see: this is the one place that decides it.

    Without a unit it is the agency, otherwise the unit and those below it. A unit that does not exist sees nothing.
    """
    return Tier(agency, read_tree(connection, agency).below(unit)) if unit else Tier(agency)


def is_in_tier(tier: Tier) -> ColumnElement[bool]:
    """Return the condition that a row of `DeskCase` is in the tier."""
    is_own = col(DeskCase.agency) == tier.agency
    if tier.units is None:
        return is_own
    held = select(col(DeskHolder.dispatch_id)).where(
        col(DeskHolder.agency) == tier.agency, is_one_of(col(DeskHolder.unit_code), sorted(tier.units))
    )
    if not tier.has_asked:
        return is_own & col(DeskCase.dispatch_id).in_(held)
    readable = union_all(held, asked_cases(tier))
    return is_own & col(DeskCase.dispatch_id).in_(readable)


def asked_cases(tier: Tier) -> Select[UUID]:
    """Return the query of the cases about which a unit of the tier is asked: the one condition of that sight.

    A request is over when the contribution is given, when it is withdrawn, and when the case is done or has left.
    """
    case = aliased(DeskCase)
    query = (
        select(col(DeskContribution.dispatch_id))
        .join(case, col(case.dispatch_id) == col(DeskContribution.dispatch_id))
        .where(
            col(DeskContribution.agency) == tier.agency,
            col(DeskContribution.ended_at).is_(None),
            col(case.is_current),
            col(case.tab) != "done",
        )
    )
    if tier.units is None:
        return query
    return query.where(is_one_of(col(DeskContribution.unit_code), sorted(tier.units)))


def is_readable(connection: Connection, tier: Tier, case: Row[Any]) -> bool:
    """Return True if a case is in the tier; it has the columns `dispatch_id` and `unit_code`."""
    if tier.has_unit(case.unit_code):
        return True
    return tier.has_asked and has_row(
        connection, asked_cases(tier).where(col(DeskContribution.dispatch_id) == case.dispatch_id)
    )


def sees(connection: Connection, tier: Tier, dispatch_id: UUID) -> bool:
    """Return True if a case of the agency is in the tier."""
    return tier.units is None or bool(seen(connection, tier, [dispatch_id]))


def seen(connection: Connection, tier: Tier, dispatch_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of the agency's cases that are in the tier."""
    if tier.units is None:
        return set(dispatch_ids)
    query = select(col(DeskHolder.dispatch_id)).where(
        is_one_of(col(DeskHolder.dispatch_id), dispatch_ids),
        col(DeskHolder.agency) == tier.agency,
        is_one_of(col(DeskHolder.unit_code), sorted(tier.units)),
    )
    found = set(connection.execute(query).scalars())
    if tier.has_asked:
        asked = asked_cases(tier).where(is_one_of(col(DeskContribution.dispatch_id), dispatch_ids))
        found |= set(connection.execute(asked).scalars())
    return found


def read_tree(connection: Connection, agency: str) -> UnitTree:
    """Return the units of an agency."""
    names = tuple(Unit.__dataclass_fields__)
    query = select(*(col(getattr(DeskUnit, name)) for name in names)).where(col(DeskUnit.agency) == agency)
    return UnitTree(Unit(*row) for row in connection.execute(query))
