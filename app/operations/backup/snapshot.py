"""Copies the SQLite files of a running service as they were at one moment.

A stage writes its rows to the database, then its outputs and offsets to the bus, in one transaction there. A copy must
be a state in which the process may have been killed, for from each such state the stages continue:

1. The spool is read first. A message that is published meanwhile is in the spool's copy and on the bus. It is published
   again under its id, and readers drop it. In the other order it could be in neither.
2. The bus is locked for writers while the database and the bus begin to be read, for some milliseconds. The copy of the
   database may have rows of batches that the copy of the bus has not committed; their records are on it. With a later
   copy of the bus the offsets would be ahead of the rows, with an earlier one the rows would name records that the bus
   gives to other messages.
3. The file of the persons' keys is locked for writers meanwhile. A key is written before the first record that it
   seals, and destroyed after the last record that needs it is sealed again.

A transaction that reads sees its first state to its end (WAL), however long the copy takes. Writers do not wait for it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bus.errors import Retry

BUS, DATABASE, KEYS, SPOOL = "bus.db", "satupintu.db", "satupintu-keys.db", "spool.db"
# A lock is waited for as long as a writer of the bus does.
_BUSY_SECONDS = 15.0
_PAGES_AT_ONCE = 1_000


def copy_databases(home: Path, target_of: Callable[[str], Path]) -> Sequence[str]:
    """Copy the files of `home` that are there, as they were at one moment. Return their names.

    `target_of` returns the path for a copy. Raises `Retry` if a file stays locked.
    """
    with ExitStack() as stack:
        sources: dict[str, sqlite3.Connection] = {}
        try:
            with ExitStack() as locks:
                if (home / KEYS).exists():
                    locks.enter_context(_locked(home / KEYS))
                _read_now(home, (KEYS, SPOOL), stack, sources)
                locks.enter_context(_locked(home / BUS))
                _read_now(home, (DATABASE, BUS), stack, sources)
        except sqlite3.OperationalError as error:
            raise Retry(f"the data folder: {error}") from error
        for name, source in sources.items():
            _copy(source, target_of(name))
    return list(sources)


def _read_now(home: Path, names: Sequence[str], stack: ExitStack, sources: dict[str, sqlite3.Connection]) -> None:
    """Begin to read those of these files that are there, until `stack` is closed."""
    sources.update((name, stack.enter_context(_reading(home / name))) for name in names if (home / name).exists())


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that sees the state of now until the block ends."""
    with _connection(path) as connection:
        connection.execute("BEGIN")
        # The state is that of the first read.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield connection


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep all writers of a file waiting until the block ends."""
    with _connection(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    with _connection(target) as connection:
        source.backup(connection, pages=_PAGES_AT_ONCE)
        # One file, which needs no journal beside it.
        connection.execute("PRAGMA journal_mode=DELETE")
        # Pages that were copied keep bytes of deleted values.
        connection.execute("VACUUM")
