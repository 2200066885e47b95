"""Migrates the database to the tables of this version. Several processes may do it at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine

from bus.errors import Stop
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction
from config.postgresql import without_statement_limit


def migrate(engine: Engine) -> None:
    """Apply the missing migrations in one transaction; other processes wait.

    Raises `DatabaseUnavailable`, or `Stop` if a newer version of the program has migrated this database.

    A migrated database is only read: no lock is needed, and none that another process holds is waited for.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    if _is_migrated(engine, config):
        return
    with write_transaction(engine) as connection, without_statement_limit(connection):
        lock_until_commit(connection, DatabaseLock.MIGRATION)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Stop(f"the database does not fit this version of the program: {error}") from error


def _is_migrated(engine: Engine, config: Config) -> bool:
    with read_transaction(engine) as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(
            ScriptDirectory.from_config(config).get_heads()
        )
