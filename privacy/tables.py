"""Tables of persons' keys. A person is the keyed hash of a sender (`messages.shapes.RawMessage.sender`)."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime

_IS_ACTIVE = text("retired_at IS NULL")


class PersonKeyRow(SQLModel, table=True):
    """Key of one person, wrapped by the root key with the id `root_key_id`.

    Nothing new is sealed with a key after `retired_at`. A destroyed key has an empty `wrapped` and an empty
    `root_key_id`; its row stays, so that a replayed message is known as forgotten.
    """

    __tablename__ = "person_key"
    __table_args__ = (
        Index("uq_person_key_active", "sender", unique=True, sqlite_where=_IS_ACTIVE, postgresql_where=_IS_ACTIVE),
        Index("ix_person_key_sender", "sender"),
        Index("ix_person_key_root", "root_key_id", "key_id"),
    )

    key_id: str = Field(primary_key=True)
    sender: str
    wrapped: str
    root_key_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
