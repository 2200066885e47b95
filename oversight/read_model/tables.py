"""Tables of the read model of oversight: ids, times and codes. None has a word or a person.

Facts are rows as they came by a topic: written once, in any order. `OversightCase`, `OversightDay` and
`OversightPairDay` are derived from facts.
"""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import FIGURES, declared


class OversightReport(SQLModel, table=True):
    """Fact: the arrival of a complaint, what its sender does with it, and the earlier one that it repeats or joins."""

    __tablename__ = "oversight_report"
    __table_args__ = declared(FIGURES, retention="figures")

    id: UUID = Field(primary_key=True)
    message_id: UUID
    tracking: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    channel: str
    kind: str
    act: str
    relation: str
    of: UUID | None = None


class OversightDispatch(SQLModel, table=True):
    """Fact: a dispatch of a complaint. `of` is the case that it accompanies, unless it is its own case."""

    __tablename__ = "oversight_dispatch"
    __table_args__ = (
        Index("ix_oversight_dispatch_complaint", "complaint_id", "hop"),
        Index("ix_oversight_dispatch_of", "of", "relation", "complaint_id"),
        declared(FIGURES, retention="figures"),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID
    hop: int
    agency: str
    own_case: bool
    relation: str
    of: UUID | None = None
    act: str
    at: datetime = Field(sa_type=UtcDateTime)
    reopened: int
    topic: str
    region: str


class OversightAnswer(SQLModel, table=True):
    """Fact: an answer of an agency. `at` is the bus's time, `position` that of the record.

    An answer of another agency, or to another complaint, may have the same id: it must not take the place of this one.
    """

    __tablename__ = "oversight_answer"
    __table_args__ = declared(FIGURES, retention="figures")

    id: UUID = Field(primary_key=True)
    agency: str = Field(primary_key=True)
    complaint_id: UUID = Field(primary_key=True)
    dispatch_id: UUID = Field(index=True)
    verdict: str
    at: datetime = Field(sa_type=UtcDateTime)
    position: str


class OversightAnswerOutcome(SQLModel, table=True):
    """Fact: the outcome of an answer at the router. It names the case and the hop, and says if the answer counts.

    It belongs to the answer of this agency to this complaint: another one may have the same id.
    """

    __tablename__ = "oversight_answer_outcome"
    __table_args__ = declared(FIGURES, retention="figures")

    answer_id: UUID = Field(primary_key=True)
    complaint_id: UUID
    case_id: UUID
    agency: str
    hop: int
    outcome: str


class OversightCorrection(SQLModel, table=True):
    """Fact: a person's decision about the relation of a complaint. `is_denial`: a suggestion was denied."""

    __tablename__ = "oversight_correction"
    __table_args__ = declared(FIGURES, retention="figures")

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    relation: str
    of: UUID | None = None
    is_denial: bool
    at: datetime = Field(sa_type=UtcDateTime)


class OversightHandOver(SQLModel, table=True):
    """Fact: an event of the hand-over of a case to the Ombudsman. Of each kind the earliest one of a case counts."""

    __tablename__ = "oversight_hand_over"
    __table_args__ = declared(FIGURES, retention="figures")

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    event: str = "handed-to-ombudsman"
    at: datetime = Field(sa_type=UtcDateTime)


class OversightRecommendation(SQLModel, table=True):
    """Fact: a recommendation of an overseer about a report, or the answer of an institution to one; see `act`.

    `recommendation_id` is the id of the recommendation in both. `account_id` is the overseer's; an answer has none.
    """

    __tablename__ = "oversight_recommendation"
    __table_args__ = (
        Index("ix_oversight_recommendation_act", "act", "at", "id"),
        declared(FIGURES, retention="staff-acts"),
    )

    id: UUID = Field(primary_key=True)
    recommendation_id: UUID = Field(index=True)
    complaint_id: UUID = Field(index=True)
    act: str
    kind: str
    agency: str
    account_id: UUID | None = None
    at: datetime = Field(sa_type=UtcDateTime)


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
    next_agency`, separated by `|`. `tables_version` names the clocks and the calendar that the row was derived with.
    """

    __tablename__ = "oversight_case"
    __table_args__ = (
        Index("ix_oversight_case_due", "open_due_at"),
        Index("ix_oversight_case_agency_due", "agency", "open_due_at"),
        Index("ix_oversight_case_province_due", "province", "open_due_at"),
        Index("ix_oversight_case_topic_due", "topic", "open_due_at"),
        Index("ix_oversight_case_agency_received", "agency", "received_at", "complaint_id"),
        Index("ix_oversight_case_received", "received_at", "complaint_id"),
        Index("ix_oversight_case_tracking", "tracking"),
        Index("ix_oversight_case_version", "tables_version"),
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
    ping_pong: str = ""
    tables_version: str = ""


class OversightDay(SQLModel, table=True):
    """Derived: the number of reports that arrived on a day in Jakarta, for one scope, measure, bucket and channel.

    See `oversight.figures.counts`. Of a province, agency or topic, `day` is the first day of the month. Numbers are
    changed by the difference when a row of `OversightCase` changes; a number of 0 has no row.
    """

    __tablename__ = "oversight_day"
    __table_args__ = (
        # It has all columns, so that the ranking of one figure reads no row of another one, and only this index.
        Index("ix_oversight_day_measure", "scope_kind", "measure", "day", "scope", "bucket", "channel", "number"),
        declared(FIGURES, retention="figures"),
    )

    scope_kind: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    number: int


class OversightRebuild(SQLModel, table=True):
    """A rebuild that has begun and has not ended: see `rebuild_marker`."""

    __tablename__ = "oversight_rebuild"
    __table_args__ = declared(FIGURES, retention="figures")

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class OversightPairDay(SQLModel, table=True):
    """Derived: the number of cases of a day that a refusal of one agency sent to the next one; see `PingPong`."""

    __tablename__ = "oversight_pair_day"
    __table_args__ = (
        Index("ix_oversight_pair_day_province", "province", "day"),
        Index("ix_oversight_pair_day_topic", "topic", "day"),
        Index("ix_oversight_pair_day_refused_by", "refused_by", "day"),
        Index("ix_oversight_pair_day_next_agency", "next_agency", "day"),
        declared(FIGURES, retention="figures"),
    )

    day: date = Field(primary_key=True)
    province: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    refused_by: str = Field(primary_key=True)
    next_agency: str = Field(primary_key=True)
    number: int
