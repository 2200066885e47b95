"""Brings the database to the tables this version needs; safe to run by several processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from config.database import write_transaction

# Any number, as long as it is the same in every process of ours.
_LOCK = 1708


def migrate(engine: Engine) -> None:
    """Apply what is missing, in one transaction that others wait for. Raises `DatabaseUnavailable`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    with write_transaction(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
