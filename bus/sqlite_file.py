"""Opens SQLite files that several processes write: the local bus, the spool, and the database where it is SQLite."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

_RETRY_SECONDS = 0.05
# A journal of this size is emptied. SQLite itself begins it anew at a quarter of that, if it finds the moment.
JOURNAL_BYTES = 16_000_000
# Whoever writes waits at most so long for the transactions that still read a long journal. Doors write the bus.
_JOURNAL_SECONDS = 0.1


class JournaledConnection(sqlite3.Connection):
    """A connection to one file with a write-ahead journal, which stays short.

    SQLite begins the journal anew only when a transaction begins to write at a moment at which the journal is copied
    into the file and nobody reads it. With writers one after the other such a moment may not come for minutes: each
    begins while the journal of the one before is still copied. So who commits to a long journal empties it, and the
    next writer waits for that.
    """

    _path = Path()
    _busy_seconds = _journal_seconds = 0.0
    _written_rows = 0
    _next_bytes = JOURNAL_BYTES

    def keep_journal_short(self, path: Path, busy_seconds: float, journal_seconds: float) -> None:
        """Empty a long journal of this file after a commit, and wait `journal_seconds` for those who read it.

        Other statements wait `busy_seconds` for a lock.
        """
        self._path = path.with_name(f"{path.name}-wal")
        self._busy_seconds, self._journal_seconds = busy_seconds, journal_seconds
        # A long journal of a time at which it could not be emptied is cut off when SQLite begins it anew.
        self.execute(f"PRAGMA journal_size_limit={JOURNAL_BYTES}")

    def commit(self) -> None:
        """Commit. If a transaction reads the journal meanwhile, a later commit empties it."""
        super().commit()
        # Who has only read does not wait for others.
        if self.total_changes == self._written_rows:
            return
        self._written_rows = self.total_changes
        size = self._journal_bytes()
        if size < JOURNAL_BYTES:
            self._next_bytes = JOURNAL_BYTES
        elif size >= self._next_bytes:
            # While a long transaction reads, writers wait once for each `JOURNAL_BYTES` and not at each commit.
            is_empty = self.empty_journal(self._journal_seconds)
            self._next_bytes = JOURNAL_BYTES if is_empty else size + JOURNAL_BYTES

    def empty_journal(self, seconds: float) -> bool:
        """Write the journal into the file and empty it. Return False if a transaction reads it for so many seconds."""
        self.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
        is_busy = True
        # The transaction is committed: a fault of the disk is one of the next transaction.
        with suppress(sqlite3.Error):
            is_busy, *_ = self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.execute(f"PRAGMA busy_timeout={int(self._busy_seconds * 1000)}")
        return not is_busy

    def _journal_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0


def open_sqlite(path: Path, busy_seconds: float, journal_seconds: float = _JOURNAL_SECONDS) -> JournaledConnection:
    """Return a connection for one thread at a time. Raise `sqlite3.Error`.

    The journal is written ahead (WAL), and a commit is on the disk when it returns. A transaction waits
    `busy_seconds` for that of another process. The driver begins no transaction by itself: its own BEGIN would come too
    late to keep two writers apart. A commit to a long journal empties it, and waits `journal_seconds` for its readers.
    """
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, factory=JournaledConnection
    )
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
    connection.keep_journal_short(path, busy_seconds, journal_seconds)
    return connection
