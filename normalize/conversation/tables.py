"""Table of the reports of proven senders on channels where they write without a form."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, declared, deleted


class SenderReportRow(SQLModel, table=True):
    """One complaint of a proven sender. `sender` is the keyed hash.

    `report_id` is the sender's report that it repeats, or its own id. `lacks_place` and `lacks_matter` tell what the
    message did not contain. `confirms`: the message confirms an answer. Then the last question and the last response of
    an agency by the bus's clock: a question stands with the complaint that it was asked about and with its report, a
    response with all complaints of the case. `continued_at` is the last further message of the sender; it stands with
    the report and all that repeats it.
    """

    __tablename__ = "normalize_sender_report"
    __table_args__ = (
        Index("ix_normalize_sender_report_sender", "sender", "at"),
        declared(deleted("reports by sender"), retention="case-senders"),
    )

    complaint_id: UUID = Field(primary_key=True)
    report_id: UUID
    sender: str
    tracking: str
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    anonim: bool
    rahasia: bool
    lacks_place: bool
    lacks_matter: bool
    confirms: bool
    asked_at: datetime | None = Field(None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(None, sa_type=UtcDateTime)
    continued_at: datetime | None = Field(None, sa_type=UtcDateTime)


class RatingQuestionRow(SQLModel, table=True):
    """A complaint whose sender was asked for a rating. It may be stored before the complaint.

    `rated_at` is the time of a rating since; `None` while the question is open.
    """

    __tablename__ = "normalize_rating_question"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=UtcDateTime, index=True)
    rated_at: datetime | None = Field(None, sa_type=UtcDateTime)


class OmbudsmanQuestionRow(SQLModel, table=True):
    """A complaint whose sender was asked if the Ombudsman may have the case. It may be stored before the complaint."""

    __tablename__ = "normalize_ombudsman_question"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=UtcDateTime, index=True)
