"""Tables of deadline events: the clocks that they follow from, and those that are on the topic. No person, no words."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime


class OversightNotice(SQLModel, table=True):
    """Fact: a deadline event that is on the topic. `id` is that of the event, `complaint_id` the case."""

    __tablename__ = "oversight_notice"

    id: UUID = Field(primary_key=True)
    complaint_id: UUID


class OversightClock(SQLModel, table=True):
    """Derived: a clock by which triage or an agency must act. One that stands or has ended has no row.

    `hop` is the dispatch that began it. `agency` and `agency_hop` are those of who has the case now; before the first
    dispatch they are triage and `None`. `last_day_at`, `due_at` and `three_times_at` are the moments of its events,
    `next_at` that of the next one that is not on the topic; `None` if all of them are.
    """

    __tablename__ = "oversight_clock"
    __table_args__ = (Index("ix_oversight_clock_next", "next_at"),)

    complaint_id: UUID = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    hop: int = Field(primary_key=True)
    agency: str
    agency_hop: int | None = None
    last_day_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    three_times_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
