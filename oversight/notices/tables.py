"""Tables of what oversight tells: what it follows from, and what is on the topic. No person, no words."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import FIGURES, declared


class OversightNotice(SQLModel, table=True):
    """An event that oversight has published: of a deadline, or of a hand-over to the Ombudsman.

    Or a closing after which the senders were asked for a rating, where `id` is that of `rating_questions.closing_id`.

    It is stored with the publication, so that a derivation before the record comes back does not tell it again.
    `id` is that of the event, `complaint_id` the case.
    """

    __tablename__ = "oversight_notice"
    __table_args__ = (Index("ix_oversight_notice_complaint", "complaint_id"), declared(FIGURES, retention="figures"))

    id: UUID = Field(primary_key=True)
    complaint_id: UUID


class OversightClock(SQLModel, table=True):
    """Derived: a clock by which triage or an agency must act. One that stands or has ended has no row.

    `clock` is the name of a clock of the case, or `recommendation.` and an id. `hop` is the dispatch that began it, or
    with which the institution got the report of a recommendation. `agency` and `agency_hop` are those of who has the
    case now; before the first dispatch they are triage and `None`. `last_day_at`, `due_at`, `twice_at` and
    `three_times_at` are the moments of its events, `next_at` that of the next one that is not on the topic; `None` if
    all of them are.
    """

    __tablename__ = "oversight_clock"
    __table_args__ = (Index("ix_oversight_clock_next", "next_at"), declared(FIGURES, retention="figures"))

    complaint_id: UUID = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    hop: int = Field(primary_key=True)
    agency: str
    agency_hop: int | None = None
    last_day_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    twice_at: datetime = Field(sa_type=UtcDateTime)
    three_times_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OversightConsent(SQLModel, table=True):
    """Derived: a case whose sender will be asked, or was asked, if the Ombudsman may have it.

    `ask_at` is the end of the 60 days; `None` while they do not run. `asked_at` is that of the question on the topic.
    `state` is a `ConsentState`, `answered_at`, `answer_act` and `answer_id` are those of the latest answer: its time,
    the act, and the complaint that its message became. `next_at` is the moment of the next event that is not on the
    topic; `None` without one.
    """

    __tablename__ = "oversight_consent"
    __table_args__ = (
        Index("ix_oversight_consent_next", "next_at"),
        Index("ix_oversight_consent_state", "state", "answered_at"),
        declared(FIGURES, retention="figures"),
    )

    complaint_id: UUID = Field(primary_key=True)
    ask_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_act: str = ""
    answer_id: UUID | None = None
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OversightRatingQuestion(SQLModel, table=True):
    """Derived: a closed case whose senders will be asked for a rating at `ask_at`. Once they are, it has no row.

    `hop` is the dispatch that was closed, `since` its time: a sender who has rated since then is not asked.
    `asks_sender`: the sender of the case has not, so that not only those are asked who joined it.
    """

    __tablename__ = "oversight_rating_question"
    __table_args__ = (
        Index("ix_oversight_rating_question_ask", "ask_at"),
        declared(FIGURES, retention="figures"),
    )

    complaint_id: UUID = Field(primary_key=True)
    hop: int
    since: datetime = Field(sa_type=UtcDateTime)
    asks_sender: bool
    ask_at: datetime = Field(sa_type=UtcDateTime)
