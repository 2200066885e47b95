"""The outbox and what it must remember. A reply's row is written once; only its fate changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime


class RecipientRow(SQLModel, table=True):
    """Whom a complaint's replies go to. The contact is sealed and opened only to send."""

    __tablename__ = "replies_recipient"

    complaint_id: UUID = Field(primary_key=True)
    message_id: UUID
    sender: str = Field(index=True)
    contact: str
    secret: bool


class OutboxRow(SQLModel, table=True):
    """One reply. `address` is a keyed hash of where it was sent; `status` is the provider's last word of it."""

    __tablename__ = "replies_outbox"
    __table_args__ = (
        Index("ix_replies_outbox_due", "channel", "state", "next_at"),
        Index("ix_replies_outbox_began", "channel", "started_at"),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    channel: str
    tracking: str
    says: str
    text: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    attempts: int
    next_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    address: str
    provider_id: str
    status: str
    error: str


class WayRow(SQLModel, table=True):
    """How a channel's way out is: nothing is sent before `not_before`; `failures` in a row make the waits longer."""

    __tablename__ = "replies_way"

    channel: str = Field(primary_key=True)
    not_before: datetime = Field(sa_type=UtcDateTime)
    failures: int


class UnreachableRow(SQLModel, table=True):
    """An address, as its keyed hash, that wants nothing from us or is there no more."""

    __tablename__ = "replies_unreachable"

    address: str = Field(primary_key=True)
    reason: str
    at: datetime = Field(sa_type=UtcDateTime)
