"""The persons' keys on SQLite have a file of their own, so that a door never waits for the transaction of a stage.

SQLite has one writer for each file. A stage may hold that of its database for seconds; the file of the keys is written
in short transactions only. On PostgreSQL the keys are a table among the others, because a row waits for no other row.
"""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, delete, event
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel, col, select

from config.conditions import is_one_of
from config.database import changed_rows, insert_of_dialect, read_transaction, truncate_journal, write_transaction
from privacy.tables import PersonKeyRow

_KEYS_AT_ONCE = 500
_COLUMNS: tuple[Any, ...] = tuple(col(getattr(PersonKeyRow, name)) for name in PersonKeyRow.model_fields)
_TABLE: Table = SQLModel.metadata.tables[str(PersonKeyRow.__tablename__)]
_INDEXES = sorted(_TABLE.indexes, key=lambda index: str(index.name))
# Indexes of earlier versions.
_FORMER_INDEXES = ("ix_person_key_sender", "ix_person_key_root")
_STATEMENTS = (
    str(CreateTable(_TABLE, if_not_exists=True).compile(dialect=sqlite_dialect())),
    *(str(CreateIndex(index, if_not_exists=True).compile(dialect=sqlite_dialect())) for index in _INDEXES),
    *(f"DROP INDEX IF EXISTS {name}" for name in _FORMER_INDEXES),
)


def key_file(database: Path) -> Path:
    """Return the path of the keys' file beside that of the database."""
    return database.with_name(f"{database.stem}-keys.db")


def create_table_in(keys: Engine) -> None:
    """Let each new connection of this engine create the table of the keys if the file lacks it."""
    event.listen(keys, "connect", _create_table)


def _create_table(connection: sqlite3.Connection, _record: object) -> None:
    for statement in _STATEMENTS:
        connection.execute(statement)


def move_keys(database: Engine, keys: Engine, now: datetime) -> int:
    """Move the keys of an earlier version from the database to their own file. Return their number.

    A move that was interrupted is continued by the next one. A sender who has a new key already keeps it, and the
    earlier one only opens. Raises `DatabaseUnavailable`.
    """
    if keys is database:
        return 0
    moved = 0
    while rows := _first_rows(database):
        with write_transaction(keys) as connection:
            insertion = insert_of_dialect("sqlite", PersonKeyRow).on_conflict_do_nothing()
            connection.execute(insertion, rows)
            connection.execute(insertion, [{**row, "retired_at": row["retired_at"] or now} for row in rows])
        with write_transaction(database) as connection:
            key_ids = [row["key_id"] for row in rows]
            moved += changed_rows(
                connection.execute(delete(PersonKeyRow).where(is_one_of(col(PersonKeyRow.key_id), key_ids)))
            )
    if moved:
        truncate_journal(database)
    return moved


def _first_rows(database: Engine) -> list[dict[str, object]]:
    with read_transaction(database) as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(col(PersonKeyRow.key_id)).limit(_KEYS_AT_ONCE)).mappings()
        return [dict(row) for row in rows]
