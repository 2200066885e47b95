"""Tables of the facts of cases: ids, times and codes. The words of a fact are in `cases.words.tables`.

A row is written once, in any order, and is never changed. `at` is the time of the message; of an answer and of a
recommendation it is the bus's time.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import BigInteger, Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, declared, kept


class ComplaintFact(SQLModel, table=True):
    """The arrival of a complaint. `act` and `rating` are those of its `FollowUp`, `of` is what it repeats or joins.

    `suggested_id` is the earlier complaint that it is perhaps the same as: nothing that a citizen reads is made of it.
    `suggestion_evidence` are names of features, separated by `|`. `closed_id` is a closed case that it is like;
    `is_own_closed`: that case is of the same proven sender, who may read its number. `part_of` is the report of which
    it is a part, and `part_number` its number; 0 for a report. A part was received when its report was.
    """

    __tablename__ = "case_complaint"
    __table_args__ = (
        Index("ix_case_complaint_suggested", "suggested_id"),
        # Few complaints have a suggestion: the index contains those only.
        Index(
            "ix_case_complaint_suggestion",
            *("received_at", "id"),
            sqlite_where=text("suggested_id IS NOT NULL"),
            postgresql_where=text("suggested_id IS NOT NULL"),
        ),
        # Few complaints are parts.
        Index(
            "ix_case_complaint_part_of",
            "part_of",
            sqlite_where=text("part_of IS NOT NULL"),
            postgresql_where=text("part_of IS NOT NULL"),
        ),
        declared(IDS, retention="exactly-once"),
    )

    id: UUID = Field(primary_key=True)
    message_id: UUID
    tracking: str = Field(index=True)
    channel: str
    kind: str
    relation: str
    of: UUID | None = Field(default=None, index=True)
    act: str = "reports"
    rating: int = 0
    anonim: bool
    rahasia: bool
    suggested_id: UUID | None = None
    suggestion_score: float = 0.0
    suggestion_evidence: str = ""
    closed_id: UUID | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_own_closed: bool = False
    part_of: UUID | None = None
    part_number: int = 0
    received_at: datetime = Field(sa_type=UtcDateTime)


class DispatchFact(SQLModel, table=True):
    """A dispatch of a complaint to an agency, with its relation at that time: see `messages.shapes.Dispatch`.

    `case_id` is the case to which it belongs: the complaint itself if it is a case of its own, else `of`. `of` is the
    complaint of its relation in both cases. `rules` are the rules of its reasons in the same order, separated by `|`;
    so are the codes of `programme_words`.
    """

    __tablename__ = "case_dispatch"
    __table_args__ = (
        Index("ix_case_dispatch_complaint", "complaint_id", "hop"),
        Index("ix_case_dispatch_case", "case_id", "own_case", "relation", "complaint_id"),
        Index("ix_case_dispatch_of", "of"),
        # Finds the dispatches to an agency, as those to triage.
        Index("ix_case_dispatch_agency_at", "agency", "at"),
        declared(IDS, retention="exactly-once"),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID
    tracking: str = Field(index=True)
    hop: int
    agency: str
    own_case: bool
    case_id: UUID
    relation: str
    of: UUID | None = None
    rules: str = ""
    rules_version: str
    confidence: float = 1.0
    topic: str = ""
    region: str = ""
    programme_words: str = ""
    act: str = "reports"
    rating: int = 0
    danger: str = ""
    reopened: int = 0
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)


class AnswerFact(SQLModel, table=True):
    """An answer of an agency to a dispatch. `answered_at` is the agency's time, `position` that of the record.

    `pictures` are ids, separated by `|`; everybody may see them if `pictures_public`. `document` is an id. `readers`:
    see `messages.shapes`.
    The id follows from dispatch and content, so an answer to the dispatch of another agency, or one that names another
    complaint, may have the id of a valid one. It must not take its place.
    """

    __tablename__ = "case_answer"
    __table_args__ = declared(IDS, retention="exactly-once")

    id: UUID = Field(primary_key=True)
    agency: str = Field(primary_key=True)
    complaint_id: UUID = Field(primary_key=True, index=True)
    dispatch_id: UUID = Field(index=True)
    verdict: str
    suggested_agency: str | None = None
    readers: str = ""
    pictures: str = ""
    pictures_public: bool = False
    document: UUID | None = None
    extension_days: int = 0
    answered_at: datetime = Field(sa_type=UtcDateTime)
    at: datetime = Field(sa_type=UtcDateTime)
    position: str = Field(index=True)


class AnswerOutcomeFact(SQLModel, table=True):
    """The outcome of an answer at the router: for which case and hop it is an answer, and if it counts.

    It belongs to the answer of this agency to this complaint: another one may have the same id.
    """

    __tablename__ = "case_answer_outcome"
    __table_args__ = declared(IDS, retention="exactly-once")

    answer_id: UUID = Field(primary_key=True)
    complaint_id: UUID
    case_id: UUID
    agency: str
    hop: int
    outcome: str


class CorrectionFact(SQLModel, table=True):
    """A person's decision about the relation of a complaint. `evidence` are its codes, separated by `|`."""

    __tablename__ = "case_correction"
    __table_args__ = declared(IDS, retention="exactly-once")

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    relation: str
    of: UUID | None = Field(default=None, index=True)
    apart_from: UUID | None = Field(default=None, index=True)
    evidence: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class RecommendationFact(SQLModel, table=True):
    """A recommendation of an overseer about a report, or the answer of an institution to one; see `act`.

    `recommendation_id` is the id of the recommendation in both. `account_id` is the overseer's; an answer has none.
    """

    __tablename__ = "case_recommendation"
    __table_args__ = (
        Index("ix_case_recommendation_act", "act", "at", "id"),
        declared(IDS, retention="staff-acts"),
    )

    id: UUID = Field(primary_key=True)
    recommendation_id: UUID = Field(index=True)
    complaint_id: UUID = Field(index=True)
    act: str
    kind: str
    agency: str
    account_id: UUID | None = None
    at: datetime = Field(sa_type=UtcDateTime)


class EventFact(SQLModel, table=True):
    """An event of oversight that is about a case or a message: `CASE_EVENTS` names the kinds.

    `subject` is the case, or the message that is no complaint; `message_id` is the arrival. `reason` is a code, and of
    a deadline the name of its clock.
    """

    __tablename__ = "case_event"
    __table_args__ = (
        Index("ix_case_event_subject", "subject", "event"),
        Index("ix_case_event_tracking", "tracking"),
        Index("ix_case_event_message", "message_id"),
        declared(IDS, retention="exactly-once", part_retention={"set-aside": "set-aside"}),
    )

    id: UUID = Field(primary_key=True)
    event: str
    subject: UUID
    message_id: UUID
    tracking: str = ""
    agency: str = ""
    dispatch_id: UUID | None = None
    reason: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class FactLog(SQLModel, table=True):
    """The order in which facts were committed: derivations follow it. `kind` names what is new, `fact_id` its row.

    `complaint_id` is the complaint that the fact is about, and `other_id` a second one that it names: what it repeats,
    joins, was split from or is a part of, or the case for which an answer counts. Both are `None` for a message that is
    no complaint. `at` is the bus's time of the record.
    """

    __tablename__ = "case_log"
    __table_args__ = (
        # Few entries tell of the removal of words.
        Index(
            "ix_case_log_forgotten",
            "position",
            sqlite_where=text("kind = 'forgotten'"),
            postgresql_where=text("kind = 'forgotten'"),
        ),
        declared(IDS, retention="exactly-once"),
    )

    position: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    fact_id: UUID
    complaint_id: UUID | None = None
    other_id: UUID | None = None
    at: datetime = Field(sa_type=UtcDateTime)


class DerivationPosition(SQLModel, table=True):
    """The position in the log until which a derivation has derived its rows."""

    __tablename__ = "case_derivation"
    __table_args__ = declared(kept("positions"), retention="operation")

    name: str = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)
