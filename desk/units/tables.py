"""Table of the units of institutions. No topic has them (decision 0033)."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, declared


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
