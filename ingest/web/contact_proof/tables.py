"""Tables of contacts and of codes. Contacts are sealed; numbers, addresses and codes are keyed digests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, deleted, kept


class ContactRow(SQLModel, table=True):
    """Contact of a report of the form. `phone` and `email` are sealed for `message_id`, and empty if not given.

    `mailed_at` is the time of the mail with the link that confirms the address. `phone_digest` is the keyed digest of
    the number, empty without one.
    """

    __tablename__ = "web_contact"
    __table_args__ = (
        Index("ix_web_contact_email_digest", "email_digest", "mailed_at"),
        Index("ix_web_contact_phone_digest", "phone_digest"),
        declared(deleted("sealed number and address"), retention="case-contacts"),
    )

    tracking: str = Field(primary_key=True)
    message_id: UUID = Field(index=True)
    phone: str
    phone_digest: str
    phone_proven_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    email: str
    email_digest: str
    mailed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    email_confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CodeRow(SQLModel, table=True):
    """Code that was sent to a number. `purpose` says what it proves the number for."""

    __tablename__ = "web_contact_code"
    __table_args__ = (
        Index("ix_web_contact_code_number", "number_digest", "made_at"),
        Index("ix_web_contact_code_made_at", "made_at"),
        declared(kept("keyed digest of a number that counts for minutes"), retention="codes"),
    )

    id: UUID = Field(primary_key=True)
    number_digest: str
    purpose: str
    code_digest: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    tries: int
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
