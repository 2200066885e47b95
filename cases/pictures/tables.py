"""The one table with the files of answers."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Index, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, deleted


class AnswerPicture(SQLModel, table=True):
    """A picture that an agency uploaded for its answers to a dispatch, or a document. `body` is sealed under `id`.

    `named_at` is the time of the first answer that names it, `None` until then; `kept_at` that when it last came.
    """

    __tablename__ = "case_answer_picture"
    __table_args__ = (
        Index("ix_case_answer_picture_dispatch", "dispatch_id"),
        Index("ix_case_answer_picture_complaint", "complaint_id"),
        declared(
            deleted("pictures and documents in answers to this person's reports"),
            retention="files",
            part_retention={"unsent": "unsent-files"},
        ),
    )

    id: UUID = Field(primary_key=True)
    dispatch_id: UUID
    complaint_id: UUID
    agency: str
    media_type: str
    size: int
    sha256: str
    body: str
    kept_at: datetime = Field(sa_type=UtcDateTime)
    named_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
