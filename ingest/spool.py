"""Durable spool of a host: messages that the doors accepted while the bus was away, in their order.

One SQLite file serves all ingest processes of a host. `ingest.spool_drain` hands the messages over to the bus.
A corrupt file is renamed and kept for a person (docs/operations.md, “A corrupt spool”), and a new one is begun.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from bus.port import Outgoing
from bus.sqlite_file import open_sqlite
from ingest.spool_file import (
    CorruptFile,
    JournalState,
    check_file,
    corrupt_files,
    file_identity,
    is_corrupt,
    journal_state,
    set_aside,
)

# Bytes handed to the bus at once. This limits the memory that draining takes, however many messages wait.
_BATCH_BYTES = 2_000_000
# Size of the message with which a full disk is probed: a usual sealed report.
_PROBE_BYTES = 16_384
# Time that one process waits for the transaction of another.
_LOCK_TIMEOUT_SECONDS = 10.0
# Two writes within this time may leave the same time of the last write: file systems count in ticks of some ms.
_TICK_SECONDS = 0.1
# Openings of a file that other processes replace.
_OPEN_ATTEMPTS = 5
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

T = TypeVar("T")


class _Totals(NamedTuple):
    """Number and size of the messages that wait."""

    messages: int
    held_bytes: int


class SpoolFull(Exception):
    """The spool has no space left; nothing was stored."""


class Spool:
    """Spool in the file `path`, with at most `max_bytes` of messages. Safe for several threads and processes.

    A file that is corrupt at the start, or becomes so later, is set aside under a name with the time of `now`. Methods
    raise `sqlite3.Error` while the file cannot be read for another reason.
    """

    def __init__(self, path: Path, max_bytes: int, now: Callable[[], datetime]) -> None:
        self.path = path
        self._journal = path.with_name(f"{path.name}-wal")
        self._max_bytes = max_bytes
        self._now = now
        # True after the disk refused a message.
        self._disk_refused = False
        self._lock = threading.Lock()
        # Number of files so far, and the one that the last batch was read from: each file numbers its messages anew.
        self._file_number = 0
        self._batch_file_number = 0
        # The last totals, and the state of the journal for which they are right.
        self._known_totals: tuple[JournalState | None, _Totals] = (None, _Totals(0, 0))
        self._open()

    def __len__(self) -> int:
        """Return the number of messages that wait."""
        return self._totals().messages

    @property
    def held_bytes(self) -> int:
        """Size of the messages that wait."""
        return self._totals().held_bytes

    @property
    def rejected_count(self) -> int:
        """Number of messages that the bus rejected. They stay in the table `aside` for a person."""
        return self._on_file(lambda: int(self._connection.execute("SELECT count(*) FROM aside").fetchone()[0]))

    @property
    def corrupt_count(self) -> int:
        """Number of corrupt files that were set aside. They may hold accepted messages, and stay for a person."""
        return len(corrupt_files(self.path))

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
            self._on_file(lambda: self._insert(rows))
            # Another process may have set the file aside meanwhile. Published twice is the same message.
            self._on_file(lambda: None, after_replacement=lambda: self._insert(rows))
        except sqlite3.Error as error:
            self._disk_refused = True
            raise SpoolFull from error

    def oldest_batch(self) -> tuple[int, list[Outgoing]]:
        """Return the oldest messages, up to 2 MB of them (at least one message), and the number of the last one."""
        return self._on_file(self._read_batch)

    def delete_until(self, last_number: int) -> None:
        """Delete the messages of the last batch, up to `last_number`: the bus has them."""
        self._on_file(lambda: self._delete_batch("DELETE FROM spool WHERE number <= ?", last_number))

    def set_aside_until(self, last_number: int) -> None:
        """Move the messages of the last batch to the table `aside`, so that the following messages can be drained."""
        columns = "number, topic, key, value, headers"
        copy = f"INSERT INTO aside SELECT {columns} FROM spool WHERE number <= ?"  # noqa: S608 - constant names
        self._on_file(lambda: self._delete_batch(copy, last_number, "DELETE FROM spool WHERE number <= ?"))

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _insert(self, rows: Sequence[tuple[str, bytes, bytes, str, int]]) -> None:
        with self._transaction() as connection:
            held_bytes = connection.execute("SELECT bytes FROM total").fetchone()[0]
            if held_bytes + sum(row[-1] for row in rows) > self._max_bytes:
                raise SpoolFull
            connection.executemany("INSERT INTO spool (topic, key, value, headers, size) VALUES (?,?,?,?,?)", rows)

    def _read_batch(self) -> tuple[int, list[Outgoing]]:
        batch: list[Outgoing] = []
        last_number, batch_bytes = 0, 0
        query = "SELECT number, topic, key, value, headers, size FROM spool ORDER BY number"
        with closing(self._connection.execute(query)) as rows:
            for number, *columns, size in rows:
                if batch and batch_bytes + size > _BATCH_BYTES:
                    break
                try:
                    batch.append(read_message(*columns))
                except (ValueError, TypeError) as error:
                    if batch:
                        # The readable messages before it go first.
                        break
                    raise CorruptFile(f"message {number} cannot be read") from error
                last_number, batch_bytes = number, batch_bytes + size
        self._batch_file_number = self._file_number
        return last_number, batch

    def _delete_batch(self, statement: str, last_number: int, *more_statements: str) -> None:
        if self._batch_file_number != self._file_number:
            # The same numbers are other messages in the new file.
            return
        with self._transaction() as connection:
            for each_statement in (statement, *more_statements):
                connection.execute(each_statement, (last_number,))

    def _totals(self) -> _Totals:
        """Return the totals. They are read again after a process has written to the file."""
        state = journal_state(self._journal)
        known_state, totals = self._known_totals
        if state is None or state != known_state:
            totals = self._on_file(self._read_totals)
            self._known_totals = (state if self._is_settled(state) else None, totals)
        return totals

    def _read_totals(self) -> _Totals:
        return _Totals(*self._connection.execute("SELECT messages, bytes FROM total").fetchone())

    def _is_settled(self, state: JournalState | None) -> bool:
        """Return True if a later write is certain to change this state."""
        return state is not None and self._now().timestamp() - state.written_at >= _TICK_SECONDS

    def _disk_accepts_message(self) -> bool:
        """Return True if the disk can store a usual message again.

        The probe row is written and deleted in two transactions: SQLite never writes what one transaction adds and
        deletes.
        """
        try:
            self._on_file(self._write_probe)
        except sqlite3.Error:
            return False
        return True

    def _write_probe(self) -> None:
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO probe VALUES (1, ?)", (bytes(_PROBE_BYTES),))
        with self._transaction() as connection:
            connection.execute("DELETE FROM probe")

    def _on_file(self, operation: Callable[[], T], after_replacement: Callable[[], T] | None = None) -> T:
        """Run `operation` on a sound file: one that becomes corrupt is set aside, and the operation runs on a new one.

        `after_replacement` runs instead if another process has replaced the file since the last call.
        """
        with self._lock:
            was_replaced = file_identity(self.path) != self._identity
            if was_replaced:
                self._reopen()
            try:
                return after_replacement() if after_replacement and was_replaced else operation()
            except (sqlite3.DatabaseError, CorruptFile) as error:
                if not is_corrupt(error):
                    raise
                set_aside(self.path, self._identity, str(error), self._now)
                self._reopen()
                return operation()

    def _reopen(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()
        self._open()

    def _open(self) -> None:
        """Open a sound file. Another process may replace a corrupt one at the same moment: the opening is repeated."""
        for attempts_left in reversed(range(_OPEN_ATTEMPTS)):
            # That of the file which is opened: a new file that another process has begun is not set aside.
            identity = file_identity(self.path)
            try:
                self._connect()
                break
            except (sqlite3.DatabaseError, CorruptFile) as error:
                if not is_corrupt(error) or not attempts_left:
                    raise
                set_aside(self.path, identity, str(error), self._now)
        self._file_number += 1

    def _connect(self) -> None:
        # Accepted means durable: each append is on the disk when it returns.
        connection = open_sqlite(self.path, _LOCK_TIMEOUT_SECONDS)
        try:
            check_file(connection)
            connection.executescript(_TABLES)
        except (sqlite3.Error, CorruptFile):
            connection.close()
            raise
        self._connection = connection
        self._identity = file_identity(self.path)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Open one transaction. To be called inside `_on_file`, which holds the lock."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.commit()
        except BaseException:
            # A corrupt file may have ended the transaction already.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise


def read_message(topic: object, key: object, value: object, headers_json: str) -> Outgoing:
    """Return the message of a row. Raises `ValueError` or `TypeError` if the row is damaged."""
    if not (isinstance(topic, str) and isinstance(key, bytes) and isinstance(value, bytes)):
        raise TypeError
    return Outgoing(topic, key, value, tuple((name, bytes.fromhex(text)) for name, text in json.loads(headers_json)))
