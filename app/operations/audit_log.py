"""The audit log: each act of a person in operations as a row, chained by hashes, so that no row is changed unseen.

A row is written before its act has any effect: an act that can't be kept is not done. It holds who, when, what and
why, and ids of what it was done to: never a text. Who can write to the database can write the whole log anew; that is
found by a last hash that somebody noted elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Field, SQLModel, col, select

from config.database import insert_statement, lock_until_commit, read_transaction, write_transaction
from messages.shapes import iso

# What the first row follows.
BEGINNING = "0" * 64
# Any number, as long as nobody else locks with it.
_LOCK = 1709
_AT_ONCE = 1000


class ActRow(SQLModel, table=True):
    """One row per act; `at` as its hash covers it, in RFC 3339, UTC, milliseconds."""

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
class Act:
    """What somebody is about to do: `action` as in `letters.redrive`, `subject` the ids of what it is done to."""

    at: str
    actor: str
    action: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An act as it is kept. `hash` covers all of it, and `previous`, the hash of the row before, with it."""

    seq: int
    act: Act
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How many rows fit, and the hash of the last of them; `fault` says what is wrong with the first that does not."""

    rows: int
    head: str
    fault: str = ""


def chained(seq: int, act: Act, previous: str) -> Kept:
    """The act with its hash: SHA-256 of a JSON with sorted names, no spaces and nothing but ASCII."""
    said = {"seq": seq, "previous": previous, **asdict(act)}
    # SQLite keeps bytes in the place of a text, if somebody puts them there.
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), default=repr)
    return Kept(seq, act, previous, hashlib.sha256(canonical.encode()).hexdigest())


def verified(rows: Iterable[Kept], noted: str = "") -> Verified:
    """Looks at all rows in their order. `noted`: a last hash of before, which some row must still have."""
    count, head = 0, BEGINNING
    found = noted in {"", BEGINNING}
    for row in rows:
        if row.seq != count + 1:
            return Verified(count, head, f"row {row.seq} stands where row {count + 1} should")
        if row != chained(row.seq, row.act, row.previous):
            return Verified(count, head, f"row {row.seq} is not what was written: changed, put in or moved")
        if row.previous != head:
            return Verified(count, head, f"row {row.seq} does not follow the row before it: one of them was replaced")
        count, head = row.seq, row.hash
        found = found or head == noted
    fault = "" if found else f"no row has the hash {noted}: the end after row {count} was cut off, or all written anew"
    return Verified(count, head, fault)


class AuditLog:
    """The log in the database of `engine`. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, action: str, subject: str, actor: str, why: str, at: datetime) -> Kept:
        """Keep an act as the next row, whoever else is about to."""
        act = Act(iso(at), actor, action, subject, why)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, _LOCK)
            query = select(ActRow.seq, ActRow.hash).order_by(col(ActRow.seq).desc()).limit(1)
            last = connection.execute(query).one_or_none()
            kept = chained(last.seq + 1, act, last.hash) if last else chained(1, act, BEGINNING)
            row = {"seq": kept.seq, "previous": kept.previous, "hash": kept.hash, **asdict(act)}
            connection.execute(insert_statement(connection, ActRow).values(row))
        return kept

    @contextmanager
    def rows(self, since: datetime | None = None, actor: str = "") -> Iterator[Iterable[Kept]]:
        """The rows in their order, of one moment; of an actor, and from a moment on, where these are given."""
        query = select(ActRow.__table__).order_by(col(ActRow.seq))  # type: ignore[attr-defined]  # SQLModel does not say
        if since:
            query = query.where(col(ActRow.at) >= iso(since))
        if actor:
            query = query.where(col(ActRow.actor) == actor)
        query = query.execution_options(yield_per=_AT_ONCE)
        with read_transaction(self._engine) as connection, connection.execute(query) as found:
            yield (
                Kept(row.seq, Act(row.at, row.actor, row.action, row.subject, row.why), row.previous, row.hash)
                for row in found
            )

    def verify(self, noted: str = "") -> Verified:
        """See `verified`."""
        with self.rows() as rows:
            return verified(rows, noted)
