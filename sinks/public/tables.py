"""Table of the public view."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime


class PublicReport(SQLModel, table=True):
    """A report that everybody may read. Its words are masked before they are stored here.

    `published_at` is the time of its first dispatch to an agency, and the order of the lists. `joined` counts the
    reports of other citizens that join it. `province` and `city` are the parts of `region`; `city` may be empty.
    `is_closed`: no report joins it any more.
    """

    __tablename__ = "public_report"
    __table_args__ = (
        Index("ix_public_report_newest", "published_at", "public_id"),
        *(
            Index(f"ix_public_report_{name}", name, "published_at", "public_id")
            for name in ("agency", "topic", "province", "city", "is_closed")
        ),
    )

    complaint_id: UUID = Field(primary_key=True)
    public_id: str = Field(index=True, unique=True)
    title: str = ""
    text: str = ""
    agency: str = ""
    topic: str = ""
    region: str = ""
    province: str = ""
    city: str = ""
    state: str = ""
    is_closed: bool = False
    joined: int = 0
    received_at: datetime = Field(sa_type=UtcDateTime)
    published_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
