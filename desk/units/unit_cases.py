"""Keeps the lists of units: a row for a case at its accountable unit, and at each unit above it.

All that writes them holds the lock of the desk's derivation: it must not write the rows of a unit that a case has left.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, delete, insert, literal, select
from sqlmodel import col

from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from config.row_insertion import insert_or_replace_rows
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskUnitCase
from desk.units.tiers import read_tree
from desk.units.tree import UnitTree

# Columns that a row has of its case.
_OF_CASE = tuple(name for name in DeskUnitCase.model_fields if name != "unit")
# Built once: each batch executes it. Few agencies have units.
_AT_UNITS: Select[*tuple[Any, ...]] = (
    select(*(col(getattr(DeskCase, name)) for name in _OF_CASE), col(DeskHolder.unit_code))
    .join(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
    .where(is_one_of(col(DeskHolder.dispatch_id), bindparam("ids")), col(DeskHolder.unit_code) != "")
)


def write_unit_cases(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Write the rows of cases whose own rows have changed, and which stay at their units. The lock is held already."""
    if not dispatch_ids:
        return
    cases = connection.execute(_AT_UNITS, {"ids": dispatch_ids}).all()
    trees = {agency: read_tree(connection, agency) for agency in {case.agency for case in cases}}
    rows = [
        {**{name: getattr(case, name) for name in _OF_CASE}, "unit": code}
        for case in cases
        for code in _with_above(trees[case.agency], case.unit_code)
    ]
    insert_or_replace_rows(connection, DeskUnitCase, rows)


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
            cases = select(*columns, literal(above)).where(col(DeskCase.dispatch_id).in_(held))
            connection.execute(insert(DeskUnitCase).from_select([*_OF_CASE, "unit"], cases))


def remove_unit(connection: Connection, agency: str, code: str) -> None:
    """Delete the rows of a unit that is removed; its cases are in the lists of the units above already."""
    lock_until_commit(connection, DatabaseLock.DESK)
    is_row = (col(DeskUnitCase.agency) == agency, col(DeskUnitCase.unit) == code)
    connection.execute(delete(DeskUnitCase).where(*is_row))


def _with_above(tree: UnitTree, code: str) -> tuple[str, ...]:
    return (code, *tree.above(code))
