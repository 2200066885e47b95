"""Keeps the lists of units: a row for a case at its accountable unit, at an asked unit, and at each unit above them.

All that writes them holds the lock of the desk's derivation: it must not write the rows of a unit that a case has left.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, delete, false, insert, literal, select
from sqlmodel import col

from config.conditions import is_one_of
from config.database import DatabaseLock, has_row, lock_until_commit
from config.row_insertion import insert_or_replace_rows
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskContribution, DeskUnit, DeskUnitCase
from desk.units.tiers import read_tree
from desk.units.tree import UnitTree

# Columns that a row has of its case.
_OF_CASE = tuple(name for name in DeskUnitCase.model_fields if name not in {"unit", "is_asked"})
_ANY_UNIT = select(literal(1)).select_from(DeskUnit)
# Built once: each batch executes it. Few agencies have units.
_AT_UNITS: Select[*tuple[Any, ...]] = (
    select(*(col(getattr(DeskCase, name)) for name in _OF_CASE), col(DeskHolder.unit_code))
    .join(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
    .where(is_one_of(col(DeskHolder.dispatch_id), bindparam("ids")), col(DeskHolder.unit_code) != "")
)


_ASKED: Select[*tuple[Any, ...]] = (
    select(*(col(getattr(DeskCase, name)) for name in _OF_CASE), col(DeskContribution.unit_code))
    .join(DeskContribution, col(DeskContribution.dispatch_id) == col(DeskCase.dispatch_id))
    .where(
        is_one_of(col(DeskContribution.dispatch_id), bindparam("ids")),
        col(DeskContribution.ended_at).is_(None),
        col(DeskCase.is_current),
        col(DeskCase.tab) != "done",
    )
)
_ASKED_ROWS = delete(DeskUnitCase).where(
    is_one_of(col(DeskUnitCase.dispatch_id), bindparam("ids")), col(DeskUnitCase.is_asked)
)


def write_unit_cases(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Write the rows of cases whose own rows have changed, and which stay at their units. The lock is held already."""
    if not dispatch_ids or not has_row(connection, _ANY_UNIT):
        return
    # A request ends with its case.
    connection.execute(_ASKED_ROWS, {"ids": dispatch_ids})
    trees: dict[str, UnitTree] = {}
    rows: dict[tuple[UUID, str], dict[str, Any]] = {}
    for query, is_asked in ((_ASKED, True), (_AT_UNITS, False)):
        for case in connection.execute(query, {"ids": dispatch_ids}).all():
            if case.agency not in trees:
                trees[case.agency] = read_tree(connection, case.agency)
            values = {name: getattr(case, name) for name in _OF_CASE}
            for code in _with_above(trees[case.agency], case.unit_code):
                rows[case.dispatch_id, code] = {**values, "unit": code, "is_asked": is_asked}
    insert_or_replace_rows(connection, DeskUnitCase, list(rows.values()))


def move_unit_cases(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Write the rows of cases that have another unit now, or none."""
    delete_unit_cases(connection, dispatch_ids)
    write_unit_cases(connection, dispatch_ids)


def delete_unit_cases(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Delete the rows of cases."""
    lock_until_commit(connection, DatabaseLock.DESK)
    connection.execute(delete(DeskUnitCase).where(is_one_of(col(DeskUnitCase.dispatch_id), dispatch_ids)))


def move_units(connection: Connection, agency: str, earlier: UnitTree, later: UnitTree) -> None:
    """Write the rows of the cases of units that have other units above them now, without reading the cases."""
    lock_until_commit(connection, DatabaseLock.DESK)
    open_requests = select(col(DeskContribution.dispatch_id)).where(
        col(DeskContribution.agency) == agency, col(DeskContribution.ended_at).is_(None)
    )
    asked = connection.execute(open_requests.distinct()).scalars().all()
    connection.execute(_ASKED_ROWS, {"ids": asked})
    paths = {code: _with_above(later, code) for code in later.units}
    for code, path in paths.items():
        former = _with_above(earlier, code) if code in earlier.units else path
        held = select(col(DeskHolder.dispatch_id)).where(
            col(DeskHolder.agency) == agency, col(DeskHolder.unit_code) == code
        )
        if left := set(former) - set(path):
            is_row = (is_one_of(col(DeskUnitCase.unit), sorted(left)), col(DeskUnitCase.dispatch_id).in_(held))
            connection.execute(delete(DeskUnitCase).where(*is_row))
        for above in sorted(set(path) - set(former)):
            columns = [col(getattr(DeskCase, name)) for name in _OF_CASE]
            cases = select(*columns, literal(above), false()).where(col(DeskCase.dispatch_id).in_(held))
            connection.execute(insert(DeskUnitCase).from_select([*_OF_CASE, "unit", "is_asked"], cases))
    write_unit_cases(connection, asked)


def remove_unit(connection: Connection, agency: str, code: str) -> None:
    """Delete the rows of a unit that is removed; its cases are in the lists of the units above already."""
    lock_until_commit(connection, DatabaseLock.DESK)
    is_row = (col(DeskUnitCase.agency) == agency, col(DeskUnitCase.unit) == code)
    connection.execute(delete(DeskUnitCase).where(*is_row))


def _with_above(tree: UnitTree, code: str) -> tuple[str, ...]:
    return (code, *tree.above(code))
