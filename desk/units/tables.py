"""Table of the units of institutions. No topic has them (decision 0033)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, IDS, declared


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


class DeskUnitCase(SQLModel, table=True):
    """Derived: a case in the list of a unit, with what lists are sorted and counted by; see `unit_cases`.

    A case has a row for its accountable unit and one for each unit above it, so that each list is one range of an
    index. The other columns are those of `DeskCase`.
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
    tab: str
    is_open: bool
    due_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    dispatched_at: datetime = Field(sa_type=UtcDateTime)
    danger_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    topic: str
