"""Tables of the units of institutions, and of their contributions. No topic has them (decision 0033)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, IDS, ClearData, declared, deleted


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


class DeskUnitCase(SQLModel, table=True):
    """Derived: a case in the list of a unit, with what lists are sorted and counted by; see `unit_cases`.

    A case has a row for its accountable unit and one for each unit above it, so that each list is one range of an
    index. `is_asked`: the case is there only because the unit, or one below it, is asked for a contribution. The other
    columns are those of `DeskCase`.
    """

    __tablename__ = "desk_unit_case"
    __table_args__ = (
        *(
            Index(f"ix_desk_unit_case_{name}", "agency", "unit", *columns, "dispatch_id")
            for name, columns in (
                ("due", ("tab", "due_at")),
                ("open", ("is_open", "due_at")),
                ("changed", ("tab", "changed_at")),
                ("topic", ("tab", "topic", "due_at")),
                ("arrival", ("tab", "dispatched_at")),
                ("open_arrival", ("is_open", "dispatched_at")),
            )
        ),
        # Few have a danger without an answer: these indexes contain those only.
        *(
            Index(
                f"ix_desk_unit_case_danger_{name}",
                *("agency", "unit", *columns, "dispatch_id"),
                sqlite_where=text("danger_since IS NOT NULL"),
                postgresql_where=text("danger_since IS NOT NULL"),
            )
            for name, columns in (
                ("since", ("danger_since",)),
                ("due", ("tab", "due_at")),
                ("open", ("is_open", "due_at")),
            )
        ),
        declared(IDS, retention="case-senders"),
    )

    dispatch_id: UUID = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    agency: str
    is_asked: bool = False
    tab: str
    is_open: bool
    due_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    dispatched_at: datetime = Field(sa_type=UtcDateTime)
    danger_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    topic: str
