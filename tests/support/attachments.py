"""Reads stored attachments back, as whoever holds the keys could, and gives files space and a rate."""

from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import col, select

from config.database import read_transaction
from ingest.files.attachments import AttachmentRow
from messages.sealing import Sealed, Sealer
from messages.shapes import Attachment
from pages.files.file_space import FileSpace


def find_attachment(engine: Engine, attachment_id: UUID) -> Attachment | None:
    """Return the attachment stored under this id, without its content."""
    columns = (AttachmentRow.id, AttachmentRow.media_type, AttachmentRow.size, AttachmentRow.sha256)
    with read_transaction(engine) as connection:
        row = connection.execute(select(*columns).where(col(AttachmentRow.id) == attachment_id)).one_or_none()
    return Attachment.model_validate(row, from_attributes=True) if row else None


def read_content(engine: Engine, sealer: Sealer, attachment_id: UUID) -> bytes | None:
    """Return the cleaned content stored under this id."""
    with read_transaction(engine) as connection:
        query = select(col(AttachmentRow.body)).where(col(AttachmentRow.id) == attachment_id)
        body = connection.execute(query).scalar_one_or_none()
    return sealer.open(Sealed(body), attachment_id) if body is not None else None


def ample_space() -> FileSpace:
    """Return space that no test uses up."""
    return FileSpace((), 10**15, lambda: 0.0)


def no_rate(_rate: str, _address: str, _cost: int) -> None:
    """Count nothing: no test reaches this rate."""


def any_size(_megapixels: int) -> None:
    """Accept a picture of any size."""
