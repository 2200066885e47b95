"""Tables of the programming interface of agencies."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, declared


class DeskKey(SQLModel, table=True):
    """A key of an agency. `digest` is the SHA-256 of the key, `scopes` are separated by spaces.

    A key with the code of a unit sees the cases of this unit and of those below it.
    """

    __tablename__ = "desk_key"
    __table_args__ = declared(AGENCY_DATA, retention="staff-acts")

    id: UUID = Field(primary_key=True)
    agency: str = Field(index=True)
    digest: str
    scopes: str
    unit: str = ""
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeskIdempotencyKey(SQLModel, table=True):
    """An `Idempotency-Key` of an agency. `digest` and `payload` are SHA-256 of agency and key, and of the request."""

    __tablename__ = "desk_idempotency_key"
    __table_args__ = declared(AGENCY_DATA, retention="agency-messages")

    digest: str = Field(primary_key=True)
    payload: str
    used_at: datetime = Field(sa_type=UtcDateTime, index=True)
