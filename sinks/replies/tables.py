"""Tables of the replies. A reply's row is written once; only its delivery state changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import ClearData, declared, deleted, emptied, kept


class RecipientRow(SQLModel, table=True):
    """Recipient of a complaint's replies. The contact is sealed; only the reply sender opens it."""

    __tablename__ = "replies_recipient"
    __table_args__ = declared(deleted("sealed contact"), retention="case-contacts")

    complaint_id: UUID = Field(primary_key=True)
    message_id: UUID
    sender: str = Field(index=True)
    contact: str
    secret: bool


class OutboxRow(SQLModel, table=True):
    """One reply. `address` is a keyed hash of the receiving address; `status` is the provider's latest status."""

    __tablename__ = "replies_outbox"
    __table_args__ = (
        Index("ix_replies_outbox_due", "channel", "state", "next_at"),
        Index("ix_replies_outbox_began", "channel", "started_at"),
        Index("ix_replies_outbox_address", "address", "started_at"),
        declared(
            emptied("words; what was not sent is withheld"),
            retention="replies",
            clear=[ClearData("text", "open", "written-name", "The words of a reply.")],
        ),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    channel: str
    tracking: str
    kind: str
    text: str
    mail_text: str = ""
    made_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    attempts: int
    next_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    address: str
    provider_id: str
    status: str
    error: str


class ProviderPauseRow(SQLModel, table=True):
    """Pause of a channel's provider: nothing is sent before `not_before`. `failures` in a row lengthen the pause."""

    __tablename__ = "replies_way"
    __table_args__ = declared(kept("pause of a provider"), retention="operation")

    channel: str = Field(primary_key=True)
    not_before: datetime = Field(sa_type=UtcDateTime)
    failures: int


class UnreachableRow(SQLModel, table=True):
    """Address, as its keyed hash, that opted out or does not exist any more."""

    __tablename__ = "replies_unreachable"
    __table_args__ = declared(kept("keyed hash of an address that must not get messages"), retention="unreachable")

    address: str = Field(primary_key=True)
    reason: str
    at: datetime = Field(sa_type=UtcDateTime)
