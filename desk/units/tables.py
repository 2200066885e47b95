"""Tables of the units of institutions, and of their contributions. No topic has them (decision 0033)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, ClearData, declared, deleted


class DeskUnit(SQLModel, table=True):
    """A unit of an institution. `parent` is the code of the unit above; empty for one directly below the institution.

    `decree` and `decree_date` name the decree that founds it. It gets cases from `valid_from` to `valid_until`, both
    included; an empty day is no limit.
    """

    __tablename__ = "desk_unit"
    __table_args__ = declared(AGENCY_DATA, retention="staff-acts")

    agency: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: str
    parent: str = ""
    decree: str = ""
    decree_date: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    changed_at: datetime = Field(sa_type=UtcDateTime)


class DeskContribution(SQLModel, table=True):
    """A request to a unit for a contribution to a case, and the contribution. `unit` is the name of the unit then.

    `ended_at` is the time at which the unit gave it or the request was withdrawn, `ended_by` the person; both are empty
    while the request is open. `text` is empty until it is given, and stays so after a withdrawal. A request also ends
    with its case: see `is_asked`.
    """

    __tablename__ = "desk_contribution"
    __table_args__ = (
        Index("ix_desk_contribution_case", "complaint_id", "agency", "asked_at"),
        Index("ix_desk_contribution_unit", "agency", "unit_code", "asked_at"),
        # A unit is asked once at a time.
        Index(
            "ix_desk_contribution_open",
            *("agency", "unit_code", "dispatch_id"),
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        declared(
            deleted("questions and contributions of officers"),
            retention="case-words",
            clear=[
                ClearData("question", "open", "words", "The question of the accountable unit to another one."),
                ClearData("text", "open", "words", "The contribution of a unit."),
            ],
        ),
    )

    id: UUID = Field(primary_key=True)
    dispatch_id: UUID
    complaint_id: UUID
    agency: str
    unit_code: str
    unit: str
    question: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    text: str = ""
    ended_by: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
