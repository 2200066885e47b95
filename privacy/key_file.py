"""The persons' keys on SQLite have a file of their own, so that a door never waits for the transaction of a stage.

SQLite has one writer for each file. A stage may hold that of its database for seconds; the file of the keys is written
in short transactions only. On PostgreSQL the keys are a table among the others, because a row waits for no other row.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, Table, event
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from privacy.tables import PersonKeyRow

_TABLE: Table = SQLModel.metadata.tables[str(PersonKeyRow.__tablename__)]
_INDEXES = sorted(_TABLE.indexes, key=lambda index: str(index.name))
_STATEMENTS = (
    str(CreateTable(_TABLE, if_not_exists=True).compile(dialect=sqlite_dialect())),
    *(str(CreateIndex(index, if_not_exists=True).compile(dialect=sqlite_dialect())) for index in _INDEXES),
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
