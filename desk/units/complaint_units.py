"""Tells which unit is accountable for the reports of an agency, also for those that were merged into a case."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, Select, func, select, union
from sqlmodel import col

from config.conditions import is_one_of
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskAccompanying, DeskCase
from desk.units.tiers import Tier, is_in_tier


def complaints_of_tier(tier: Tier) -> Select[tuple[UUID]]:
    """Return the query of the ids of reports that a unit of the tier has or had, with those that accompany them."""
    own = select(col(DeskCase.complaint_id)).where(is_in_tier(tier))
    accompanying = select(col(DeskAccompanying.complaint_id)).where(
        col(DeskAccompanying.agency) == tier.agency, col(DeskAccompanying.case_id).in_(own)
    )
    return select(union(own, accompanying).subquery().c.complaint_id)


def read_units(connection: Connection, agency: str, complaint_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the code of the unit that has or had each report last at the agency; empty for the agency itself.

    A report that accompanies a case there is the unit's of that case. A report that the agency never had is missing.
    """
    accompanying = select(
        col(DeskAccompanying.complaint_id), col(DeskAccompanying.case_id), col(DeskAccompanying.hop)
    ).where(is_one_of(col(DeskAccompanying.complaint_id), complaint_ids), col(DeskAccompanying.agency) == agency)
    # The latest dispatch comes last.
    cases = {row.complaint_id: row for row in connection.execute(accompanying.order_by(col(DeskAccompanying.hop)))}
    case_ids = {*complaint_ids, *(row.case_id for row in cases.values())}
    held = (
        select(
            col(DeskCase.complaint_id), col(DeskCase.hop), func.coalesce(col(DeskHolder.unit_code), "").label("unit")
        )
        .outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
        .where(is_one_of(col(DeskCase.complaint_id), case_ids), col(DeskCase.agency) == agency)
        .order_by(col(DeskCase.hop))
    )
    own = {row.complaint_id: row for row in connection.execute(held)}
    units: dict[UUID, str] = {}
    for id_ in complaint_ids:
        own_row, beside = own.get(id_), cases.get(id_)
        row = own.get(beside.case_id) if beside and (own_row is None or own_row.hop < beside.hop) else own_row
        if own_row or beside:
            units[id_] = row.unit if row else ""
    return units
