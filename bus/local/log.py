"""The log: topics, partitions and records in SQLite. It knows nothing of groups, threads or waiting."""

import json
import sqlite3
import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bus.errors import Retry, TopicsRefused, UnknownTopic
from bus.port import Headers, OffsetRange, Outgoing, Partition, Record, TopicSpec
from bus.sqlite_file import JournaledConnection, open_sqlite
from bus.topic_faults import partition_faults

# A process waits so long for another's transaction before it treats the bus as away.
_BUSY_SECONDS = 15.0
# The journal of deleted records is emptied only if nobody reads for so long.
_TRIM_SECONDS = 0.5
# Partitions without an append have the number 0.
FIRST_LOOK = -1

# The records have row ids, so that those of one append are together on the last pages, whatever their partitions.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partitions (
    topic TEXT NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL DEFAULT 0, "end" INTEGER NOT NULL DEFAULT 0,
    last_append INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (topic, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS partitions_by_append ON partitions (last_append);
CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    key BLOB NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL,
    PRIMARY KEY (topic, partition, offset));
CREATE TABLE IF NOT EXISTS offsets (
    "group" TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY ("group", topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
    "group" TEXT NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, seen REAL NOT NULL,
    PRIMARY KEY ("group", name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
    "group" TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, owner TEXT NOT NULL, epoch INTEGER NOT NULL,
    PRIMARY KEY ("group", topic, partition)) WITHOUT ROWID;
"""


def connect(path: Path) -> JournaledConnection:
    """Return a connection for one thread at a time. A commit is on the disk when it returns (WAL, synchronous=FULL)."""
    return open_sqlite(path, _BUSY_SECONDS)


def create(path: Path) -> None:
    """Create the file and its tables if they are missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = connect(path)
    connection.executescript(_SCHEMA)
    connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit the body, or roll it back if it raises. Raises `Retry` if the disk is locked or full."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.commit()
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise Retry(f"local bus: {error}") from error


def ensure(connection: sqlite3.Connection, specs: Iterable[TopicSpec]) -> None:
    """Create missing topics. Raises `TopicsRefused` naming those with fewer partitions than asked for."""
    specs = list(specs)
    with transaction(connection):
        connection.executemany(
            "INSERT INTO topics VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET retention = excluded.retention",
            [(spec.name, spec.partitions, spec.retention) for spec in specs],
        )
        counts = {topic.name: topic.partitions for topic in topics(connection)}
        connection.executemany(
            "INSERT OR IGNORE INTO partitions (topic, number) VALUES (?, ?)",
            [(spec.name, number) for spec in specs for number in range(counts[spec.name])],
        )
    if faults := partition_faults(specs, counts):
        raise TopicsRefused(faults)


def append(connection: sqlite3.Connection, messages: Iterable[Outgoing], timestamp: int) -> None:
    """Append within the caller's transaction. `timestamp` is in milliseconds since 1970 UTC."""
    by_partition: dict[Partition, list[Outgoing]] = defaultdict(list)
    counts: dict[str, int] = {}
    for message in messages:
        if message.topic not in counts:
            counts[message.topic] = _partition_count(connection, message.topic)
        number = zlib.crc32(message.key) % counts[message.topic]
        by_partition[Partition(message.topic, number)].append(message)
    (append_number,) = connection.execute("SELECT coalesce(max(last_append), 0) + 1 FROM partitions").fetchone()
    rows: list[tuple[object, ...]] = []
    for partition, batch in by_partition.items():
        (end,) = connection.execute(
            'UPDATE partitions SET "end" = "end" + ?, last_append = ? WHERE topic = ? AND number = ? RETURNING "end"',
            (len(batch), append_number, *partition),
        ).fetchone()
        rows += [
            (*partition, offset, timestamp, message.key, message.value, _pack(message.headers))
            for offset, message in enumerate(batch, end - len(batch))
        ]
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _partition_count(connection: sqlite3.Connection, topic: str) -> int:
    row = connection.execute("SELECT partitions FROM topics WHERE name = ?", (topic,)).fetchone()
    if row is None:
        raise UnknownTopic(topic)
    return int(row[0])


def ends_since(connection: sqlite3.Connection, append_number: int) -> tuple[dict[Partition, int], int]:
    """Return the end of each partition with records of a later append, and the number of the last append.

    Appends are numbered within the file from 1. `FIRST_LOOK` returns every partition.
    """
    rows = connection.execute(
        'SELECT topic, number, "end", last_append FROM partitions WHERE last_append > ? ORDER BY last_append',
        (append_number,),
    ).fetchall()
    ends = {Partition(topic, number): end for topic, number, end, _ in rows}
    return ends, rows[-1][-1] if rows else append_number


def insert_records(connection: sqlite3.Connection, records: Iterable[Record]) -> None:
    """Insert records at their offsets, within the caller's transaction. The first of a partition is its start."""
    for record in records:
        connection.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(record.topic, record.partition, record.offset, record.timestamp),
                *(record.key, record.value, _pack(record.headers)),
            ),
        )
        connection.execute(
            'UPDATE partitions SET start = CASE WHEN "end" = 0 THEN ? ELSE start END, "end" = ? + 1'
            " WHERE topic = ? AND number = ?",
            (record.offset, record.offset, record.topic, record.partition),
        )


def advance_ends(connection: sqlite3.Connection, ends: Mapping[Partition, int]) -> None:
    """Give the next record of each partition at least this offset. A partition without records starts there."""
    connection.executemany(
        'UPDATE partitions SET start = CASE WHEN start = "end" THEN max("end", ?1) ELSE start END,'
        ' "end" = max("end", ?1) WHERE topic = ?2 AND number = ?3',
        [(end, *partition) for partition, end in ends.items()],
    )


def read_records(connection: sqlite3.Connection, partition: Partition, offset: int, limit: int) -> list[Record]:
    """Return up to `limit` records of one partition from `offset` on."""
    rows = connection.execute(
        "SELECT topic, partition, offset, timestamp, key, value, headers FROM records"
        " WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
        (*partition, offset, limit),
    )
    return [
        Record(topic, number, at, timestamp, key, value, _unpack(headers))
        for topic, number, at, timestamp, key, value, headers in rows
    ]


def offset_since(connection: sqlite3.Connection, partition: Partition, offset_range: OffsetRange, moment: int) -> int:
    """Return the first offset of one partition that was taken at `moment` or later, by binary search.

    If the clock was set back, the times are not in order, and the result is one of several possible offsets.
    """
    query = "SELECT timestamp FROM records WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT 1"

    def taken(offset: int) -> int:
        (timestamp,) = connection.execute(query, (*partition, offset)).fetchone() or (moment,)
        return int(timestamp)

    offsets = range(offset_range.start, offset_range.end)
    return offset_range.start + bisect_left(offsets, moment, key=taken)


def topics(connection: sqlite3.Connection) -> list[TopicSpec]:
    """Return every topic, by name."""
    return [TopicSpec(*row) for row in connection.execute("SELECT name, partitions, retention FROM topics ORDER BY 1")]


def offset_ranges(connection: sqlite3.Connection, names: Sequence[str]) -> dict[Partition, OffsetRange]:
    """Return the first stored offset and the next one to be written, for every partition of these topics."""
    rows = connection.execute(
        'SELECT topic, number, start, "end" FROM partitions WHERE topic IN (SELECT value FROM json_each(?))',
        (json.dumps(list(names)),),
    )
    return {Partition(topic, number): OffsetRange(start, end) for topic, number, start, end in rows}


def trim(connection: JournaledConnection, now_ms: int) -> int:
    """Delete records past their topic's retention, except those that a group of the topic has not processed yet.

    Return the number of deleted records. Apache Kafka deletes unprocessed records too. The journal, which has the
    deleted pages, is emptied too; while another process reads, the next call does it.
    """
    with transaction(connection):
        dropped = connection.execute(
            """DELETE FROM records WHERE (topic, partition, offset) IN (
                 SELECT r.topic, r.partition, r.offset FROM records r JOIN topics t ON t.name = r.topic
                 WHERE t.retention IS NOT NULL AND r.timestamp < ? - t.retention * 86400000
                   AND NOT EXISTS (
                     SELECT 1 FROM (SELECT DISTINCT "group" FROM offsets WHERE topic = r.topic) AS reads
                     LEFT JOIN offsets o
                       ON o."group" = reads."group" AND o.topic = r.topic AND o.partition = r.partition
                     WHERE coalesce(o.next, 0) <= r.offset))
            """,
            (now_ms,),
        ).rowcount
        connection.execute(
            """UPDATE partitions SET start = coalesce(
                 (SELECT min(r.offset) FROM records r WHERE r.topic = partitions.topic AND r.partition = number),
                 "end")"""
        )
    connection.empty_journal(_TRIM_SECONDS)
    return dropped


def _pack(headers: Headers) -> str:
    return json.dumps([[name, value.decode("latin-1")] for name, value in headers])


def _unpack(packed: str) -> Headers:
    return tuple((name, value.encode("latin-1")) for name, value in json.loads(packed))
