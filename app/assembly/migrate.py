"""Migrates the database to the tables of this version. Several processes may do it at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from config.database import write_transaction

# Number of the lock; equal in every process of the service.
_LOCK = 1708


def migrate(engine: Engine) -> None:
    """Apply the missing migrations in one transaction; other processes wait. Raises `DatabaseUnavailable`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    with write_transaction(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
