"""Durable spool of a host: messages that the doors accepted while the bus was away, in their order.

One SQLite file serves all ingest processes of a host. `ingest.spool_drain` hands the messages over to the bus.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from bus.port import Outgoing
from bus.sqlite_file import open_sqlite

# Bytes handed to the bus at once. This limits the memory that draining takes, however many messages wait.
_BATCH_BYTES = 2_000_000
# Size of the message with which a full disk is probed: a usual sealed report.
_PROBE_BYTES = 16_384
# Time that one process waits for the transaction of another.
_LOCK_TIMEOUT_SECONDS = 10.0
# Triggers keep the totals. Counting all rows for each arrival would make a long spool slower and slower.
_TABLES = """
CREATE TABLE IF NOT EXISTS spool (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    headers TEXT NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS aside (
    number INTEGER PRIMARY KEY, topic TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS probe (one INTEGER PRIMARY KEY, filling BLOB);
CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), messages INTEGER, bytes INTEGER);
INSERT OR IGNORE INTO total VALUES (1, 0, 0);
CREATE TRIGGER IF NOT EXISTS came AFTER INSERT ON spool BEGIN
    UPDATE total SET messages = messages + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER IF NOT EXISTS went AFTER DELETE ON spool BEGIN
    UPDATE total SET messages = messages - 1, bytes = bytes - old.size;
END;
"""


class SpoolFull(Exception):
    """The spool has no space left; nothing was stored."""


class Spool:
    """Spool in the file `path`, with at most `max_bytes` of messages. Safe for several threads and processes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self._max_bytes = max_bytes
        # True after the disk refused a message.
        self._disk_refused = False
        self._lock = threading.Lock()
        # Accepted means durable: each append is on the disk when it returns.
        self._connection = open_sqlite(path, _LOCK_TIMEOUT_SECONDS)
        self._connection.executescript(_TABLES)

    def __len__(self) -> int:
        """Return the number of messages that wait."""
        return self._totals()[0]

    @property
    def held_bytes(self) -> int:
        """Size of the messages that wait."""
        return self._totals()[1]

    @property
    def rejected_count(self) -> int:
        """Number of messages that the bus rejected. They stay in the table `aside` for a person."""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM aside").fetchone()[0])

    @property
    def is_full(self) -> bool:
        """True if a usual message does not fit: the limit is reached, or the disk was full and still is."""
        if self._disk_refused:
            self._disk_refused = not self._disk_accepts_message()
        return self._disk_refused or self.held_bytes >= self._max_bytes

    @property
    def fill_ratio(self) -> float:
        """Used part of the limit: 0 is empty, 1 is full."""
        return self.held_bytes / self._max_bytes

    def append(self, messages: Sequence[Outgoing]) -> None:
        """Store all messages or none. They are durable when this returns.

        Raises `SpoolFull` if the limit or the disk leaves no space.
        """
        rows = [
            (out.topic, out.key, out.value, json.dumps([(name, value.hex()) for name, value in out.headers]), out.size)
            for out in messages
        ]
        try:
            with self._transaction() as connection:
                held_bytes = connection.execute("SELECT bytes FROM total").fetchone()[0]
                if held_bytes + sum(row[-1] for row in rows) > self._max_bytes:
                    raise SpoolFull
                connection.executemany("INSERT INTO spool (topic, key, value, headers, size) VALUES (?,?,?,?,?)", rows)
        except sqlite3.Error as error:
            self._disk_refused = True
            raise SpoolFull from error

    def oldest_batch(self) -> tuple[int, list[Outgoing]]:
        """Return the oldest messages, up to 2 MB of them (at least one message), and the number of the last one."""
        batch: list[Outgoing] = []
        last_number, batch_bytes = 0, 0
        query = "SELECT number, topic, key, value, headers, size FROM spool ORDER BY number"
        with self._lock, closing(self._connection.execute(query)) as rows:
            for number, topic, key, value, headers_json, size in rows:
                if batch and batch_bytes + size > _BATCH_BYTES:
                    break
                headers = tuple((name, bytes.fromhex(text)) for name, text in json.loads(headers_json))
                batch.append(Outgoing(topic, key, value, headers))
                last_number, batch_bytes = number, batch_bytes + size
        return last_number, batch

    def delete_until(self, last_number: int) -> None:
        """Delete all messages up to `last_number`: the bus has them."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM spool WHERE number <= ?", (last_number,))

    def set_aside_until(self, last_number: int) -> None:
        """Move all messages up to `last_number` to the table `aside`, so that the following messages can be drained."""
        with self._transaction() as connection:
            columns = "number, topic, key, value, headers"
            query = f"INSERT INTO aside SELECT {columns} FROM spool WHERE number <= ?"  # noqa: S608 - constant names
            connection.execute(query, (last_number,))
            connection.execute("DELETE FROM spool WHERE number <= ?", (last_number,))

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _totals(self) -> tuple[int, int]:
        with self._lock:
            messages, held_bytes = self._connection.execute("SELECT messages, bytes FROM total").fetchone()
        return int(messages), int(held_bytes)

    def _disk_accepts_message(self) -> bool:
        """Return True if the disk can store a usual message again.

        The probe row is written and deleted in two transactions: SQLite never writes what one transaction adds and
        deletes.
        """
        try:
            with self._transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO probe VALUES (1, ?)", (bytes(_PROBE_BYTES),))
            with self._transaction() as connection:
                connection.execute("DELETE FROM probe")
        except sqlite3.Error:
            return False
        return True

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
