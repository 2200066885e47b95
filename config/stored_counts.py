"""Tables of counts: the primary key says what is counted, `number` how many of it there are."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, Delete, Insert, bindparam, delete
from sqlmodel import SQLModel

from config.database import insert_of_dialect

Key = TypeVar("Key", bound=NamedTuple)


def add_counts(connection: Connection, table: type[SQLModel], differences: Mapping[Key, int]) -> None:
    """Add to the numbers of a table. A number that becomes 0 loses its row."""
    rows = [{**key._asdict(), "number": number} for key, number in sorted(differences.items()) if number]
    if not rows:
        return
    connection.execute(_addition(connection.dialect.name, table), rows)
    lowered = [row for row in rows if row["number"] < 0]
    if lowered:
        keys = [{f"key_{name}": value for name, value in row.items() if name != "number"} for row in lowered]
        connection.execute(_removal(table), keys)


@cache
def _addition(dialect: str, table: type[SQLModel]) -> Insert:
    """Return the statement that adds to the numbers, built once for each table."""
    columns = table.__table__  # type: ignore[attr-defined]
    statement = insert_of_dialect(dialect, table)
    number = columns.c.number + statement.excluded.number
    return statement.on_conflict_do_update(index_elements=list(columns.primary_key), set_={"number": number})


@cache
def _removal(table: type[SQLModel]) -> Delete:
    """Return the statement that deletes a row whose number is 0, built once for each table."""
    columns = table.__table__  # type: ignore[attr-defined]
    is_row = [column == bindparam(f"key_{column.name}") for column in columns.primary_key]
    return delete(table).where(*is_row, columns.c.number == 0)
