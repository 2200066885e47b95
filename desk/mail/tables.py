"""Tables of the e-mail: the outbox, and the changes that officers are notified of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, kept


class MailRow(SQLModel, table=True):
    """One e-mail. `content` is sealed (recipient, subject, body) and is emptied when the e-mail is finished.

    `status` is `waiting`, `sent`, `failed` (refused for good) or `expired`. `error` is a constant of `desk.mail.smtp`.
    """

    __tablename__ = "desk_mail"
    __table_args__ = (
        Index("ix_desk_mail_due", "status", "next_at"),
        Index("ix_desk_mail_kind", "kind", "status", "next_at"),
        Index("ix_desk_mail_age", "status", "made_at"),
        declared(
            kept("sealed, emptied when it is sent or expires; no row names a report"), retention="agency-messages"
        ),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    content: str
    status: str
    attempts: int
    made_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    lease: str
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NoticeRow(SQLModel, table=True):
    """Change of a case that officers are notified of. `notified_at` is the time of the e-mail that counted it.

    With the code of a `unit` only its officers are told, whoever has the case; if it has none, those above it.
    """

    __tablename__ = "desk_mail_notice"
    __table_args__ = (
        Index("ix_desk_mail_notice_agency", "agency", "notified_at"),
        Index(
            "ix_desk_mail_notice_pending",
            *("agency", "kind"),
            sqlite_where=text("notified_at IS NULL"),
            postgresql_where=text("notified_at IS NULL"),
        ),
        declared(kept("number and time"), retention="agency-messages"),
    )

    change_id: UUID = Field(primary_key=True)
    kind: str
    agency: str
    number: str
    unit: str = ""
    changed_at: datetime = Field(sa_type=UtcDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
