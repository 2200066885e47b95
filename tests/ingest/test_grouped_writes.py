"""Short writes of several threads are one transaction on SQLite, and each thread gets the result of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, event
from sqlmodel import col, select

from config.database import insertion_of_missing, read_transaction
from ingest.door_store import Cursor
from ingest.grouped_writes import GroupedWrites
from tests.support.waiting import wait_for


def inserting(name: str) -> Callable[[Connection], str]:
    """Return the write of one row."""

    def write(connection: Connection) -> str:
        connection.execute(insertion_of_missing(connection.dialect.name, Cursor), {"name": name, "value": "1"})
        return name

    return write


def failing(_connection: Connection) -> str:
    """Fail as a write with a fault does."""
    raise ZeroDivisionError


def stored(engine: Engine) -> set[str]:
    """Return the names of all rows."""
    with read_transaction(engine) as connection:
        return set(connection.execute(select(col(Cursor.name))).scalars())


def test_writes_that_wait_are_one_transaction(engine: Engine) -> None:
    """Two threads come while a write is made. On PostgreSQL each write is a transaction of its own."""
    writes, entered, release = GroupedWrites(engine), threading.Event(), threading.Event()
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)

    def slow(connection: Connection) -> str:
        entered.set()
        release.wait(60)
        return inserting("first")(connection)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(writes, slow)
        entered.wait(60)
        others = [pool.submit(writes, inserting(name)) for name in ("second", "third")]
        if engine.dialect.name == "sqlite":
            wait_for(lambda: len(writes._waiting) == 2)  # noqa: SLF001 - a test has no other way to see who waits
        release.set()
        assert [call.result() for call in (first, *others)] == ["first", "second", "third"]
    assert len(commits) == (2 if engine.dialect.name == "sqlite" else 3)
    assert stored(engine) == {"first", "second", "third"}


def test_a_fault_is_its_writers_alone(engine: Engine) -> None:
    """The other writes of the group are made all the same."""
    writes = GroupedWrites(engine)
    with pytest.raises(ZeroDivisionError):
        writes(failing)
    with ThreadPoolExecutor(2) as pool:
        with writes._turn:  # noqa: SLF001 - as if another thread wrote
            fault, other = pool.submit(writes, failing), pool.submit(writes, inserting("other"))
            if engine.dialect.name == "sqlite":
                wait_for(lambda: len(writes._waiting) == 2)  # noqa: SLF001 - as above
                writes._write_group()  # noqa: SLF001 - the turn is here
        assert isinstance(fault.exception(), ZeroDivisionError)
        assert other.result() == "other"
    assert stored(engine) == {"other"}
