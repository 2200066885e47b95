"""Keeps what came with a report: cleaned, sealed, once for equal bytes; the report carries only its id."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from ingest.files.cleaning import Coordinates, cleaned
from ingest.http.concurrency_limit import ConcurrencyLimit
from messages import ids
from messages.sealing import Sealed, Sealer
from messages.shapes import Attachment


class AttachmentRow(SQLModel, table=True):
    """A file as kept; `body` is sealed under `id`. `kept_at` is when it first came, `brought_at` when it last did."""

    __tablename__ = "ingest_attachment"

    id: UUID = Field(primary_key=True)
    media_type: str
    size: int
    sha256: str
    body: str
    kept_at: datetime = Field(sa_type=UtcDateTime)
    brought_at: datetime = Field(sa_type=UtcDateTime)


class StoredAttachment(NamedTuple):
    """What the report carries, and where the camera said it was."""

    attachment: Attachment
    spot: Coordinates | None


class Attachments:
    """Methods may raise `DatabaseUnavailable`. `room` bounds how many files are worked at once, whoever brings them."""

    def __init__(self, engine: Engine, sealer: Sealer, room: ConcurrencyLimit) -> None:
        self._engine = engine
        self._sealer = sealer
        self._room = room

    def store(
        self, content: bytes | Callable[[], bytes], at: datetime, patience: float | None = None
    ) -> StoredAttachment:
        """Durable when it returns. `content` may be what reads it: that is called when there is room.

        Raises `Refused`: on what is no picture and no PDF, or too large; `busy` (503) where there is no room within
        `patience` seconds (the room's own where none are given).
        """
        with self._room.slot(patience):
            return self._store(content() if callable(content) else content, at)

    def _store(self, content: bytes, at: datetime) -> StoredAttachment:
        clean = cleaned(content)
        made = Attachment(
            id=ids.attachment_id(hashlib.sha256(content).hexdigest()),
            media_type=clean.media_type,
            size=len(clean.content),
            sha256=hashlib.sha256(clean.content).hexdigest(),
        )
        body = self._sealer.seal(clean.content, made.id)
        row = {**made.model_dump(), "body": body, "kept_at": at, "brought_at": at}
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, AttachmentRow).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"brought_at": at}))
            # What was kept first counts: another version of Pillow draws the same picture with other bytes.
            kept = _find(connection, made.id)
        return StoredAttachment(kept or made, clean.spot)

    def find_attachment(self, attachment: UUID) -> Attachment | None:
        """What was kept under this id."""
        with read_transaction(self._engine) as connection:
            return _find(connection, attachment)

    def read_content(self, attachment: UUID) -> bytes | None:
        """The bytes as kept."""
        with read_transaction(self._engine) as connection:
            query = select(col(AttachmentRow.body)).where(col(AttachmentRow.id) == attachment)
            body = connection.execute(query).scalar_one_or_none()
        return self._sealer.open(Sealed(body), attachment) if body is not None else None


def _find(connection: Connection, attachment: UUID) -> Attachment | None:
    columns = (AttachmentRow.id, AttachmentRow.media_type, AttachmentRow.size, AttachmentRow.sha256)
    row = connection.execute(select(*columns).where(col(AttachmentRow.id) == attachment)).one_or_none()
    return Attachment.model_validate(row, from_attributes=True) if row else None
