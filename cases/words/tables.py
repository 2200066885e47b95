"""The one table with the words of cases."""

from uuid import UUID

from sqlmodel import Field, SQLModel

from config.table_declaration import ClearData, declared, emptied


class CaseWords(SQLModel, table=True):
    """The words of a fact, and the persons in them. It has the key of the fact; `agency` is that of an answer.

    `text` are a citizen's words of a complaint, and the words of whoever answered, corrected or recommended; `actor` is
    that person. `contact` is sealed. `document` is a dispatch as JSON, of the version `shape_version`: it contains the
    report and the sentences of its reasons.
    """

    __tablename__ = "case_words"
    __table_args__ = declared(
        emptied("titles, texts, sealed contacts, answers and reasons; of dispatches the report and its sentences"),
        retention="case-words",
        part_retention={"contact": "case-contacts"},
        clear=[
            ClearData("title", "all", "words", "The title of a web report, for the own page and for staff."),
            ClearData("text", "all", "words", "The report, and answers to it, for the own page and for staff."),
            ClearData("document", "all", "words", "The case of the institution, and why the report went on."),
        ],
    )

    fact_id: UUID = Field(primary_key=True)
    agency: str = Field(default="", primary_key=True)
    complaint_id: UUID = Field(primary_key=True, index=True)
    kind: str
    title: str = ""
    text: str = ""
    contact: str = ""
    actor: str = ""
    document: str = ""
    shape_version: int = 0
