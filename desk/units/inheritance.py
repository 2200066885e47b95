"""A dispatch that comes back to an institution begins at the unit that had its complaint there last."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.tables import DispatchFact
from config.conditions import is_one_of
from config.database import insert_statement
from desk.acts.tables import DeskHolder
from desk.units.tables import DeskUnit

_NEW, _EARLIER = DispatchFact, aliased(DispatchFact)
_HELD = ("unit", "unit_code", "unit_from", "returns")
# Built once: each batch executes it. Few agencies have units, and few dispatches come back.
_INHERITED: Select[*tuple[Any, ...]] = (
    select(
        col(_NEW.id).label("dispatch_id"),
        col(_NEW.agency).label("agency"),
        col(_NEW.hop).label("new_hop"),
        *(col(getattr(DeskHolder, name)).label(name) for name in _HELD),
    )
    .join(_EARLIER, (col(_EARLIER.complaint_id) == col(_NEW.complaint_id)) & (col(_EARLIER.agency) == col(_NEW.agency)))
    .join(DeskHolder, col(DeskHolder.dispatch_id) == col(_EARLIER.id))
    .where(
        is_one_of(col(_NEW.id), bindparam("ids")),
        col(_EARLIER.hop) < col(_NEW.hop),
        select(col(DeskUnit.code)).where(col(DeskUnit.agency) == col(_NEW.agency)).exists(),
    )
    .order_by(col(_NEW.hop), col(_EARLIER.hop).desc())
)


def inherit_units(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Store the unit of new dispatches, of later hops, whose complaint the same agency had before.

    Doing so again changes nothing: what a person has decided about a dispatch stays.
    """
    if not dispatch_ids:
        return
    last: dict[UUID, Any] = {}
    for row in connection.execute(_INHERITED, {"ids": dispatch_ids}):
        last.setdefault(row.dispatch_id, row)
    rows = [
        {"dispatch_id": row.dispatch_id, "agency": row.agency, **{name: getattr(row, name) for name in _HELD}}
        | {"account_id": "", "name": ""}
        for row in last.values()
        if row.unit_code
    ]
    if rows:
        connection.execute(insert_statement(connection, DeskHolder).on_conflict_do_nothing(), rows)
