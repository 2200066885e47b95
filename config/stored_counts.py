"""Tables of counts: the primary key says what is counted, `number` how many of it there are."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Delete, Insert, bindparam, delete
from sqlmodel import SQLModel

from config.database import insert_of_dialect
from config.row_insertion import array_insertion, execute_for_rows

Key = TypeVar("Key", bound=NamedTuple)


def add_counts(connection: Connection, table: type[SQLModel], differences: Mapping[Key, int]) -> None:
    """Add to the numbers of a table. A number that becomes 0 loses its row."""
    rows = [{**key._asdict(), "number": number} for key, number in sorted(differences.items()) if number]
    execute_for_rows(connection, table, rows, _addition, _addition_of_arrays)
    lowered = [row for row in rows if row["number"] < 0]
    if lowered:
        keys = [{f"key_{name}": value for name, value in row.items() if name != "number"} for row in lowered]
        connection.execute(_removal(table), keys)


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
    """Return the statement that deletes a row whose number is 0, built once for each table."""
    columns = table.__table__  # type: ignore[attr-defined]
    is_row = [column == bindparam(f"key_{column.name}") for column in columns.primary_key]
    return delete(table).where(*is_row, columns.c.number == 0)
