"""Insertion of many rows at once, by statements that are built once for each table.

On PostgreSQL it is one statement with an array for each column: the server prepares it once and answers once, whatever
the number of rows. All rows of a call have the same columns.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ARRAY, Connection, Executable, bindparam, func, select
from sqlmodel import SQLModel

from config.database import insert_of_dialect, insertion_of_missing, insertion_or_replacement, replacing

if TYPE_CHECKING:
    from config.database import DialectInsert

Row: TypeAlias = Mapping[str, Any]


def insert_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows. Raises `sqlalchemy.exc.IntegrityError` if the key of one is there."""
    execute_for_rows(connection, table, rows, _insertion, array_insertion)


def insert_missing_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there. Existing rows stay as they are."""
    execute_for_rows(connection, table, rows, insertion_of_missing, _array_insertion_of_missing)


def insert_new_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> set[tuple[Any, ...]]:
    """Insert the rows whose key is not there; return the keys of those that were inserted.

    Of several rows of one key the first one is inserted.
    """
    if not rows:
        return set()
    key_names = tuple(table.__table__.primary_key.columns.keys())  # type: ignore[attr-defined]
    if connection.dialect.name == "postgresql":
        names = tuple(rows[0])
        statement = _array_insertion_of_new(table, names)
        result = connection.execute(statement, {name: [row[name] for row in rows] for name in names})
    else:
        result = connection.execute(insertion_of_missing(connection.dialect.name, table, *key_names), rows)
    return {tuple(key) for key in result}


def insert_or_replace_rows(connection: Connection, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows, and give existing rows of the same keys all new values. The last one of several of a key counts.

    PostgreSQL changes no row twice in one statement.
    """
    key_names = table.__table__.primary_key.columns.keys()  # type: ignore[attr-defined]
    last_rows = {tuple(row[name] for name in key_names): row for row in rows}
    execute_for_rows(
        connection, table, [*last_rows.values()], insertion_or_replacement, _array_insertion_or_replacement
    )


def execute_for_rows(
    connection: Connection,
    table: type[SQLModel],
    rows: Sequence[Row],
    statement_of_row: Callable[[str, type[SQLModel]], Executable],
    statement_of_arrays: Callable[[type[SQLModel], tuple[str, ...]], Executable],
) -> None:
    """Execute a statement for some rows, or none without rows.

    `statement_of_row` returns it in a dialect, with the values of one row as parameters. `statement_of_arrays` returns
    that of PostgreSQL, with one array for each of the named columns.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        names = tuple(rows[0])
        connection.execute(statement_of_arrays(table, names), {name: [row[name] for row in rows] for name in names})
    else:
        connection.execute(statement_of_row(connection.dialect.name, table), rows)


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
def _array_insertion_of_new(table: type[SQLModel], names: tuple[str, ...]) -> Executable:
    """Return the statement of `insert_new_rows` on PostgreSQL. It returns the keys of the inserted rows."""
    return _array_insertion_of_missing(table, names).returning(*table.__table__.primary_key)  # type: ignore[attr-defined]


@cache
def _array_insertion_or_replacement(table: type[SQLModel], names: tuple[str, ...]) -> "DialectInsert":
    return replacing(array_insertion(table, names), table)


@cache
def _insertion(dialect: str, table: type[SQLModel]) -> "DialectInsert":
    return insert_of_dialect(dialect, table)
