"""Opens the databases. SQLite files are opened by the same function as those of the bus and the spool."""

from functools import partial
from pathlib import Path

from sqlalchemy import Engine, event

from bus.sqlite_file import open_sqlite
from config.database import open_engine
from config.postgresql_limits import PostgresqlLimits

# Stages may read for a second or two before they write. A long journal is emptied after that.
_JOURNAL_SECONDS = 2.0


def open_database(url: str, limits: PostgresqlLimits | None = None) -> Engine:
    """Return the engine of this SQLAlchemy URL. `limits` hold for PostgreSQL."""
    open_file = partial(open_sqlite, journal_seconds=_JOURNAL_SECONDS)
    return open_engine(url, open_file, limits or PostgresqlLimits())


def open_key_database(database: Engine, wait_seconds: float = 15.0) -> Engine:
    """Return the engine of the persons' keys: that of a file beside an SQLite database, otherwise `database` itself.

    A transaction on that file waits at most `wait_seconds` for another one. Its connections are closed with those of
    `database`.
    """
    if database.dialect.name != "sqlite" or not database.url.database:
        return database
    # A process without the keys starts sooner.
    from privacy.key_file import create_table_in, key_file  # noqa: PLC0415

    url = f"sqlite:///{key_file(Path(database.url.database))}"
    keys = open_engine(url, lambda path, _seconds: open_sqlite(path, wait_seconds), PostgresqlLimits())
    create_table_in(keys)
    event.listen(database, "engine_disposed", lambda _database: keys.dispose())
    return keys
