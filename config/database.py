"""The database: one engine for SQLite (the default) or PostgreSQL, and what both need to behave alike."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import DateTime, Dialect, Engine, TypeDecorator, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import SQLModel

T = TypeVar("T")

_WAIT_SECONDS = 15
# SQLite takes 32,766 in one statement.
_PARAMETERS = 5_000
_READING = "satupintu_reading"


class DatabaseUnavailable(Exception):
    """The database can't be reached, is locked or full: nothing was written, and trying again may help."""


class UtcDateTime(TypeDecorator[datetime]):
    """Moments, in UTC on both databases (SQLite forgets zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """A moment without a zone is a mistake, not a guess to make."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """What SQLite gives back without its zone was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_engine(url: str, open_sqlite: Callable[[Path, float], sqlite3.Connection]) -> Engine:
    """Return an engine whose transactions are safe between processes.

    `open_sqlite` opens an SQLite file with a write-ahead journal, given its path and for how many seconds a transaction
    waits for another. It must begin no transaction by itself.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = Path(parsed.database or ":memory:")
        engine = create_engine(url, creator=lambda: open_sqlite(path, _WAIT_SECONDS))
        event.listen(engine, "begin", _begin)
        return engine
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _WAIT_SECONDS})


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction. Raises `DatabaseUnavailable` where the fault is the database's, not the values'.

    A read-only standby, a missing right or table, a deadlock: none of them is the fault of a message. `DataError` and
    `IntegrityError` are.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        if isinstance(error, DataError | IntegrityError) and not error.connection_invalidated:
            raise
        raise DatabaseUnavailable(type(error.orig).__name__) from error
    except PoolTimeoutError as error:
        # Whatever holds all connections of this process waits for the database.
        raise DatabaseUnavailable("no connection is free") from error


def read_transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """As `write_transaction`, for looks: on SQLite it does not wait for a writer."""
    return write_transaction(engine.execution_options(**{_READING: True}))


class DatabaseProbe:
    """Whether the database is there, for any thread; `ask` asks it, and raises `DatabaseUnavailable` or another error.

    Nobody waits for longer than `patience` seconds: one that takes what it is asked and says nothing is away too, and
    holds one thread and one connection, however many want to know.
    """

    def __init__(self, ask: Callable[[], object], patience: float) -> None:
        self._ask = ask
        self._patience = patience
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None
        self._since = 0.0

    def __call__(self) -> None:
        """Return if it answers; raise what it raised, or `DatabaseUnavailable`, if not."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked, self._since = Future(), time.monotonic()
                threading.Thread(target=self._run, args=(self._asked,), name="database-ping", daemon=True).start()
            asked, left = self._asked, self._since + self._patience - time.monotonic()
        try:
            asked.result(max(0.0, left))
        except TimeoutError as error:
            raise DatabaseUnavailable("no answer in time") from error

    def _run(self, asked: "Future[None]") -> None:
        try:
            self._ask()
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait, not to this thread
            asked.set_exception(error)
        else:
            asked.set_result(None)


def lock_until_commit(connection: Connection, lock: int) -> None:
    """Be the only transaction with this lock until the end of it; whoever comes second waits, and sees what we wrote.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def statement_chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many values at once as one statement takes."""
    for start in range(0, len(values), _PARAMETERS):
        yield values[start : start + _PARAMETERS]


def insert_statement(connection: Connection, table: type[SQLModel]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READING) else "BEGIN IMMEDIATE")
