"""Tables of the ledger. Rows are written once; a complaint's state is computed from them and not stored.

Only the counts of `QueueDayRow` change.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, ClearData, declared, emptied, kept


class ComplaintRow(SQLModel, table=True):
    """Complaint with its open content and its sealed contact. `act` and `rating` are those of its `FollowUp`."""

    __tablename__ = "ledger_complaint"
    __table_args__ = declared(
        emptied("title, text and sealed contact"),
        retention="case-words",
        clear=[ClearData("text", "all", "words", "The report, for the own page and for staff.")],
    )

    id: UUID = Field(primary_key=True)
    message_id: UUID
    tracking: str = Field(index=True)
    channel: str
    kind: str
    relation: str
    of: UUID | None = Field(default=None, index=True)
    title: str
    text: str
    anonim: bool
    rahasia: bool
    contact: str
    act: str = "reports"
    rating: int = 0
    received_at: datetime = Field(sa_type=UtcDateTime)


class SuggestionRow(SQLModel, table=True):
    """Earlier complaint that a complaint is perhaps the same as. `evidence` are names of features, separated by `|`.

    It is for agencies and staff. Nothing that a citizen reads is made of it.
    """

    __tablename__ = "ledger_suggestion"
    __table_args__ = (
        Index("ix_ledger_suggestion_suggested_at", "suggested_at", "complaint_id"),
        declared(kept("pair of ids and names of features"), retention="exactly-once"),
    )

    complaint_id: UUID = Field(primary_key=True)
    suggested_id: UUID = Field(index=True)
    score: float
    evidence: str
    suggested_at: datetime = Field(sa_type=UtcDateTime)


class ClosedCaseRow(SQLModel, table=True):
    """Closed case that a complaint is like. `is_own`: it is of the same proven sender, who may read its number."""

    __tablename__ = "ledger_closed_case"
    __table_args__ = declared(kept("pair of ids"), retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    closed_id: UUID
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_own: bool


class DispatchRow(SQLModel, table=True):
    """Dispatch of a complaint to an agency, with its relation at that time: see `messages.shapes.Dispatch`.

    `reasons` and `alternatives` are JSON; `rules` are the rules of the reasons in the same order, separated by `|`.
    """

    __tablename__ = "ledger_dispatch"
    # Finds the oldest unanswered case of an agency.
    __table_args__ = (
        Index("ix_ledger_dispatch_agency_dispatched_at", "agency", "dispatched_at"),
        declared(
            emptied("sentences of the reasons, which may quote the report"),
            retention="case-words",
            clear=[ClearData("reasons", "rahasia", "words", "Why the report went on: the words of a refusal.")],
        ),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    agency: str
    hop: int
    alternatives: str = "[]"
    reasons: str
    rules: str = ""
    rules_version: str
    relation: str
    of: UUID | None = Field(default=None, index=True)
    own_case: bool
    confidence: float = 1.0
    topic: str = ""
    region: str = ""
    actor: str = ""
    act: str = "reports"
    rating: int = 0
    danger: str = ""
    reopened: int = 0
    dispatched_at: datetime = Field(sa_type=UtcDateTime, index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)


class AnswerRow(SQLModel, table=True):
    """Answer of an agency to a dispatch.

    `answered_at` is the agency's time. `recorded_at` is the bus's, and `position` that of the record: they order the
    answers.
    """

    __tablename__ = "ledger_answer"
    __table_args__ = declared(
        emptied("words to the sender"),
        retention="case-words",
        clear=[ClearData("text", "all", "words", "Answers, for the own page.")],
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    dispatch_id: UUID = Field(index=True)
    agency: str
    verdict: str
    text: str
    suggested_agency: str | None = None
    actor: str = ""
    answered_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    position: str = Field(index=True)


class AnswerOutcomeRow(SQLModel, table=True):
    """Outcome of an answer at the router: for which case and hop it is an answer, and if it counts.

    It belongs to the answer of this agency to this complaint: another one may have the same id.
    """

    __tablename__ = "ledger_answer_outcome"
    __table_args__ = declared(IDS, retention="exactly-once")

    answer_id: UUID = Field(primary_key=True)
    complaint_id: UUID
    case_id: UUID
    agency: str
    hop: int
    outcome: str


class SetAsideRow(SQLModel, table=True):
    """Message that the normalizer set aside as no report, with the number that its sender was given."""

    __tablename__ = "ledger_set_aside"
    __table_args__ = declared(kept("number, reason and time"), retention="set-aside")

    message_id: UUID = Field(primary_key=True)
    tracking: str = Field(index=True)
    reason: str
    at: datetime = Field(sa_type=UtcDateTime)


class CorrectionRow(SQLModel, table=True):
    """Correction of a complaint's relation by a person, with actor, reason and time.

    `evidence` are the codes of its relation, separated by `|`: a denied suggestion has the relation of a split.
    """

    __tablename__ = "ledger_correction"
    __table_args__ = declared(emptied("reasons of staff"), retention="case-words")

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    relation: str
    of: UUID | None = None
    apart_from: UUID | None = None
    evidence: str = ""
    actor: str
    reason: str
    corrected_at: datetime = Field(sa_type=UtcDateTime)


class OmbudsmanRow(SQLModel, table=True):
    """Event of the hand-over of a case to the Ombudsman: the sender was asked, or the file of the case was made."""

    __tablename__ = "ledger_ombudsman"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    event: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


class QueueDayRow(SQLModel, table=True):
    """Number of the unanswered cases in an agency's queue by day: see `queue_counts.QueueDay`."""

    __tablename__ = "ledger_queue_day"
    __table_args__ = declared(kept("numbers of cases"), retention="exactly-once")

    agency: str = Field(primary_key=True)
    dispatched_day: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    due_day: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    number: int
