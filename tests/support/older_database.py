"""Databases of an earlier version."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from config.database import write_transaction
from tests.support.paths import ROOT


def migrate_to(engine: Engine, revision: str, *, down: bool = False) -> None:
    """Bring the tables to a revision, forwards or back."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "app" / "migrations"))
    with write_transaction(engine) as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
