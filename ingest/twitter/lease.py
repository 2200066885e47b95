"""Lease by which one process at a time reads X. X bills each read."""

import fcntl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import Engine, delete, or_
from sqlmodel import Field, SQLModel, col

from config.database import DatabaseUnavailable, UtcDateTime, insert_statement, write_transaction
from config.table_declaration import declared, kept

# Another process takes over when the holder has not renewed the lease for this long.
LEASE_LENGTH = timedelta(seconds=60)

_log = structlog.get_logger()


class LeaseRow(SQLModel, table=True):
    """Holder of one lease, by its name, and the time until which it holds the lease."""

    __tablename__ = "ingest_lease"
    __table_args__ = declared(kept("one row for the process that reads X"), retention="operation")

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime = Field(sa_type=UtcDateTime)


class HolderFile:
    """Identity of the processes that share a data folder, for the one of them that has the lock of the file.

    The operating system releases the lock when the process ends, however it ends. So a process that is started again
    holds the lease at once. `new_id` makes the identity once; the file keeps it.
    """

    def __init__(self, path: Path, new_id: Callable[[], str]) -> None:
        self._path = path
        self._new_id = new_id
        self._locked_file: IO[str] | None = None
        self._identity = ""

    def identity(self) -> str | None:
        """Return the identity if this process has the lock or gets it, else `None`."""
        if self._locked_file is None:
            file = self._path.open("a+")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return None
            self._locked_file, self._identity = file, self._read_identity(file)
        return self._identity

    def close(self) -> None:
        """Release the lock."""
        if self._locked_file is not None:
            self._locked_file.close()

    def _read_identity(self, file: IO[str]) -> str:
        file.seek(0)
        identity = file.read()
        if not identity:
            identity = self._new_id()
            file.write(identity)
            file.flush()
        return identity


class Lease:
    """The lease `name`, as one process sees it. Safe for several threads.

    `holder` returns an identity that no other running process has, or `None` if this process may not take the lease.
    `now` is the clock. If the clocks of two hosts differ by more than `length`, both may read for as long; this costs
    reads and loses nothing.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        holder: Callable[[], str | None],
        now: Callable[[], datetime],
        length: timedelta = LEASE_LENGTH,
    ) -> None:
        self._engine = engine
        self._name = name
        self._holder = holder
        self._now = now
        self._length = length
        self._lock = threading.Lock()
        self._expires_at: datetime | None = None
        self._is_released = False

    def is_held(self) -> bool:
        """Return True if this process holds the lease. Take it if it is free; renew it if half of it is over.

        Raises `DatabaseUnavailable`.
        """
        with self._lock:
            now = self._now()
            holder = None if self._is_released else self._holder()
            if holder is None:
                return False
            if self._expires_at is not None and now < self._expires_at - self._length / 2:
                return True
            was_held = self._expires_at is not None
            self._expires_at = now + self._length if self._take(holder, now) else None
            is_held = self._expires_at is not None
            if is_held and not was_held:
                _log.info("x.lease_taken")
            elif was_held and not is_held:
                _log.info("x.lease_lost")
            return is_held

    def release(self) -> None:
        """Give the lease up for good, so that another process takes over at once."""
        with self._lock:
            self._is_released = True
            holder = self._holder()
            if self._expires_at is None or holder is None:
                return
            own_row = (col(LeaseRow.name) == self._name) & (col(LeaseRow.holder) == holder)
            # Without the database the lease ends by itself.
            with suppress(DatabaseUnavailable), write_transaction(self._engine) as connection:
                connection.execute(delete(LeaseRow).where(own_row))

    def _take(self, holder: str, now: datetime) -> bool:
        """Take or renew the lease in one statement. Return False if another holder has it."""
        row = {"name": self._name, "holder": holder, "expires_at": now + self._length}
        is_free = or_(col(LeaseRow.holder) == holder, col(LeaseRow.expires_at) <= now)
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, LeaseRow).values(row)
            taken = statement.on_conflict_do_update(index_elements=["name"], set_=row, where=is_free)
            return connection.execute(taken.returning(col(LeaseRow.holder))).one_or_none() is not None
