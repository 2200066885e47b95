"""The transaction in which oversight tells of what is due."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from config.database import DatabaseLock, lock_until_commit, write_transaction


@contextmanager
def notice_transaction(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which nobody else derives cases. Raises `DatabaseUnavailable`."""
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.OVERSIGHT)
        yield connection
