"""Copies the readable messages of a corrupt spool file into the spool: `python -m ingest.spool_recovery FILE spool.db`.

It may run beside the service. A message that was published before is published again, under the same id.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bus.port import Outgoing
from ingest.spool import Spool, read_message

# Numbers that are tried if the file does not tell its highest. One try takes some microseconds.
_MAX_NUMBER = 1_000_000
_EX_USAGE = 2


def read_messages(path: Path) -> Iterator[Outgoing | None]:
    """Yield each readable message of the file, oldest first, and `None` for each damaged one.

    Each is looked up by its number, so that a damaged page hides only its own messages. Raises `sqlite3.Error` if the
    file cannot be opened at all.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT name FROM sqlite_schema").fetchone()
        for number in range(1, _highest_number(connection) + 1):
            try:
                query = "SELECT topic, key, value, headers FROM spool WHERE number = ?"
                row = connection.execute(query, (number,)).fetchone()
                if row is not None:
                    yield read_message(*row)
            except (sqlite3.Error, ValueError, TypeError):
                yield None


def recover(path: Path, spool: Spool) -> tuple[int, int]:
    """Append the readable messages to the spool. Return their number, and the number of damaged ones.

    Raises `SpoolFull`, and `sqlite3.Error` if the file cannot be opened at all.
    """
    recovered = damaged = 0
    for message in read_messages(path):
        if message is None:
            damaged += 1
        else:
            spool.append([message])
            recovered += 1
    return recovered, damaged


def _highest_number(connection: sqlite3.Connection) -> int:
    """Return the highest number that the file ever gave to a message."""
    try:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'spool'").fetchone()
    except sqlite3.Error:
        return _MAX_NUMBER
    return int(row[0]) if row else 0


def main(arguments: list[str]) -> int:
    """Run the command. Return its exit code."""
    if len(arguments) != len(("FILE", "SPOOL")) or not all(Path(argument).is_file() for argument in arguments):
        sys.stderr.write("usage: python -m ingest.spool_recovery FILE SPOOL (both must exist)\n")
        return _EX_USAGE
    spool = Spool(Path(arguments[1]), sys.maxsize, lambda: datetime.now(UTC))
    try:
        recovered, damaged = recover(Path(arguments[0]), spool)
    finally:
        spool.close()
    sys.stdout.write(f"{recovered} messages recovered, {damaged} damaged\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
