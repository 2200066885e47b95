"""Temporary SQLite database in which the audit joins the rows that it read.

SQLite creates the file in the folder for temporary files (`TMPDIR`, else `/var/tmp`) and unlinks it at once, so that no
file remains, also if the process is killed. Its memory is limited by the cache size below.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from bus.errors import Stop

_CACHE_KIB = 16_000

# One row for each record, as `facts.py` reads it. `late`: appended after the start of the audit. `normalizing`,
# `routing`, `recording`: the normalizer, the router, the ledger has not processed the record yet. `since` has times in
# milliseconds: retention deleted no record that is younger.
_FACT_TABLES = """
CREATE TABLE letter (stage, id, PRIMARY KEY (stage, id)) WITHOUT ROWID;
CREATE TABLE held (id PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE event (event, subject, message, at);
CREATE TABLE ledger (id, at);
CREATE TABLE recorded_dispatch (id PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE arrival (id, at, died, former, normalizing);
CREATE TABLE complaint (id, message, kind, of, tracking, at, redriven, routing, recording);
CREATE TABLE hop (complaint, number, id, agency, astray, of, at, redriven, late, recording);
CREATE TABLE answer (id, complaint, dispatch, redriven, routing);
CREATE TABLE expired (place, offsets, stage);
CREATE TABLE miscounted (agency, cases);
CREATE TABLE since (arrivals, outcomes, complaints, hops, letters);
"""

# `message`: the fate of each accepted message; `past` if retention may have deleted its outcome. Two arrivals with the
# same former id are one message: it was delivered before message ids were keyed, and again afterwards.
# `complaint_fate`: the fate of each complaint; `kept` is 1 if retention has deleted nothing that followed from it.
# `aside`: messages that are no complaint. A replayed message of a forgotten person is set aside too, whatever it was.
# `latest_dispatch`: the latest dispatch of each complaint.
_FATE_TABLES = """
CREATE INDEX event_subject ON event (event, subject, message, at);
CREATE VIEW aside AS SELECT subject AS message FROM event WHERE event = 'not-a-complaint'
  UNION ALL SELECT DISTINCT subject FROM event WHERE event = 'forgotten'
    AND NOT EXISTS (SELECT 1 FROM complaint WHERE complaint.message = event.subject)
    AND NOT EXISTS (SELECT 1 FROM event AS earlier WHERE earlier.subject = event.subject
      AND earlier.event = 'not-a-complaint');
CREATE VIEW released AS SELECT subject AS held, message, at FROM event WHERE event = 'released';
CREATE INDEX ledger_id ON ledger (id);
CREATE INDEX arrival_id ON arrival (id);
CREATE INDEX arrival_former ON arrival (former, id, at, died, normalizing);
CREATE INDEX complaint_id ON complaint (id, kind, at, routing, recording, of);
CREATE INDEX complaint_message ON complaint (message, redriven, id);
CREATE INDEX complaint_tracking ON complaint (tracking, id);
CREATE INDEX hop_number ON hop (complaint, number, redriven, at, late);

CREATE TABLE message (id, deliveries, fate);
INSERT INTO message SELECT min(arrival.id), count(*), CASE
    WHEN max(EXISTS (SELECT 1 FROM complaint WHERE complaint.message IN (arrival.id, former))) THEN 'done'
    WHEN max(EXISTS (SELECT 1 FROM aside WHERE aside.message IN (arrival.id, former))) THEN 'done'
    WHEN max(normalizing) THEN 'pending'
    WHEN max(died) THEN 'dead'
    WHEN min(at) < (SELECT outcomes FROM since) THEN 'past'
    ELSE 'lost' END
  FROM arrival GROUP BY former;

CREATE TABLE complaint_fate (id PRIMARY KEY, kept, fate) WITHOUT ROWID;
INSERT INTO complaint_fate SELECT complaint.id, min(at) >= (SELECT hops FROM since), CASE
    WHEN NOT EXISTS (SELECT 1 FROM hop WHERE hop.complaint = complaint.id) THEN CASE
      WHEN max(routing) THEN 'pending'
      WHEN EXISTS (SELECT 1 FROM letter WHERE stage = 'router' AND letter.id = complaint.id) THEN 'dead'
      WHEN min(at) < (SELECT hops FROM since) THEN min(kind)
      ELSE 'not_dispatched' END
    WHEN EXISTS (SELECT 1 FROM ledger WHERE ledger.id = complaint.id) THEN min(kind)
    WHEN EXISTS (SELECT 1 FROM letter WHERE stage = 'sinks' AND letter.id = complaint.id) THEN min(kind)
    WHEN max(recording) THEN 'pending'
    WHEN min(at) < (SELECT letters FROM since) THEN min(kind)
    ELSE 'not_recorded' END
  FROM complaint GROUP BY complaint.id;

CREATE TABLE latest_dispatch (complaint PRIMARY KEY, number, agency, of, at, late) WITHOUT ROWID;
INSERT INTO latest_dispatch SELECT complaint, max(number), agency, of, at, late FROM hop GROUP BY complaint;
"""

_INSERTS = {
    "letter": "INSERT OR IGNORE INTO letter VALUES (?, ?)",
    "event": "INSERT INTO event VALUES (?, ?, ?, ?)",
    "held": "INSERT OR IGNORE INTO held VALUES (?)",
    "ledger": "INSERT INTO ledger VALUES (?, ?)",
    "arrival": "INSERT INTO arrival SELECT ?1, ?3,"
    " EXISTS (SELECT 1 FROM letter WHERE stage = 'normalize' AND letter.id IN (?1, ?2)), ?4, ?5",
    "complaint": "INSERT INTO complaint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "recorded_dispatch": "INSERT OR IGNORE INTO recorded_dispatch VALUES (?)",
    "hop": "INSERT INTO hop VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "answer": "INSERT INTO answer VALUES (?, ?, ?, ?, ?)",
    "expired": "INSERT INTO expired VALUES (?, ?, ?)",
    "miscounted": "INSERT INTO miscounted VALUES (?, ?)",
    "since": "INSERT INTO since VALUES (?, ?, ?, ?, ?)",
}


class TempStore:
    """Add rows first, then call `join` once, then query. All methods raise `Stop` if the disk is full."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}", "temp_store = FILE"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.executescript(_FACT_TABLES)
        self._connection.execute("BEGIN")

    def add(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert the rows one by one; none is kept in memory."""
        with _stop_if_disk_is_full():
            self._connection.executemany(_INSERTS[table], rows)

    def join(self) -> None:
        """Compute the fate of every message and complaint."""
        with _stop_if_disk_is_full():
            self._connection.executescript(_FATE_TABLES)

    def query(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield the result rows one by one."""
        with _stop_if_disk_is_full():
            yield from self._connection.execute(sql)

    def close(self) -> None:
        """Delete the database."""
        self._connection.close()


@contextmanager
def _stop_if_disk_is_full() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        # The rows come from a generator: any other error may be one of the local bus.
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
            raise
        raise Stop(
            "the audit has no disk space for its temporary file; set TMPDIR to a folder with more space"
        ) from error
