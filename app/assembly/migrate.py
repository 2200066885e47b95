"""Migrates the database to the tables of this version. Several processes may do it at once.

Alembic and the migrations are imported only where there is something to migrate: they take 20 MB.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table

from bus.errors import Stop
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction

MIGRATIONS = Path(__file__).parent.parent / "migrations"
# Alembic's own table: one row with the last migration.
_APPLIED = table("alembic_version", column("version_num"))


def migrate(engine: Engine, migrations: Path = MIGRATIONS) -> None:
    """Apply the missing migrations of a folder in one transaction; other processes wait.

    Raises `DatabaseUnavailable`, or `Stop` if a newer version of the program has migrated this database.

    A migrated database is only read: no lock is needed, and none that another process holds is waited for.
    """
    with read_transaction(engine) as connection:
        if _is_migrated(connection, migrations):
            return
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.MIGRATION)
        # Another process may have migrated it meanwhile.
        if not _is_migrated(connection, migrations):
            _upgrade(connection, migrations)


@cache
def newest_revision(migrations: Path = MIGRATIONS) -> str:
    """Return the revision of a migrated database: the number with which the name of the last migration begins."""
    return max(path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*_*.py"))


def _is_migrated(connection: Connection, migrations: Path) -> bool:
    if not inspect(connection).has_table(_APPLIED.name):
        return False
    return [*connection.scalars(select(_APPLIED.c.version_num))] == [newest_revision(migrations)]


def _upgrade(connection: Connection, migrations: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    try:
        with _any_duration(connection):
            command.upgrade(config, "head")
    except CommandError as error:
        raise Stop(f"the database does not fit this version of the program: {error}") from error


def _any_duration(connection: Connection) -> AbstractContextManager[None]:
    if connection.dialect.name != "postgresql":
        return nullcontext()
    # Without PostgreSQL its driver is not needed.
    from config.postgresql import without_statement_limit

    return without_statement_limit(connection)
