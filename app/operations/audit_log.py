"""Audit log: each action of operations staff as a row. Rows are chained by hashes, so that a changed row is detected.

A row is written before its action has any effect: an action that cannot be recorded is not done. A row holds actor,
time, action, reason and the ids of the objects, never a text. A person with write access to the database can rewrite
the whole log; a last hash that was noted elsewhere detects that.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Field, SQLModel, col, select

from config.database import DatabaseLock, insert_statement, lock_until_commit, read_transaction, write_transaction
from messages.shapes import iso

# Previous hash of the first row.
FIRST_PREVIOUS_HASH = "0" * 64
_ROWS_IN_MEMORY = 1000


class AuditLogRow(SQLModel, table=True):
    """One row per action. `at` is the text that the hash covers: RFC 3339, UTC, milliseconds."""

    __tablename__ = "audit_log"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str
    actor: str
    action: str
    subject: str
    why: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class StaffAction:
    """Action of a person. `action` is a name such as `letters.redrive`; `subject` holds the ids of its objects."""

    at: str
    actor: str
    action: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class ChainedAction:
    """Action as stored. `hash` covers everything, including `previous`, the hash of the row before."""

    seq: int
    act: StaffAction
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """Number of valid rows and the hash of the last one. `fault` describes the first invalid row; empty without one."""

    rows: int
    head: str
    fault: str = ""


def chain_action(seq: int, act: StaffAction, previous: str) -> ChainedAction:
    """Return the action with its hash: SHA-256 of a JSON with sorted names, no spaces and only ASCII."""
    fields = {"seq": seq, "previous": previous, **asdict(act)}
    # SQLite can hold bytes in a text column, if somebody writes them there; `repr` makes them hashable.
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=repr)
    return ChainedAction(seq, act, previous, hashlib.sha256(canonical.encode()).hexdigest())


def verify_chain(rows: Iterable[ChainedAction], noted_hash: str = "") -> ChainVerification:
    """Check all rows in their order. `noted_hash` is an earlier last hash that some row must still have."""
    count, head = 0, FIRST_PREVIOUS_HASH
    noted_hash_exists = noted_hash in {"", FIRST_PREVIOUS_HASH}
    for row in rows:
        if fault := _fault_of_row(row, count + 1, head):
            return ChainVerification(count, head, fault)
        count, head = row.seq, row.hash
        noted_hash_exists = noted_hash_exists or head == noted_hash
    if noted_hash_exists:
        return ChainVerification(count, head)
    fault = f"No row has the hash {noted_hash}: the rows after row {count} were deleted, or the log was rewritten."
    return ChainVerification(count, head, fault)


def _fault_of_row(row: ChainedAction, expected_seq: int, expected_previous: str) -> str:
    if row.seq != expected_seq:
        return f"Row {row.seq} is in the place of row {expected_seq}."
    if row != chain_action(row.seq, row.act, row.previous):
        return f"Row {row.seq} does not match its hash: it was changed, inserted or moved."
    if row.previous != expected_previous:
        return f"Row {row.seq} does not follow the row before it: one of the two was replaced."
    return ""


class AuditLog:
    """Audit log in the database of `engine`. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, action: str, subject: str, actor: str, why: str, at: datetime) -> ChainedAction:
        """Store an action as the next row. Safe for several processes at once."""
        act = StaffAction(iso(at), actor, action, subject, why)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.AUDIT_LOG)
            query = select(AuditLogRow.seq, AuditLogRow.hash).order_by(col(AuditLogRow.seq).desc()).limit(1)
            last = connection.execute(query).one_or_none()
            chained = chain_action(last.seq + 1, act, last.hash) if last else chain_action(1, act, FIRST_PREVIOUS_HASH)
            row = {"seq": chained.seq, "previous": chained.previous, "hash": chained.hash, **asdict(act)}
            connection.execute(insert_statement(connection, AuditLogRow).values(row))
        return chained

    @contextmanager
    def rows(self, since: datetime | None = None, actor: str = "") -> Iterator[Iterable[ChainedAction]]:
        """Return the rows of one moment in their order; only of an actor, or since a time, if given."""
        query = select(AuditLogRow.__table__).order_by(col(AuditLogRow.seq))  # type: ignore[attr-defined]  # SQLModel has no type for it
        if since:
            query = query.where(col(AuditLogRow.at) >= iso(since))
        if actor:
            query = query.where(col(AuditLogRow.actor) == actor)
        query = query.execution_options(yield_per=_ROWS_IN_MEMORY)
        with read_transaction(self._engine) as connection, connection.execute(query) as rows:
            yield (
                ChainedAction(
                    row.seq, StaffAction(row.at, row.actor, row.action, row.subject, row.why), row.previous, row.hash
                )
                for row in rows
            )

    def verify(self, noted_hash: str = "") -> ChainVerification:
        """Check all rows; see `verify_chain`."""
        with self.rows() as rows:
            return verify_chain(rows, noted_hash)
