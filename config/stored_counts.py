"""Tables of counts: the primary key says what is counted, `number` how many of it there are."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Delete, Index, Insert, delete, text
from sqlmodel import SQLModel

from config.database import insert_of_dialect
from config.row_insertion import array_insertion, execute_for_rows

Key = TypeVar("Key", bound=NamedTuple)

# Written out: with a parameter, no database would use an index that has this condition.
_IS_ZERO = text("number = 0")


def zero_index(table: str) -> Index:
    """Return the index that each table of counts needs. It is empty but for moments."""
    return Index(f"ix_{table}_zero", "number", sqlite_where=_IS_ZERO, postgresql_where=_IS_ZERO)


def add_counts(connection: Connection, table: type[SQLModel], differences: Mapping[Key, int]) -> None:
    """Add to the numbers of a table. A number that becomes 0 loses its row."""
    rows = [{**key._asdict(), "number": number} for key, number in sorted(differences.items()) if number]
    execute_for_rows(connection, table, rows, _addition, _addition_of_arrays)
    if any(row["number"] < 0 for row in rows):
        connection.execute(_removal(table))


@cache
def _addition(dialect: str, table: type[SQLModel]) -> Insert:
    """Return the statement that adds to the numbers, built once for each table."""
    return _adding(insert_of_dialect(dialect, table), table)


@cache
def _addition_of_arrays(table: type[SQLModel], names: tuple[str, ...]) -> Insert:
    """Return the statement that adds one array for each column to the numbers. PostgreSQL only."""
    return _adding(array_insertion(table, names), table)


def _adding(statement: Any, table: type[SQLModel]) -> Insert:
    """Return the insertion with the addition to a row that is there."""
    columns = table.__table__  # type: ignore[attr-defined]
    number = columns.c.number + statement.excluded.number
    addition: Insert = statement.on_conflict_do_update(
        index_elements=list(columns.primary_key), set_={"number": number}
    )
    return addition


@cache
def _removal(table: type[SQLModel]) -> Delete:
    """Return the statement that deletes the rows whose number is 0: the table has an index of them (`zero_index`)."""
    return delete(table).where(_IS_ZERO)
