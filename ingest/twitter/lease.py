"""Lease by which one process at a time reads X. X bills each read, and allows one stream."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, delete, or_
from sqlmodel import Field, SQLModel, col

from config.database import DatabaseUnavailable, UtcDateTime, insert_statement, write_transaction

# Another process takes over when the holder has not renewed the lease for this long.
LEASE_LENGTH = timedelta(seconds=60)

_log = structlog.get_logger()


class LeaseRow(SQLModel, table=True):
    """Holder of one lease, by its name, and the time until which it holds the lease."""

    __tablename__ = "ingest_lease"

    name: str = Field(primary_key=True)
    holder: str
    expires_at: datetime = Field(sa_type=UtcDateTime)


class Lease:
    """The lease `name`, as one process sees it. Safe for several threads.

    `holder` must be unique among all processes: two starts of one process are two holders. `now` is the clock. If the
    clocks of two hosts differ by more than `length`, both may read for as long; this costs reads and loses nothing.
    """

    def __init__(
        self, engine: Engine, name: str, holder: str, now: Callable[[], datetime], length: timedelta = LEASE_LENGTH
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
            if self._is_released:
                return False
            if self._expires_at is not None and now < self._expires_at - self._length / 2:
                return True
            was_held = self._expires_at is not None
            self._expires_at = now + self._length if self._take(now) else None
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
            if self._expires_at is None:
                return
            own_row = (col(LeaseRow.name) == self._name) & (col(LeaseRow.holder) == self._holder)
            # Without the database the lease ends by itself.
            with suppress(DatabaseUnavailable), write_transaction(self._engine) as connection:
                connection.execute(delete(LeaseRow).where(own_row))

    def _take(self, now: datetime) -> bool:
        """Take or renew the lease in one statement. Return False if another holder has it."""
        row = {"name": self._name, "holder": self._holder, "expires_at": now + self._length}
        is_free = or_(col(LeaseRow.holder) == self._holder, col(LeaseRow.expires_at) <= now)
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, LeaseRow).values(row)
            taken = statement.on_conflict_do_update(index_elements=["name"], set_=row, where=is_free)
            return connection.execute(taken.returning(col(LeaseRow.holder))).one_or_none() is not None
