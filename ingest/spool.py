"""Store and forward: what the doors accept while the bus is away is on this disk, and goes out in order afterwards.

One file for all ingest processes of a host; one of them at a time empties it.
"""

import fcntl
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import structlog

from bus.errors import Reject, Retry, Stop
from bus.port import Outgoing, Producer
from bus.sqlite_file import open_file

# Bytes handed to the bus at once: what draining holds in memory, whatever stands on the disk.
_BATCH_BYTES = 2_000_000
_USUAL_BYTES = 16_384
_LOOK_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
# How long one process waits for another's transaction.
_LOCKED_SECONDS = 10.0
# The totals are kept by triggers: to count a long spool for each arrival would make it longer still.
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

_log = structlog.get_logger()


class SpoolFull(Exception):
    """There is no room: nothing was kept."""


class Spool:
    """`path` is the file, `most` its bound in bytes of messages. Safe for several threads and processes."""

    def __init__(self, path: Path, most: int) -> None:
        self.path = path
        self._most = most
        # Whether the disk refused the last message that should have been kept.
        self._refused = False
        self._lock = threading.Lock()
        # Accepted is durable: each append is on the disk when it returns.
        self._connection = open_file(path, _LOCKED_SECONDS)
        self._connection.executescript(_TABLES)

    def __len__(self) -> int:
        """How many messages wait."""
        return self._counts()[0]

    @property
    def held(self) -> int:
        """Bytes of the messages that wait."""
        return self._counts()[1]

    @property
    def aside(self) -> int:
        """How many messages stand aside, for the bus would not have them."""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM aside").fetchone()[0])

    @property
    def full(self) -> bool:
        """Whether a usual message would find no room: in its bound, or on a disk that was full and still is."""
        if self._refused:
            self._refused = not self._probe()
        return self._refused or self.held >= self._most

    @property
    def share(self) -> float:
        """Of the room that it may take, what is taken."""
        return self.held / self._most

    def append(self, messages: Sequence[Outgoing]) -> None:
        """Keep all or none; durable when it returns. Raises `SpoolFull`, also where the disk itself has no room."""
        rows = [
            (out.topic, out.key, out.value, json.dumps([(name, value.hex()) for name, value in out.headers]), out.size)
            for out in messages
        ]
        try:
            with self._writing() as connection:
                held = connection.execute("SELECT bytes FROM total").fetchone()[0]
                if held + sum(row[-1] for row in rows) > self._most:
                    raise SpoolFull
                connection.executemany("INSERT INTO spool (topic, key, value, headers, size) VALUES (?,?,?,?,?)", rows)
        except sqlite3.Error as error:
            self._refused = True
            raise SpoolFull from error

    def oldest(self) -> tuple[int, list[Outgoing]]:
        """The oldest messages, as many as may be in memory at once, and the number of the last of them."""
        found: list[Outgoing] = []
        last, size = 0, 0
        query = "SELECT number, topic, key, value, headers, size FROM spool ORDER BY number"
        with self._lock, closing(self._connection.execute(query)) as rows:
            for number, topic, key, value, headers, bytes_ in rows:
                if found and size + bytes_ > _BATCH_BYTES:
                    break
                named = tuple((name, bytes.fromhex(text)) for name, text in json.loads(headers))
                found.append(Outgoing(topic, key, value, named))
                last, size = number, size + bytes_
        return last, found

    def drop(self, last: int) -> None:
        """Forget everything up to `last`: the bus has it."""
        with self._writing() as connection:
            connection.execute("DELETE FROM spool WHERE number <= ?", (last,))

    def set_aside(self, last: int) -> None:
        """Keep what stands up to `last` in the file, but out of the way of what follows."""
        with self._writing() as connection:
            columns = "number, topic, key, value, headers"
            connection.execute(f"INSERT INTO aside SELECT {columns} FROM spool WHERE number <= ?", (last,))  # noqa: S608
            connection.execute("DELETE FROM spool WHERE number <= ?", (last,))

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _counts(self) -> tuple[int, int]:
        with self._lock:
            waiting, held = self._connection.execute("SELECT messages, bytes FROM total").fetchone()
        return int(waiting), int(held)

    def _probe(self) -> bool:
        """Whether the disk takes a usual message again. What one transaction puts in and takes out is never written."""
        try:
            with self._writing() as connection:
                connection.execute("INSERT OR REPLACE INTO probe VALUES (1, ?)", (bytes(_USUAL_BYTES),))
            with self._writing() as connection:
                connection.execute("DELETE FROM probe")
        except sqlite3.Error:
            return False
        return True

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise


class SpoolingProducer:
    """A `bus.port.Producer` that says yes while the bus is away, as long as there is room.

    What waits goes first: while anything is in the spool, what comes is put behind it, so that one sender's messages
    keep their order and nobody waits for a bus that is known to be away.
    """

    def __init__(self, producer: Producer, spool: Spool) -> None:
        self._producer = producer
        self._spool = spool

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See the port; `Retry` here means that the spool is full too."""
        for message in messages:
            message.check()
        if not len(self._spool):
            try:
                self._producer.publish(messages)
            except (Retry, Stop) as error:
                _log.warning("spool.opened", cause=type(error).__name__)
            else:
                return
        try:
            self._spool.append(messages)
        except SpoolFull as error:
            raise Retry("the bus is away and the spool is full") from error

    def close(self) -> None:
        """See the port."""
        self._producer.close()


class SpoolDrain:
    """Empties the spool into the bus, oldest first; runs in a thread of its own.

    `lock` is a file: of several processes with one spool, one at a time drains. A message that was handed over and
    not yet forgotten when the process died is published twice, under the same ids. `ready` makes sure that the bus
    has our topics: the doors may have opened before there was a bus.
    """

    def __init__(
        self, spool: Spool, producer: Producer, lock: Path, ready: Callable[[], object], stopping: threading.Event
    ) -> None:
        self._spool = spool
        self._producer = producer
        self._lock = lock
        self._ready = ready
        self._stopping = stopping

    def run(self) -> None:
        """Drain until stopped."""
        with self._lock.open("w") as file:
            while not self._stopping.is_set() and not _locked(file):
                self._stopping.wait(_LOOK_SECONDS)
            first, failures = True, 0
            while not self._stopping.is_set():
                try:
                    forwarded = self.step(begin=failures > 0 or first)
                    first, failures = False, 0
                except (Retry, Stop) as error:
                    failures += 1
                    forwarded = 0
                    if failures == 1:
                        _log.warning("spool.waiting", cause=str(error))
                if not forwarded:
                    self._stopping.wait(min(_LOOK_SECONDS * 2**failures, _LONGEST_PAUSE_SECONDS))

    def step(self, *, begin: bool = False) -> int:
        """Hand over the oldest messages; returns how many. Raises `Retry` or `Stop` where the bus takes none."""
        last, messages = self._spool.oldest()
        if not messages:
            return 0
        if begin:
            self._ready()
        try:
            self._producer.publish(messages)
        except Reject as error:
            # It was checked when it was kept: the bus has become stricter since. The file keeps it for a person.
            _log.critical("spool.rejected", messages=len(messages), cause=str(error))
            self._spool.set_aside(last)
            return len(messages)
        self._spool.drop(last)
        _log.info("spool.drained", messages=len(messages))
        return len(messages)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
