"""Tables of the read model of oversight: ids, times and codes. None has a word or a person.

`OversightCase`, `OversightDay` and `OversightPairDay` are derived from the facts of cases.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.stored_counts import zero_index
from config.table_declaration import FIGURES, declared

# Few reports belong to a programme: these indexes contain those only.
_PROGRAMME_INDEXES = tuple(
    Index(f"ix_oversight_case_programme_{name}", *columns, sqlite_where=text(rows), postgresql_where=text(rows))
    for name, columns, rows in (
        ("due", ("open_due_at",), "programmes <> ''"),
        ("received", ("received_at", "complaint_id"), "programmes <> ''"),
        ("pairs", ("received_at",), "programmes <> '' AND ping_pong <> ''"),
    )
)


class OversightCase(SQLModel, table=True):
    """Derived: one report. See `case_row`; the columns never depend on the moment at which a row was derived.

    `is_own_case`: it is a case; otherwise `merged` says who merged it: `certain` (the rules) or `confirmed` (a person).
    All other columns are empty or 0 then.

    `began_at` is the earliest arrival of the case and of those that were merged with it. `first_agency` is the first
    one that got it, `agency` the one that has it, `answer_agency` the one that counts for the first answer; a case that
    no agency got has `triage`. An outcome is `met`, `missed`, `open` or `dropped`; `open` with a deadline that has
    passed is a missed one. `is_withdrawn` and `is_archived` (closed at triage) cases are neither open nor finished.
    `open_due_at` is the earliest deadline of triage or an agency that is still open, also if it has passed, and
    `three_times_due_at` the earliest time at which three periods of one have passed. `ping_pong` are pairs `refused_by
    next_agency`, separated by `|`. `programmes` are the marks of priority programmes (`programme_marks`).
    `has_evidence`: an answer of an agency that counts names a picture of the work. `rating_asked_at` is the moment at
    which the sender was asked for a rating. `rating` is the last one of the sender, from 1 to 5, and `rated_at` its
    time; 0 and `None` without one. `tables_version` names the clocks, the calendar and the programmes that the row was
    derived with.
    """

    __tablename__ = "oversight_case"
    __table_args__ = (
        Index("ix_oversight_case_due", "open_due_at"),
        Index("ix_oversight_case_agency_due", "agency", "open_due_at"),
        Index("ix_oversight_case_province_due", "province", "open_due_at"),
        Index("ix_oversight_case_topic_due", "topic", "open_due_at"),
        Index("ix_oversight_case_agency_received", "agency", "received_at", "complaint_id"),
        # Few cases have left the agency that they count for: these indexes contain those and the merged reports only.
        *(
            Index(
                f"ix_oversight_case_left_{column}",
                *(column, "received_at"),
                sqlite_where=text(f"{column} <> agency"),
                postgresql_where=text(f"{column} <> agency"),
            )
            for column in ("first_agency", "answer_agency")
        ),
        Index(
            "ix_oversight_case_agency_ended",
            *("agency", "ended_at"),
            sqlite_where=text("ended_at IS NOT NULL"),
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
        Index("ix_oversight_case_received", "received_at", "complaint_id"),
        Index("ix_oversight_case_tracking", "tracking"),
        Index("ix_oversight_case_version", "tables_version"),
        *_PROGRAMME_INDEXES,
        declared(FIGURES, retention="figures"),
    )

    complaint_id: UUID = Field(primary_key=True)
    tracking: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    began_at: datetime = Field(sa_type=UtcDateTime)
    day: date
    channel: str
    kind: str
    is_own_case: bool
    merged: str = ""
    region: str = ""
    province: str = ""
    topic: str = ""
    first_agency: str = ""
    answer_agency: str = ""
    agency: str = ""
    hops: int = 0
    refusals: int = 0
    closings: int = 0
    reopenings: int = 0
    has_evidence: bool = False
    state: str = ""
    is_open: bool = False
    is_withdrawn: bool = False
    is_archived: bool = False
    forwarded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forward_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forward_outcome: str = ""
    first_agency_outcome: str = ""
    touched_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    touch_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    touch_outcome: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_outcome: str = ""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    open_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    three_times_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handed_over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rating_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rating: int = 0
    ping_pong: str = ""
    programmes: str = ""
    tables_version: str = ""


class OversightDay(SQLModel, table=True):
    """Derived: the number of reports that arrived on a day in Jakarta, for one scope, measure, bucket and channel.

    See `oversight.figures.counts`. Of all scopes but the nation, `day` is the first day of the month. Numbers are
    changed by the difference when a row of `OversightCase` changes; a number of 0 has no row.
    """

    __tablename__ = "oversight_day"
    __table_args__ = (
        # It has all columns, so that the ranking of one figure reads no row of another one, and only this index.
        Index("ix_oversight_day_measure", "scope_kind", "measure", "day", "scope", "bucket", "channel", "number"),
        zero_index("oversight_day"),
        {"sqlite_with_rowid": False, **declared(FIGURES, retention="figures")},
    )

    scope_kind: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    number: int


class OversightPairDay(SQLModel, table=True):
    """Derived: the number of cases of a day that a refusal of one agency sent to the next one."""

    __tablename__ = "oversight_pair_day"
    __table_args__ = (
        Index("ix_oversight_pair_day_province", "province", "day"),
        Index("ix_oversight_pair_day_topic", "topic", "day"),
        Index("ix_oversight_pair_day_refused_by", "refused_by", "day"),
        Index("ix_oversight_pair_day_next_agency", "next_agency", "day"),
        zero_index("oversight_pair_day"),
        declared(FIGURES, retention="figures"),
    )

    day: date = Field(primary_key=True)
    province: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    refused_by: str = Field(primary_key=True)
    next_agency: str = Field(primary_key=True)
    number: int
