"""The log of facts: the order in which they were committed. Derivations follow it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlmodel import col

from cases.facts.tables import FactLog
from config.database import DatabaseLock, lock_until_commit
from config.row_insertion import insert_rows

# Kind of an entry that says that the words of a complaint were removed. The other kinds are those of facts.
FORGOTTEN = "forgotten"

LAST_POSITION = select(func.coalesce(func.max(col(FactLog.position)), 0))


def last_position(connection: Connection) -> int:
    """Return the position of the last entry, 0 without any."""
    return int(connection.execute(LAST_POSITION).scalar_one())


def append_to_log(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write entries to the log, the last act of a transaction.

    A position that was taken from a sequence could be committed after a higher one, and a derivation would pass it by.
    So it is taken under a lock that is held until the commit.
    """
    if not entries:
        return
    lock_until_commit(connection, DatabaseLock.CASE_LOG)
    last = last_position(connection)
    rows = [{"position": last + number, **entry} for number, entry in enumerate(entries, start=1)]
    insert_rows(connection, FactLog, rows)


def log_forgotten(connection: Connection, complaint_ids: Collection[UUID], now: datetime) -> None:
    """Write to the log that the words of these complaints were removed."""
    entries = [
        {"kind": FORGOTTEN, "fact_id": id_, "complaint_id": id_, "other_id": None, "at": now}
        for id_ in sorted(complaint_ids)
    ]
    append_to_log(connection, entries)
