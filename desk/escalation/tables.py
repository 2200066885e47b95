"""Table of who was told of deadlines."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, kept


class DeskToldPerson(SQLModel, table=True):
    """A person who was told that a case has reached a moment of a deadline. Rows are never changed.

    `change_id` is the id of the change: each person is told of it once. `clock`, `moment` and `who` are those of the
    rule in `escalation.csv`. `by_desk`: it is on the person's page of deadlines. `by_mail`: an e-mail tells of it.
    """

    __tablename__ = "desk_told_person"
    __table_args__ = (
        Index("ix_desk_told_person_case", "dispatch_id", "told_at"),
        Index("ix_desk_told_person_account", "account_id", "agency", "told_at"),
        declared(kept("accounts of staff, ids and times"), retention="staff-acts"),
    )

    change_id: UUID = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    dispatch_id: UUID
    agency: str
    clock: str
    moment: str
    who: str
    by_desk: bool
    by_mail: bool
    told_at: datetime = Field(sa_type=UtcDateTime)
