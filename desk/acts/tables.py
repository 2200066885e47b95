"""Tables of the desk's own state. No topic has it: a rebuilt read model leaves these tables as they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from config.database import UtcDateTime
from config.table_declaration import AGENCY_DATA, ClearData, declared, deleted, emptied, kept


class DeskAct(SQLModel, table=True):
    """An answer that an officer gave at the desk. It is published after this row is committed.

    `id` is that of the answer. `version` is that of the case for which it was given: a second act for the same version
    is a conflict. `published_at` is empty until the bus has the answer. `answer` is the message as JSON. It is signed
    when it is published; an authenticator in the stored JSON has no meaning.
    """

    __tablename__ = "desk_act"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "version"),
        Index("ix_desk_act_published_at", "published_at", "at"),
        declared(
            emptied("published answers; one that waits for the bus is emptied later"),
            retention="case-words",
            clear=[
                ClearData("answer", "all", "words", "An answer that waits for the bus, and what was sent."),
            ],
        ),
    )

    id: UUID = Field(primary_key=True)
    dispatch_id: UUID
    version: int
    agency: str
    account_id: str
    actor: str
    verdict: str
    answer: str
    at: datetime = Field(sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeskNote(SQLModel, table=True):
    """An internal note of an agency about a complaint. It never leaves the desk, and no other agency reads it."""

    __tablename__ = "desk_note"
    __table_args__ = (
        Index("ix_desk_note_case", "complaint_id", "agency", "at"),
        declared(
            deleted("notes of officers"),
            retention="case-words",
            clear=[ClearData("text", "open", "words", "Notes inside the institution.")],
        ),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID
    agency: str
    actor: str
    text: str
    at: datetime = Field(sa_type=UtcDateTime)


class DeskTemplate(SQLModel, table=True):
    """A text that officers of an agency insert into their answers."""

    __tablename__ = "desk_template"
    __table_args__ = declared(AGENCY_DATA, retention="staff-acts")

    id: UUID = Field(primary_key=True)
    agency: str = Field(index=True)
    title: str
    text: str
    actor: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class DeskAssignment(SQLModel, table=True):
    """One step of the work inside an agency: a case was given to a unit or to an officer. Rows are never changed.

    `unit` is the name of the unit then. `unit_code` is empty for a name that an agency without units typed, and for a
    return to the coordinators. `unit_due_at` is the deadline of the unit, if it has one of its own. `is_return`: the
    unit before gave it back.
    """

    __tablename__ = "desk_assignment"
    __table_args__ = (
        Index("ix_desk_assignment_case", "dispatch_id", "at"),
        declared(
            emptied("reasons of officers"),
            retention="case-words",
            clear=[ClearData("why", "open", "words", "The message of an officer to a unit.")],
        ),
    )

    id: UUID = Field(primary_key=True)
    dispatch_id: UUID
    agency: str
    unit: str
    unit_code: str = ""
    unit_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_return: bool = False
    account_id: str
    name: str
    actor: str
    why: str
    at: datetime = Field(sa_type=UtcDateTime)


class DeskHolder(SQLModel, table=True):
    """The unit and the officer that have a case now: the last `DeskAssignment` of each kind.

    `unit_code` is the one unit of the agency's tree that is accountable; empty while it is the agency itself.
    `unit_told` is the last moment of its deadline of which the unit was told, `near` or `passed`. `unit_from` is the
    unit that passed it on there. `returns` counts how often a unit gave the case back.
    """

    __tablename__ = "desk_holder"
    __table_args__ = (
        Index("ix_desk_holder_account", "agency", "account_id", "dispatch_id"),
        Index("ix_desk_holder_unit", "agency", "unit", "dispatch_id"),
        Index("ix_desk_holder_unit_code", "agency", "unit_code", "dispatch_id"),
        # Few cases have a deadline of their unit: this index contains those only.
        Index(
            "ix_desk_holder_unit_due",
            "unit_due_at",
            sqlite_where=text("unit_due_at IS NOT NULL"),
            postgresql_where=text("unit_due_at IS NOT NULL"),
        ),
        declared(kept("officers who have a case, no sender"), retention="case-senders"),
    )

    dispatch_id: UUID = Field(primary_key=True)
    agency: str
    unit: str = ""
    unit_code: str = ""
    unit_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unit_told: str | None = None
    unit_from: str = ""
    returns: int = 0
    account_id: str = ""
    name: str = ""


class DeskOpening(SQLModel, table=True):
    """Last time at which somebody of the agency opened a case with a danger to life. Other cases have no row."""

    __tablename__ = "desk_opening"
    __table_args__ = declared(kept("ids and times"), retention="exactly-once")

    dispatch_id: UUID = Field(primary_key=True)
    agency: str
    opened_at: datetime = Field(sa_type=UtcDateTime)


class DeskAgencySetting(SQLModel, table=True):
    """What an agency has set for its desk.

    `mails_new_cases`: its officers get an e-mail for each new case. `passes_on_by_itself`: a new case goes to the unit
    that is proposed for it.
    """

    __tablename__ = "desk_agency_setting"
    __table_args__ = declared(AGENCY_DATA, retention="staff-acts")

    agency: str = Field(primary_key=True)
    mails_new_cases: bool = False
    passes_on_by_itself: bool = False


class DeskSavedFilter(SQLModel, table=True):
    """A filter of the list under the name that an officer gave it. `parameters` are those of the list's address."""

    __tablename__ = "desk_saved_filter"
    __table_args__ = declared(AGENCY_DATA, retention="staff-acts")

    account_id: UUID = Field(primary_key=True)
    agency: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    parameters: str
