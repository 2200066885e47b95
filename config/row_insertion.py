"""Insertion of many rows at once, by statements that are built once for each table.

On PostgreSQL it is one statement with an array for each column: the server prepares it once and answers once, whatever
the number of rows. All rows of a call have the same columns.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ARRAY, Connection, bindparam, func, select
from sqlmodel import SQLModel

from config.database import insert_of_dialect, insertion_of_missing, insertion_or_replacement, replacing

if TYPE_CHECKING:
    from config.database import DialectInsert

Row: TypeAlias = Mapping[str, Any]


def insert_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows. Raises `sqlalchemy.exc.IntegrityError` if the key of one is there."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(array_insertion(table, tuple(rows[0])), column_arrays(rows))
    else:
        connection.execute(_insertion(connection.dialect.name, table), rows)


def insert_missing_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there. Existing rows stay as they are."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_array_insertion_of_missing(table, tuple(rows[0])), column_arrays(rows))
    else:
        connection.execute(insertion_of_missing(connection.dialect.name, table), rows)


def insert_or_replace_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows, and give existing rows of the same keys all new values. No two of the rows have the same key."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_array_insertion_or_replacement(table, tuple(rows[0])), column_arrays(rows))
    else:
        connection.execute(insertion_or_replacement(connection.dialect.name, table), rows)


def column_arrays(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the parameters of `array_insertion`."""
    return {name: [row[name] for row in rows] for name in rows[0]}


@cache
def array_insertion(table: type[SQLModel], names: tuple[str, ...]) -> "DialectInsert":
    """Return the INSERT of PostgreSQL whose parameters are one array for each of these columns."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    arrays = (bindparam(name, type_=ARRAY(columns[name].type)) for name in names)
    rows = func.unnest(*arrays).table_valued(*names).render_derived()
    return insert_of_dialect("postgresql", table).from_select(names, select(*rows.c))


@cache
def _array_insertion_of_missing(table: type[SQLModel], names: tuple[str, ...]) -> "DialectInsert":
    return array_insertion(table, names).on_conflict_do_nothing()


@cache
def _array_insertion_or_replacement(table: type[SQLModel], names: tuple[str, ...]) -> "DialectInsert":
    return replacing(array_insertion(table, names), table)


@cache
def _insertion(dialect: str, table: type[SQLModel]) -> "DialectInsert":
    return insert_of_dialect(dialect, table)
