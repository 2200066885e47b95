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

    Fails if there was none until the end of the block. `act` must use another engine. It runs when the connection is
    given back: before, the transaction still reads SQLite's journal.
    """
    with snapshot_transaction(engine) as connection:
        reading_options = connection.get_execution_options()
    waiting, due = [act], []

    def commit(connection: Connection) -> None:
        if waiting and connection.get_execution_options() == reading_options:
            due.append(waiting.pop())

    def give_back(*_connection: object) -> None:
        if due:
            due.pop()()

    event.listen(engine, "commit", commit)
    event.listen(engine, "checkin", give_back)
    try:
        yield
    finally:
        event.remove(engine, "commit", commit)
        event.remove(engine, "checkin", give_back)
    assert not waiting, "no transaction has read"
