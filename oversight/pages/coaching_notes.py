"""Notes about the coaching of institutions: who wrote what and when. Notes are added and never changed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Engine, insert, select
from sqlmodel import Field, Index, SQLModel, col

from accounts.permissions import Actor, actor_label
from config.database import UtcDateTime, has_row, read_transaction, write_transaction
from config.table_declaration import declared, kept
from pages.translation.message import Message
from pages.translation.message import message as _

MAX_TEXT = 5_000
# Notes that a page shows.
SHOWN_NOTES = 100
_TEXT_MISSING = _("Tulis catatan Anda.")
_TOO_LONG = _("Teks terlalu panjang: paling banyak {limit} karakter.")

# Appends an act to the audit log: action, ids of its objects, actor, reason and time.
Record = Callable[[str, str, str, str, datetime], object]


class OversightCoachingNote(SQLModel, table=True):
    """A note of an overseer about an institution. `body` is the overseer's; officers of the institution see no note."""

    __tablename__ = "oversight_coaching_note"
    __table_args__ = (
        Index("ix_oversight_coaching_note_agency", "agency", "at", "id"),
        declared(kept("notes of overseers about institutions, no sender"), retention="staff-acts"),
    )

    id: UUID = Field(primary_key=True)
    agency: str
    at: datetime = Field(sa_type=UtcDateTime)
    account_id: UUID
    author: str
    body: str
    text: str


class CoachingNote(NamedTuple):
    """A note. `body` is the code of the author's body; empty without one."""

    at: datetime
    author: str
    body: str
    text: str


class NoteDraft(NamedTuple):
    """A note that a person has begun. `fault` says what is wrong with it."""

    text: str = ""
    fault: Message | None = None


def note_draft(typed: str) -> NoteDraft:
    """Return the note that a form has. Lines end with one line feed; control characters are left out."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(sign for sign in lines if sign == "\n" or sign.isprintable()).strip()
    if not text:
        return NoteDraft(text, _TEXT_MISSING)
    return NoteDraft(text, _TOO_LONG.filled(limit=MAX_TEXT) if len(text) > MAX_TEXT else None)


class CoachingNotes:
    """Notes in the database. Methods may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, record: Record) -> None:
        self._engine = engine
        self._record = record

    def add(self, actor: Actor, agency: str, text: str, at: datetime) -> None:
        """Record the act in the audit log, then store the note. Sent twice it is one note."""
        id_ = uuid5(actor.account_id, f"{agency}\n{text}")
        is_same = col(OversightCoachingNote.id) == id_
        query = select(col(OversightCoachingNote.id)).where(is_same)
        with read_transaction(self._engine) as connection:
            if has_row(connection, query):
                return
        self._record("oversight.coaching_note", f"{agency} {id_}", actor_label(actor), "coaching", at)
        row: dict[str, Any] = {"id": id_, "agency": agency, "at": at, "account_id": actor.account_id, "text": text}
        with write_transaction(self._engine) as connection:
            if not has_row(connection, query):
                connection.execute(
                    insert(OversightCoachingNote).values({**row, "author": actor.name, "body": actor.body})
                )

    def of_agency(self, agency: str) -> Sequence[CoachingNote]:
        """Return the latest notes about an institution, the newest first."""
        columns = (col(getattr(OversightCoachingNote, name)) for name in CoachingNote._fields)
        query = select(*columns).where(col(OversightCoachingNote.agency) == agency)
        query = query.order_by(col(OversightCoachingNote.at).desc(), col(OversightCoachingNote.id)).limit(SHOWN_NOTES)
        with read_transaction(self._engine) as connection:
            return [CoachingNote(*row) for row in connection.execute(query)]
