"""Temporary SQLite database of restored records: in the order of time, complaints by their arrival, ids of outcomes.

SQLite creates the file in the folder for temporary files (`TMPDIR`, else `/var/tmp`) and unlinks it at once. It takes
about as much disk as the records, compressed.
"""

import json
import sqlite3
import zlib
from collections.abc import Collection, Iterator
from uuid import UUID

from bus.port import Record

_CACHE_KIB = 16_000
_TABLES = """
CREATE TABLE record (timestamp, rank, topic, partition, offset, key, value, headers, dead_stages);
CREATE TABLE complaint (arrival PRIMARY KEY, topic, partition, offset) WITHOUT ROWID;
CREATE TABLE outcome (id PRIMARY KEY) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX record_time ON record (timestamp, rank, topic, partition, offset);
CREATE INDEX record_position ON record (topic, partition, offset);
"""
_COLUMNS = "topic, partition, offset, timestamp, key, value, headers, dead_stages"


class TempRecords:
    """Add records first, then call `sort` once, then read."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}", "temp_store = FILE"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.executescript(_TABLES)
        self._connection.execute("BEGIN")

    def add(self, record: Record, rank: int, dead_stages: Collection[str]) -> None:
        """Add a record. `rank` orders records of one time; `dead_stages` could not process the record."""
        headers = json.dumps([[name, value.decode("latin-1")] for name, value in record.headers])
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(record.timestamp, rank, record.topic, record.partition, record.offset, record.key),
                *(zlib.compress(record.value, 1), headers, " ".join(sorted(dead_stages))),
            ),
        )

    def add_complaint(self, arrival_id: UUID, record: Record) -> None:
        """Add the complaint that was made of an arrival; of several the first counts."""
        row = (arrival_id.bytes, record.topic, record.partition, record.offset)
        self._connection.execute("INSERT OR IGNORE INTO complaint VALUES (?, ?, ?, ?)", row)

    def add_outcome(self, outcome_id: UUID) -> None:
        """Add the id of an outcome of the router."""
        self._connection.execute("INSERT OR IGNORE INTO outcome VALUES (?)", (outcome_id.bytes,))

    def has_outcome(self, outcome_id: UUID) -> bool:
        """Return whether an outcome of the router was added."""
        query = "SELECT 1 FROM outcome WHERE id = ?"
        return self._connection.execute(query, (outcome_id.bytes,)).fetchone() is not None

    def sort(self) -> None:
        """Make the records ready for reading."""
        self._connection.executescript(_INDEXES)

    def in_time_order(self, topics: Collection[str]) -> Iterator[tuple[Record, frozenset[str]]]:
        """Yield the records of these topics in the order of time, with the stages that could not process them."""
        names = json.dumps(sorted(topics))
        query = f"SELECT {_COLUMNS} FROM record WHERE topic IN (SELECT value FROM json_each(?))"  # noqa: S608 - constant
        for row in self._connection.execute(f"{query} ORDER BY timestamp, rank, topic, partition, offset", (names,)):
            yield _record(row), frozenset(row[-1].split())

    def complaint_of(self, arrival_id: UUID) -> Record | None:
        """Return the record of the complaint that was made of an arrival."""
        columns = ", ".join(f"record.{name}" for name in _COLUMNS.split(", "))
        row = self._connection.execute(
            f"SELECT {columns} FROM complaint JOIN record USING (topic, partition, offset) WHERE arrival = ?",  # noqa: S608 - constant
            (arrival_id.bytes,),
        ).fetchone()
        return _record(row) if row else None

    def close(self) -> None:
        """Delete the database."""
        self._connection.close()


def _record(row: tuple[str, int, int, int, bytes, bytes, str, str]) -> Record:
    topic, partition, offset, timestamp, key, value, headers, _ = row
    unpacked = tuple((name, text.encode("latin-1")) for name, text in json.loads(headers))
    return Record(topic, partition, offset, timestamp, key, zlib.decompress(value), unpacked)
