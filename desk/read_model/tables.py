"""Tables of the desk's read model.

`DeskCase` and `DeskAccompanying` are derived from the facts of cases.
`DeskCaseChange` is neither: a rebuild of the read model does not delete it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import BigInteger, Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, ClearData, declared, emptied


class DeskAccompanying(SQLModel, table=True):
    """Derived: a dispatch that accompanies the case `case_id`, and is no case of its own.

    `is_latest`: the complaint has no later hop. `is_from_sender`: it accompanies a case of the same sender.
    `is_message`: that sender wrote it, and it came to the case by this dispatch; see `sender_messages`.
    """

    __tablename__ = "desk_accompanying"
    __table_args__ = (
        Index("ix_desk_accompanying_complaint", "complaint_id"),
        Index("ix_desk_accompanying_case", "case_id", "agency", "relation", "is_latest", "at"),
        # Few reports tell of danger: this index contains those only.
        Index(
            "ix_desk_accompanying_danger",
            *("case_id", "agency", "at"),
            sqlite_where=text("danger <> ''"),
            postgresql_where=text("danger <> ''"),
        ),
        declared(IDS, retention="exactly-once"),
    )

    dispatch_id: UUID = Field(primary_key=True)
    complaint_id: UUID
    case_id: UUID
    hop: int
    agency: str
    relation: str
    act: str
    danger: str
    at: datetime = Field(sa_type=UtcDateTime)
    is_latest: bool
    is_from_sender: bool = False
    is_message: bool = False


class DeskCase(SQLModel, table=True):
    """Derived: a case at one agency. One row for each dispatch that is its own case; see `case_rows`.

    `due_at` is the deadline with the time in which the agency waited for the sender; `clock_stopped`: it waits now.
    `is_open`: the agency has to act, so that the deadline can pass.
    `changed_at` is the time of the last dispatch, answer or message of the sender. `version` counts answers and
    messages of the sender. `unopposed_since` is the time of the response that stands last, if no citizen has written
    since. `sender_wrote_at` is the time of the sender's last message that no answer follows; `unanswered_since` is the
    time of the dispatch until the agency responds. A finished case has neither. `refusals` counts the agencies that
    refused before. `joined` counts other citizens' reports. `suggested_id` is the complaint that an unfinished case is
    perhaps the same as, also if that is over.
    `has_second_matter`: the report tells of another matter, for which another agency is competent. `unit_kinds` are
    rule and name of the kinds of units that it is for, as in `unit-named:puskesmas`, separated by `|`.
    `danger` is the danger to life of which the case or a report that accompanies it tells. `danger_since`: the time
    since when it has no answer of the agency. Such a case stands before all others in lists.
    """

    __tablename__ = "desk_case"
    __table_args__ = (
        Index("ix_desk_case_complaint", "complaint_id", "agency", "hop"),
        Index("ix_desk_case_due", "agency", "tab", "due_at", "dispatch_id"),
        Index("ix_desk_case_open", "agency", "is_open", "due_at", "dispatch_id"),
        Index("ix_desk_case_changed", "agency", "tab", "changed_at", "dispatch_id"),
        Index("ix_desk_case_topic", "agency", "tab", "topic", "due_at", "dispatch_id"),
        Index("ix_desk_case_region", "agency", "tab", "region", "due_at", "dispatch_id"),
        Index("ix_desk_case_joined", "agency", "tab", "joined", "dispatch_id"),
        Index("ix_desk_case_refusals", "agency", "tab", "refusals", "dispatch_id"),
        Index("ix_desk_case_dispatched", "agency", "dispatched_at", "dispatch_id"),
        Index("ix_desk_case_unopposed", "unopposed_since", "dispatch_id"),
        Index("ix_desk_case_channel", "agency", "tab", "channel", "due_at", "dispatch_id"),
        Index("ix_desk_case_arrival", "agency", "tab", "dispatched_at", "dispatch_id"),
        Index("ix_desk_case_open_arrival", "agency", "is_open", "dispatched_at", "dispatch_id"),
        # Few cases have one of these marks, and those without an answer are open: these indexes contain those only.
        *(
            Index(
                f"ix_desk_case_{name}",
                *("agency", "tab", "due_at", "dispatch_id"),
                sqlite_where=text(condition),
                postgresql_where=text(condition),
            )
            for name, condition in (
                ("wrote", "sender_wrote_at IS NOT NULL"),
                ("unanswered", "unanswered_since IS NOT NULL"),
                ("reopened", "reopened > 0"),
            )
        ),
        # Few cases have a suggestion: these indexes contain those only.
        Index(
            "ix_desk_case_suggestion",
            *("agency", "tab", "due_at", "dispatch_id"),
            sqlite_where=text("suggested_id IS NOT NULL"),
            postgresql_where=text("suggested_id IS NOT NULL"),
        ),
        Index(
            "ix_desk_case_suggested",
            *("suggested_id", "agency"),
            sqlite_where=text("suggested_id IS NOT NULL"),
            postgresql_where=text("suggested_id IS NOT NULL"),
        ),
        # So few have a danger without an answer.
        *(
            Index(
                f"ix_desk_case_danger_{name}",
                *columns,
                sqlite_where=text("danger_since IS NOT NULL"),
                postgresql_where=text("danger_since IS NOT NULL"),
            )
            for name, columns in (
                ("since", ("agency", "danger_since", "dispatch_id")),
                ("due", ("agency", "tab", "due_at", "dispatch_id")),
                ("open", ("agency", "is_open", "due_at", "dispatch_id")),
            )
        ),
        declared(
            emptied("derived from the facts"),
            retention="case-words",
            clear=[
                ClearData("title", "all", "words", "The list of cases."),
                ClearData("text", "all", "words", "The list of cases."),
            ],
        ),
    )

    dispatch_id: UUID = Field(primary_key=True)
    complaint_id: UUID
    tracking: str
    agency: str
    tab: str
    state: str
    is_open: bool
    is_current: bool
    version: int
    dispatched_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    clock_stopped: bool
    changed_at: datetime = Field(sa_type=UtcDateTime)
    unopposed_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sender_wrote_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unanswered_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    hop: int
    refusals: int
    reopened: int = 0
    transfers: int = 0
    danger: str = ""
    danger_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    joined: int
    pictures: int
    topic: str
    region: str
    channel: str
    kind: str
    title: str
    text: str
    place: str
    rahasia: bool
    has_second_matter: bool = False
    unit_kinds: str = ""
    suggested_id: UUID | None = None


class DeskCaseChange(SQLModel, table=True):
    """Number of the last change of a case, in the order of commits. Each agency counts its own changes from 1.

    Agencies' programs continue from the last number that they have read. A rebuild of the read model therefore keeps
    these rows: numbers that begin again would hide changes from those programs.
    """

    __tablename__ = "desk_case_change"
    __table_args__ = (
        Index("ix_desk_case_change_seq", "agency", "seq", unique=True),
        declared(IDS, retention="exactly-once"),
    )

    dispatch_id: UUID = Field(primary_key=True)
    agency: str
    seq: int = Field(sa_type=BigInteger)
