"""Short writes of many threads to one SQLite database: those that wait at the same moment are one transaction."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from config.database import DatabaseUnavailable, statement_transaction, write_transaction

T = TypeVar("T")

# A write, and the future with its result.
_Call = tuple[Callable[[Connection], Any], "Future[Any]"]


class GroupedWrites:
    """Runs writes, each of which is done when its call returns.

    SQLite has one writer at a time and writes to the disk for each transaction. On PostgreSQL each statement of a write
    commits by itself: there none waits for another, two groups could wait for each other for ever, and a transaction
    takes three round trips instead of one. So a write that ends in its middle must be one that can be made again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_grouping = engine.dialect.name == "sqlite"
        self._lock = threading.Lock()
        # Held by the thread that writes for a group.
        self._turn = threading.Lock()
        self._waiting: list[_Call] = []

    def __call__(self, write: Callable[[Connection], T]) -> T:
        """Return the result of `write`, which may be called twice. Raises its error, or `DatabaseUnavailable`."""
        if not self._is_grouping:
            return self._alone(write)
        done: Future[T] = Future()
        with self._lock:
            self._waiting.append((write, done))
        with self._turn:
            if not done.done():
                self._write_group()
        return done.result()

    def _write_group(self) -> None:
        """Write all that waits. The caller has the turn."""
        with self._lock:
            calls, self._waiting = self._waiting, []
        try:
            with write_transaction(self._engine) as connection:
                results = [write(connection) for write, _ in calls]
        except DatabaseUnavailable as error:
            for _, done in calls:
                done.set_exception(error)
        except Exception:  # noqa: BLE001 - one write failed, and nothing of the group was written
            for write, done in calls:
                self._end(write, done)
        else:
            for (_, done), result in zip(calls, results, strict=True):
                done.set_result(result)

    def _end(self, write: Callable[[Connection], T], done: "Future[T]") -> None:
        try:
            done.set_result(self._alone(write))
        except Exception as error:  # noqa: BLE001 - its caller gets it
            done.set_exception(error)

    def _alone(self, write: Callable[[Connection], T]) -> T:
        with statement_transaction(self._engine) as connection:
            return write(connection)
