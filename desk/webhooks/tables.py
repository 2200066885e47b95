"""Tables of the webhooks. A delivery is written once for each change and webhook; only its progress changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, declared, kept


class WebhookRow(SQLModel, table=True):
    """Address of an agency that is notified of changes.

    `secret` and `previous_secret` are sealed for `id`; the previous one signs too until `previous_secret_until`.
    `kinds` are the kinds of changes, separated by commas. `failures` counts the failed attempts since the last success.
    Nothing is sent before `paused_until`. `off_reason` is a constant: `by_person`, `failing` or `gone`. With the code
    of a `unit` it is notified of the cases of this unit and of those below it.
    """

    __tablename__ = "desk_webhook"
    __table_args__ = declared(AGENCY_DATA, retention="staff-acts")

    id: UUID = Field(primary_key=True)
    agency: str = Field(index=True)
    address: str
    kinds: str
    unit: str = ""
    secret: str
    previous_secret: str
    previous_secret_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    active: bool
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    off_reason: str
    off_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeliveryRow(SQLModel, table=True):
    """One change for one webhook. `position` is the order of the changes.

    `status` is `waiting`, `delivered`, `failed` (given up) or `expired`. The process with the token `lease` sends it
    until `leased_until`. `case_state` is the state of the case after the change. `http_status` is that of the last
    answer, 0 without one; `error` is a constant of `desk.webhooks.sender`.
    """

    __tablename__ = "desk_webhook_delivery"
    __table_args__ = (
        UniqueConstraint("change_id", "webhook_id", name="uq_desk_webhook_delivery_change"),
        Index("ix_desk_webhook_delivery_due", "webhook_id", "status", "next_at"),
        Index("ix_desk_webhook_delivery_case", "webhook_id", "number", "position"),
        Index("ix_desk_webhook_delivery_list", "webhook_id", "position"),
        Index("ix_desk_webhook_delivery_lease", "agency", "leased_until"),
        Index("ix_desk_webhook_delivery_age", "status", "changed_at"),
        declared(kept("number, state and time; the body is made when it is sent"), retention="agency-messages"),
    )

    position: int | None = Field(default=None, primary_key=True)
    change_id: UUID
    webhook_id: UUID
    agency: str
    kind: str
    number: str
    case_state: str
    changed_at: datetime = Field(sa_type=UtcDateTime)
    status: str
    attempts: int
    first_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)
    lease: str
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    http_status: int
    error: str
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
