"""Migrates the database to the tables of this version. Several processes may do it at once."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.errors import Stop
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction
from config.postgresql import without_statement_limit
from privacy.key_file import move_keys


def migrate_databases(parts: Parts) -> None:
    """Migrate the database, and move the persons' keys to their own file. Raises as `migrate`."""
    migrate(parts.engine)
    move_keys(parts.engine, parts.key_engine, parts.now())


def migrate(engine: Engine) -> None:
    """Apply the missing migrations in one transaction; other processes wait.

    Raises `DatabaseUnavailable`, or `Stop` if a newer version of the program has migrated this database.

    A migrated database is only read: no lock is needed, and none that another process holds is waited for.
    """
    if _is_migrated(engine):
        return
    config = _alembic_config()
    with write_transaction(engine) as connection, without_statement_limit(connection):
        lock_until_commit(connection, DatabaseLock.MIGRATION)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Stop(f"the database does not fit this version of the program: {error}") from error


@cache
def newest_revisions() -> frozenset[str]:
    """Return the revisions of a migrated database. The first call imports every migration."""
    return frozenset(ScriptDirectory.from_config(_alembic_config()).get_heads())


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    return config


def _is_migrated(engine: Engine) -> bool:
    with read_transaction(engine) as connection:
        return newest_revisions() == set(MigrationContext.configure(connection).get_current_heads())
