"""Opens SQLite files that several processes write, and whose commits are on the disk when they return."""

import sqlite3
import time
from pathlib import Path

_RETRY_SECONDS = 0.05


def open_file(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection for one thread at a time; one process waits so long for another's transaction.

    Raises `sqlite3.Error`.
    """
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    until = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            # Of this alone SQLite does not wait its turn, where several make a file at once.
            if time.monotonic() > until:
                connection.close()
                raise
            time.sleep(_RETRY_SECONDS)
    connection.execute("PRAGMA synchronous=FULL")
    return connection
