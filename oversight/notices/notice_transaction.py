"""The transaction in which oversight tells of what is due."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from config.database import DatabaseLock, lock_until_commit, write_transaction
from oversight.read_model.rebuild_marker import is_being_rebuilt


class RebuildRunning(Exception):
    """The read model lacks facts until its rebuild ends: a closed case may look open."""


@contextmanager
def notice_transaction(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which nobody else derives cases. Raises `RebuildRunning` and `DatabaseUnavailable`."""
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.OVERSIGHT)
        if is_being_rebuilt(connection):
            raise RebuildRunning
        yield connection
