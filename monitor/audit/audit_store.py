"""SQLite database in which the audit keeps the facts of all records, and joins them.

The file is the checkpoint of the next run. It holds ids, digests and times. Memory is limited by the cache size below;
temporary tables are in the folder for temporary files (`TMPDIR`, else `/var/tmp`).
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from types import MappingProxyType
from typing import Any, NamedTuple

from bus.errors import Stop
from bus.port import Partition
from config.private_files import secure_database_file
from monitor.audit import tables

# Raise it with every change of the facts or of the tables.
VERSION = 3

_CACHE_KIB = 16_000
# A run waits this long for another one on the same file.
_WAIT_SECONDS = 1.0
_INSERTS = MappingProxyType(
    {
        "letter": "INSERT OR IGNORE INTO main.letter VALUES (?, ?)",
        "event": "INSERT INTO main.event VALUES (?, ?, ?, ?)",
        "held": "INSERT OR IGNORE INTO main.held VALUES (?)",
        "division": "INSERT INTO main.division VALUES (?, ?)",
        "arrival": "INSERT INTO main.arrival VALUES (?, ?, ?, ?)",
        "complaint": "INSERT INTO main.complaint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "hop": "INSERT INTO main.hop VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "answer": "INSERT INTO main.answer VALUES (?, ?, ?, ?, ?, ?)",
        "committed": "INSERT INTO committed VALUES (?, ?, ?)",
        "span": "INSERT INTO span VALUES (?, ?, ?)",
        "ledger": "INSERT OR IGNORE INTO ledger VALUES (?, ?)",
        "recorded_dispatch": "INSERT OR IGNORE INTO recorded_dispatch VALUES (?)",
        "routed": "INSERT OR IGNORE INTO routed VALUES (?, ?, ?, ?)",
        "expired": "INSERT INTO expired VALUES (?, ?, ?)",
        "miscounted": "INSERT INTO miscounted VALUES (?, ?)",
        "since": "INSERT INTO since VALUES (?, ?, ?, ?, ?)",
        "unsettled": "INSERT OR IGNORE INTO main.unsettled VALUES (?)",
    }
)
_KEEP_PLACE = """
INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET start = excluded.start,
  last_offset = excluded.last_offset, last_digest = excluded.last_digest, first_ms = excluded.first_ms
"""


class KeptPlace(NamedTuple):
    """A partition as the last run left it.

    `start` is its first offset, `first_ms` the time of its first record if retention has deleted earlier ones (else 0).
    `last_offset` and `last_digest` are those of the last record that was read; -1 and empty before the first.
    """

    id: int
    start: int
    last_offset: int
    last_digest: bytes
    first_ms: int


class AuditStore:
    """Facts of one run: add rows, then call `join` once, then query, then `keep`.

    `is_full`: the run reads all records; otherwise the store has those before, and evaluates what may have changed. All
    methods raise `Stop` if the disk is full, and `sqlite3.DatabaseError` if the file is damaged.
    """

    def __init__(self, connection: sqlite3.Connection, *, is_full: bool) -> None:
        self._connection = connection
        self._is_full = is_full
        self._place_ids = {partition: place.id for partition, place in self.places().items()}
        with _stop_if_disk_is_full():
            self._run(tables.RUN_TABLES + tables.ROUTED_HOPS)
            if not is_full:
                self._run(tables.SEEDS)

    def state(self) -> Mapping[str, Any]:
        """Return the values that `keep` was given, by name."""
        return dict(self.query("SELECT name, value FROM state"))

    def places(self) -> Mapping[Partition, KeptPlace]:
        """Return the partitions of the runs before."""
        rows = self.query("SELECT topic, number, id, start, last_offset, last_digest, first_ms FROM place")
        return {Partition(topic, number): KeptPlace(*place) for topic, number, *place in rows}

    def group_offsets(self) -> Mapping[tuple[str, Partition], int]:
        """Return the next offset of each stage in each partition, as the last run found them."""
        rows = self.query("SELECT stage, topic, number, next FROM group_offset JOIN place ON place = place.id")
        return {(stage, Partition(topic, number)): offset for stage, topic, number, offset in rows}

    def place_id(self, partition: Partition) -> int:
        """Return the number by which facts name a partition."""
        return self._place_ids.setdefault(partition, len(self._place_ids) + 1)

    def add(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert the rows one by one; none is kept in memory."""
        with _stop_if_disk_is_full():
            self._connection.executemany(_INSERTS[table], rows)

    def choose(self) -> None:
        """Find the keys that an incremental pass evaluates, and their facts. Call it after all records were read."""
        with _stop_if_disk_is_full():
            self._run(tables.FACT_INDEXES + tables.ALL_FACTS if self._is_full else tables.EXPANSION + tables.SOME_FACTS)

    def join(self) -> None:
        """Compute the fate of every message and complaint that is evaluated."""
        with _stop_if_disk_is_full():
            self._run(tables.FATE_TABLES)

    def query(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the result rows one by one."""
        with _stop_if_disk_is_full():
            yield from self._connection.execute(sql, values)

    def is_evaluated(self, key: object) -> bool:
        """Return True if this run has all facts on which the fate of the key depends."""
        return self._is_full or any(self.query("SELECT 1 FROM evaluated WHERE key = ?", (key,)))

    def update_totals(self) -> Mapping[str, int]:
        """Keep the outcomes of the evaluated keys, and which of them are unsettled; return the sums of all outcomes."""
        with _stop_if_disk_is_full():
            self._run(tables.KEEP_ALL if self._is_full else tables.KEEP_SOME)
        return dict(self.query("SELECT name, number FROM total"))

    def keep(
        self,
        places: Mapping[Partition, KeptPlace],
        group_offsets: Mapping[tuple[str, Partition], int],
        state: Mapping[str, Any],
    ) -> None:
        """Keep how far this run has read."""
        with _stop_if_disk_is_full():
            self._connection.executemany(_KEEP_PLACE, ((kept.id, *place, *kept[1:]) for place, kept in places.items()))
            rows = ((stage, self.place_id(place), offset) for (stage, place), offset in group_offsets.items())
            self._connection.executemany("INSERT OR REPLACE INTO group_offset VALUES (?, ?, ?)", rows)
            self._connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", state.items())

    def _run(self, script: str) -> None:
        """Execute the statements. `executescript` would end the transaction."""
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self._connection.execute(statement)
                statement = ""


@contextmanager
def new_store(path: Path | None) -> Iterator[AuditStore]:
    """Open an empty store. It takes the place of the file at the end of the block; without a path nothing remains."""
    if path is None:
        with closing(_connect("")) as connection, _created(connection) as store:
            yield store
        return
    _remove_leftovers(path)
    number, name = mkstemp(".db", f"{path.stem}-", path.parent)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        with closing(_connect(name)) as connection, _created(connection) as store:
            yield store
        # A file that is not on the disk as a whole would be damaged after a power cut.
        os.fsync(number)
        Path(name).replace(path)
    finally:
        os.close(number)
        Path(name).unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Remove the files of full passes whose process was killed. A running one holds a lock on its file."""
    for leftover in path.parent.glob(f"{path.stem}-*.db"):
        with suppress(OSError), leftover.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


@contextmanager
def kept_store(path: Path) -> Iterator[AuditStore]:
    """Open the store of the run before, which the block changes as a whole or not at all.

    Raises `sqlite3.DatabaseError` if there is none, or if it is damaged.
    """
    with closing(_connect(f"file:{path}?mode=rw", uri=True)) as connection:
        secure_database_file(path)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield AuditStore(connection, is_full=False)
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        with _stop_if_disk_is_full():
            connection.execute("COMMIT")


@contextmanager
def _created(connection: sqlite3.Connection) -> Iterator[AuditStore]:
    for setting in ("journal_mode = OFF", "synchronous = OFF"):
        connection.execute(f"PRAGMA {setting}")
    connection.executescript(tables.FACT_TABLES)
    with _stop_if_disk_is_full():
        connection.execute("BEGIN")
        yield AuditStore(connection, is_full=True)
        connection.execute("COMMIT")


def _connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=_WAIT_SECONDS, isolation_level=None, uri=uri)
    for setting in (f"cache_size = -{_CACHE_KIB}", "temp_store = FILE"):
        connection.execute(f"PRAGMA {setting}")
    return connection


@contextmanager
def _stop_if_disk_is_full() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        # The rows come from a generator: any other error may be one of the local bus.
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
            raise
        raise Stop(
            "the audit has no disk space; free some in SATUPINTU_HOME, and set TMPDIR to a folder with more space"
        ) from error
