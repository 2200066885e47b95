"""Tables of the public view."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import ClearData, declared, deleted, kept


class PublicReport(SQLModel, table=True):
    """A report as everybody may read it on some days. Its words are masked before they are stored here.

    A row is read from the beginning of the day `shown_from` until that of `shown_until`; without one it has no end.
    Both are days of western Indonesia. A report has at most one row that is shown now and one for tomorrow.
    `published_on` is its first day, and with the public id the order of the lists; `changed_on` is the day of its last
    change. `answer` and `closing` are the agency's masked words. `words` has the words of all that is shown, with their
    stems, for the search. `joined` counts the reports of other citizens that join it. `province` and `city` are the
    parts of `region`; `city` may be empty. `is_closed`: no report joins it any more.
    `pictures` are ids of pictures of the work that an officer lets everybody see, separated by `|`.
    """

    __tablename__ = "public_report"
    __table_args__ = (
        Index("ix_public_report_newest", "published_on", "public_id"),
        *(
            Index(f"ix_public_report_{name}", name, "published_on", "public_id")
            for name in ("agency", "topic", "province", "city", "is_closed")
        ),
        declared(
            deleted("masked words"),
            retention="case-words",
            clear=[
                ClearData(
                    column,
                    modes,
                    "written-street",
                    "The public view. Names and numbers are masked, streets are not: they say where the trouble is.",
                )
                for column, modes in (
                    ("title", "open"),
                    ("text", "open, anonim"),
                    ("answer", "open, anonim"),
                    ("words", "open, anonim"),
                )
            ],
        ),
    )

    complaint_id: UUID = Field(primary_key=True)
    shown_from: date = Field(primary_key=True)
    shown_until: date | None = Field(default=None, index=True)
    public_id: str = Field(index=True)
    title: str = ""
    text: str = ""
    answer: str = ""
    closing: str = ""
    words: str = ""
    agency: str = ""
    topic: str = ""
    region: str = ""
    province: str = ""
    city: str = ""
    state: str = ""
    is_closed: bool = False
    joined: int = 0
    pictures: str = ""
    published_on: date
    changed_on: date


class PublicRelease(SQLModel, table=True):
    """The last decision of an officer about one report: everybody may read it, or nobody.

    `agency` and `hop` are those of the dispatch that the officer saw. `is_derived`: the public view has the decision.
    """

    __tablename__ = "public_release"
    __table_args__ = (
        Index("ix_public_release_is_derived", "is_derived"),
        declared(kept("ids and times of officers' decisions"), retention="exactly-once"),
    )

    complaint_id: UUID = Field(primary_key=True)
    agency: str
    hop: int
    is_released: bool
    decided_at: datetime = Field(sa_type=UtcDateTime)
    is_derived: bool = False
