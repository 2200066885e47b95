"""Lets another transaction commit at the dangerous moment: after a stage has read, and before it writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

from app.database import open_database
from config.database import snapshot_transaction


@contextmanager
def other_connection(engine: Engine) -> Iterator[Engine]:
    """Yield another engine of the same database, like that of another process."""
    other = open_database(engine.url.render_as_string(hide_password=False))
    try:
        yield other
    finally:
        other.dispose()


@contextmanager
def after_next_reading(engine: Engine, act: Callable[[], object]) -> Iterator[None]:
    """Let `act` run once, after the next commit of a transaction of `engine` that only reads.

    Fails if there was none until the end of the block. `act` must use another engine.
    """
    with snapshot_transaction(engine) as connection:
        reading_options = connection.get_execution_options()
    waiting = [act]

    def commit(connection: Connection) -> None:
        if waiting and connection.get_execution_options() == reading_options:
            waiting.pop()()

    event.listen(engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(engine, "commit", commit)
    assert not waiting, "no transaction has read"
