"""Migrates the database to the tables of this version. Several processes may do it at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction
from config.postgresql import without_statement_limit


def migrate(engine: Engine) -> None:
    """Apply the missing migrations in one transaction; other processes wait. Raises `DatabaseUnavailable`.

    A migrated database is only read: no lock is needed, and none that another process holds is waited for.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    if _is_migrated(engine, config):
        return
    with write_transaction(engine) as connection, without_statement_limit(connection):
        lock_until_commit(connection, DatabaseLock.MIGRATION)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_migrated(engine: Engine, config: Config) -> bool:
    with read_transaction(engine) as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(
            ScriptDirectory.from_config(config).get_heads()
        )
