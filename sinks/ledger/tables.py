"""Table of the ledger. Everything else that it tells is read from the facts of cases."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, declared


class WaitingCaseRow(SQLModel, table=True):
    """Derived: a case that waits for the first answer of the agency that has it. See `counts.queue_counts`."""

    __tablename__ = "ledger_waiting_case"
    __table_args__ = (
        Index("ix_ledger_waiting_case_agency", "agency", "due_at", "dispatched_at"),
        declared(IDS, retention="exactly-once"),
    )

    complaint_id: UUID = Field(primary_key=True)
    agency: str
    dispatched_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
