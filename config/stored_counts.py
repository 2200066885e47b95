"""Tables of counts: the primary key says what is counted, `number` how many of it there are."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, delete
from sqlmodel import SQLModel

from config.database import insert_statement

Key = TypeVar("Key", bound=NamedTuple)


def add_counts(connection: Connection, table: type[SQLModel], differences: Mapping[Key, int]) -> None:
    """Add to the numbers of a table. A number that becomes 0 loses its row."""
    rows = [{**key._asdict(), "number": number} for key, number in sorted(differences.items()) if number]
    if not rows:
        return
    key_columns = list(table.__table__.primary_key)  # type: ignore[attr-defined]
    number = table.__table__.c.number  # type: ignore[attr-defined]
    statement = insert_statement(connection, table)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=key_columns, set_={"number": number + statement.excluded.number}
        ),
        rows,
    )
    lowered = [row for row in rows if row["number"] < 0]
    if lowered:
        is_row = [column == bindparam(f"key_{column.name}") for column in key_columns]
        keys = [{f"key_{name}": value for name, value in row.items() if name != "number"} for row in lowered]
        connection.execute(delete(table).where(*is_row, number == 0), keys)
