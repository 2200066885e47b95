"""Audit log: each action of operations staff as a row. Rows are chained by hashes, so that a changed row is detected.

A row is written before its action has any effect: an action that cannot be recorded is not done. A row holds actor,
time, action, reason and the ids of the objects, never a text. A person with write access to the database can rewrite
the whole log. After each row its number and hash are therefore published on the bus (`heads.py`), and `verify`
compares the log with all heads that were published.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, Row, insert, or_
from sqlmodel import col, select

from app.operations.audit.heads import AuditHeads
from app.operations.audit.rows import (
    FIRST_PREVIOUS_HASH,
    AuditLogRow,
    ChainedAction,
    ChainVerification,
    StaffAction,
    chain_action,
    verify_chain,
)
from bus.errors import Reject, Retry, Stop
from config.conditions import starts_with
from config.database import (
    DatabaseLock,
    DatabaseUnavailable,
    lock_until_commit,
    read_transaction,
    write_transaction,
)
from messages.codec import CodecError, NewerVersionError
from messages.shapes import iso

_ROWS_IN_MEMORY = 1000
# Built once: each act executes both.
_INSERTION = insert(AuditLogRow)
_LAST_ROW = select(AuditLogRow.seq, AuditLogRow.hash).order_by(col(AuditLogRow.seq).desc()).limit(1)

_log = structlog.get_logger()


class AuditLog:
    """Audit log in the database of `engine`. Every method may raise `DatabaseUnavailable`.

    `heads` publishes the head after each row; without it the chain alone is checked. `system_user` is added to each
    actor: nobody signs in to the command line, so that anybody may give any name.
    """

    def __init__(self, engine: Engine, heads: AuditHeads | None = None, system_user: str = "") -> None:
        self._engine = engine
        self._heads = heads
        self._system_user = system_user

    def append(self, action: str, subject: str, actor: str, why: str, at: datetime) -> ChainedAction:
        """Store an action as the next row. Safe for several processes at once.

        If the bus is away, the row is stored without its head. The next head covers it too.
        """
        full_actor = f"{actor} ({self._system_user})" if self._system_user else actor
        act = StaffAction(iso(at), full_actor, action, subject, why)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.AUDIT_LOG)
            last = _last_row(connection)
            chained = chain_action(last.seq + 1, act, last.hash) if last else chain_action(1, act, FIRST_PREVIOUS_HASH)
            row = {"seq": chained.seq, "previous": chained.previous, "hash": chained.hash, **asdict(act)}
            connection.execute(_INSERTION, row)
        # Only after the commit: a head of a row that was not stored would look like a deleted row.
        if self._heads:
            try:
                self._heads.publish(chained.seq, chained.hash, at)
            except (Retry, Reject, Stop) as error:
                _log.warning("audit_log.head_not_published", row=chained.seq, cause=str(error))
        return chained

    def publish_head(self, at: datetime) -> None:
        """Publish the present head, if there is any row. Raises the errors of `bus.port.Producer`."""
        with read_transaction(self._engine) as connection:
            last = _last_row(connection)
        if self._heads and last:
            self._heads.publish(last.seq, last.hash, at)

    @contextmanager
    def rows(self, since: datetime | None = None, actor: str = "") -> Iterator[Iterable[ChainedAction]]:
        """Return the rows of one moment in their order; only of an actor, or since a time, if given.

        An actor is given with or without the system user or the account: see `accounts.permissions.actor_label`.
        """
        query = select(AuditLogRow.__table__).order_by(col(AuditLogRow.seq))  # type: ignore[attr-defined]  # SQLModel has no type for it
        if since:
            query = query.where(col(AuditLogRow.at) >= iso(since))
        if actor:
            additions = (f"{actor} (uid ", f"{actor} [")
            with_addition = (starts_with(col(AuditLogRow.actor), start) for start in additions)
            query = query.where(or_(col(AuditLogRow.actor) == actor, *with_addition))
        query = query.execution_options(yield_per=_ROWS_IN_MEMORY)
        with read_transaction(self._engine) as connection, connection.execute(query) as rows:
            yield (
                ChainedAction(
                    row.seq, StaffAction(row.at, row.actor, row.action, row.subject, row.why), row.previous, row.hash
                )
                for row in rows
            )

    def verify(self, noted_hash: str = "", since: datetime | None = None) -> ChainVerification:
        """Check all rows, and compare them with the heads that were published since a time. See `verify_chain`.

        The heads are read first: a row that is appended meanwhile has its head later. Raises the errors of
        `bus.port.Reader`, and `Stop` if a record on the topic is no head.
        """
        try:
            heads = self._heads.read() if self._heads else []
        except CodecError as error:
            raise Stop(
                f"A record on the topic audit-heads is no head ({error}). See `satupintu tail audit-heads`."
            ) from error
        with self.rows() as rows:
            return verify_chain(rows, noted_hash, [head for head in heads if since is None or head.at >= since])


class AuditHeadSchedule:
    """Publishes the head at the start and every `pause` seconds, and checks the log before. Runs in its own thread.

    A regular head replaces one that could not be published, and those that the retention of the topic deleted.
    """

    def __init__(
        self, audit_log: AuditLog, stopping: threading.Event, now: Callable[[], datetime], pause: float
    ) -> None:
        self._audit_log = audit_log
        self._stopping = stopping
        self._now = now
        self._pause = pause

    def run(self) -> None:
        """Work until the process is asked to stop."""
        while not self._stopping.is_set():
            self.step()
            self._stopping.wait(self._pause)

    def step(self) -> None:
        """Check the log and publish its head. If the bus or the database is away, skip this time."""
        try:
            verification = self._audit_log.verify()
            if verification.fault:
                _log.error("audit_log.fault_found", fault=verification.fault)
            self._audit_log.publish_head(self._now())
        except (Retry, Reject, Stop, DatabaseUnavailable, NewerVersionError) as error:
            _log.warning("audit_log.check_skipped", cause=str(error))
        except Exception as error:  # noqa: BLE001 - a failing check must not stop the doors of this process
            _log.error("audit_log.check_failed", exc_info=error)


def _last_row(connection: Connection) -> Row[int, str] | None:
    """Return number and hash of the last row."""
    return connection.execute(_LAST_ROW).one_or_none()
