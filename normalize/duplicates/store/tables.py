"""Tables of earlier complaints, of their lookup keys and of closed cases."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, text
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, declared, deleted, kept

# SQLite stores rows in the order of an INTEGER key only.
_NUMBER = cast("type[BigInteger]", BigInteger().with_variant(Integer, "sqlite"))


class ComparableRow(SQLModel, table=True):
    """The sealed comparable form of one complaint.

    `number` counts complaints in the order of their decisions. `root` is the complaint that this one belongs to, of any
    sender; `own` is the first complaint of the same sender that this one repeats; `parent` is the one of its relation,
    or of a person's last correction: if that is taken from the root, this one goes with it. Each is empty if it is the
    complaint itself. `since` is the earliest arrival of all complaints of the root. `sender` is the proven one, else
    empty; `claimed` is the keyed hash of the address that an unproven sender gives. `suggested` is the case that it is
    perhaps the same as.
    """

    __tablename__ = "normalize_matter"
    # Few complaints belong to others: these indexes contain those only. SQLite uses such an index only for a query that
    # has literally the same condition.
    __table_args__ = (
        Index(
            "ix_normalize_matter_root",
            "root",
            sqlite_where=text("root IS NOT NULL"),
            postgresql_where=text("root IS NOT NULL"),
        ),
        Index(
            "ix_normalize_matter_own",
            "own",
            sqlite_where=text("own IS NOT NULL"),
            postgresql_where=text("own IS NOT NULL"),
        ),
        Index(
            "ix_normalize_matter_parent",
            "parent",
            sqlite_where=text("parent IS NOT NULL"),
            postgresql_where=text("parent IS NOT NULL"),
        ),
        Index("ix_normalize_matter_sender", "sender", sqlite_where=text("joined = 1"), postgresql_where=text("joined")),
        Index(
            "ix_normalize_matter_suggested",
            "suggested",
            sqlite_where=text("suggested IS NOT NULL"),
            postgresql_where=text("suggested IS NOT NULL"),
        ),
        Index(
            "ix_normalize_matter_suggested_sender",
            "sender",
            sqlite_where=text("suggested IS NOT NULL"),
            postgresql_where=text("suggested IS NOT NULL"),
        ),
        Index(
            "ix_normalize_matter_claimed",
            "claimed",
            sqlite_where=text("claimed <> ''"),
            postgresql_where=text("claimed <> ''"),
        ),
        declared(deleted("sealed comparable form"), retention="case-comparison"),
    )

    number: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs={"autoincrement": False})
    complaint_id: UUID = Field(unique=True)
    root: UUID | None
    own: UUID | None
    parent: UUID | None
    sender: str
    joined: bool
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    since: datetime = Field(sa_type=UtcDateTime)
    claimed: str = ""
    suggested: UUID | None = None
    body: str


class LookupKeyRow(SQLModel, table=True):
    """The number of a complaint that is stored under a key. `at` is its arrival in seconds of the epoch."""

    __tablename__ = "normalize_key"
    __table_args__ = {
        "sqlite_with_rowid": False,
        **declared(kept("keyed hashes of words and places, no sender"), retention="lookup-keys"),
    }

    key: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    slot: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)


class ReachedLimitRow(SQLModel, table=True):
    """A case that reached the limit of its joins or suggestions, by the root. Oversight was told once."""

    __tablename__ = "normalize_limit"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    reached_at: datetime = Field(sa_type=UtcDateTime)


class ClosedComplaint(SQLModel, table=True):
    """A complaint whose case was closed at `closed_at`, by the bus's clock; empty before that.

    It is open, again or still, if `reopened_at`, the time of the sender's objection, is not before `closed_at`. Rows
    are never deleted: the marks of a complaint do not expire either, and a replayed answer must not close the case
    again.
    """

    __tablename__ = "normalize_closed"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    closed_at: datetime | None = Field(None, sa_type=UtcDateTime)
    reopened_at: datetime | None = Field(None, sa_type=UtcDateTime)
