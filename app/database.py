"""Opens the database. SQLite files are opened by the same function as those of the bus and the spool."""

from sqlalchemy import Engine

from bus.sqlite_file import open_sqlite
from config.database import open_engine
from config.postgresql_limits import PostgresqlLimits


def open_database(url: str, limits: PostgresqlLimits | None = None) -> Engine:
    """Return the engine of this SQLAlchemy URL. `limits` hold for PostgreSQL."""
    return open_engine(url, open_sqlite, limits or PostgresqlLimits())
