"""Opens SQLite files that several processes write: the local bus, the spool, and the database where it is SQLite."""

import sqlite3
import time
from pathlib import Path

_RETRY_SECONDS = 0.05


def open_sqlite(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Return a connection for one thread at a time. Raise `sqlite3.Error`.

    The journal is written ahead (WAL), and a commit is on the disk when it returns. A transaction waits
    `busy_seconds` for that of another process. The driver begins no transaction by itself: its own BEGIN would come too
    late to keep two writers apart.
    """
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    until = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            # For this pragma alone SQLite does not wait while other processes create the same file.
            if time.monotonic() > until:
                connection.close()
                raise
            time.sleep(_RETRY_SECONDS)
    connection.execute("PRAGMA synchronous=FULL")
    # Deleted words are overwritten: otherwise they stay in the file until another row takes their place.
    connection.execute("PRAGMA secure_delete=ON")
    return connection
