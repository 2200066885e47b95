"""Stores the files of reports: cleaned, sealed, and once for equal bytes. The report contains only the id."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, func
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from config.table_declaration import declared, deleted
from ingest.http.client_networks import widest_network
from ingest.http.concurrency_limit import ConcurrencyLimit
from messages import ids
from messages.sealing import Sealed, Sealer
from messages.shapes import Attachment
from pages.files.cleaning import Coordinates, clean_file
from pages.files.file_space import FileSpace
from pages.refusals import Refused


class AttachmentRow(SQLModel, table=True):
    """A stored file. `body` is sealed under `id`.

    `kept_at` is the time when the file first arrived, `brought_at` the time when it last arrived.
    """

    __tablename__ = "ingest_attachment"
    __table_args__ = declared(
        deleted("files that only this person's reports name"),
        retention="files",
        part_retention={"unsent": "unsent-files"},
    )

    id: UUID = Field(primary_key=True)
    media_type: str
    size: int
    sha256: str
    body: str
    kept_at: datetime = Field(sa_type=UtcDateTime)
    brought_at: datetime = Field(sa_type=UtcDateTime)


class StoredAttachment(NamedTuple):
    """The attachment as the report refers to it, and the coordinates that the camera wrote into the file."""

    attachment: Attachment
    coordinates: Coordinates | None


class Attachments:
    """Stores files. `limit` bounds the number of files cleaned at once, `space` all files, for all doors together.

    `check_rate` counts units of a rate for an address, and raises `Refused` above the rate. `store` may raise
    `DatabaseUnavailable`.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        limit: ConcurrencyLimit,
        space: FileSpace,
        check_rate: Callable[[str, str, int], None],
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._limit = limit
        self._space = space
        self._check_rate = check_rate

    def take_space(self, size: int) -> None:
        """Count bytes that a sender announced. Raises `Refused` (503) if there is no space for them."""
        self._space.take(size)

    def store(
        self,
        content: bytes | Callable[[], bytes],
        at: datetime,
        max_wait_seconds: float | None = None,
        address: str = "",
    ) -> StoredAttachment:
        """Clean and store a file. It is durable when this returns.

        `content` may be a function that reads the file; it is called when there is a free slot. `max_wait_seconds`
        overrides the time that the limit lets a caller wait. `address` is the client's address, empty for files that
        the service fetches from a provider, which no rate limits.

        Raises `Refused` for a file that is no picture or is too large, `busy` (503) if no slot is free
        in time, `too_many_pictures` (429) above the rate of the address, and `files_full` (503) if there is no space.
        """
        with self._limit.slot(max_wait_seconds, widest_network(address)):
            return self._store(content() if callable(content) else content, at, address)

    def _store(self, content: bytes, at: datetime, address: str) -> StoredAttachment:
        clean = clean_file(content, partial(self._check_megapixels, address))
        self._space.take(len(clean.content))
        attachment = Attachment(
            id=ids.attachment_id(hashlib.sha256(content).hexdigest()),
            media_type=clean.media_type,
            size=len(clean.content),
            sha256=hashlib.sha256(clean.content).hexdigest(),
        )
        body = self._sealer.seal(clean.content, attachment.id)
        row = {**attachment.model_dump(), "body": body, "kept_at": at, "brought_at": at}
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, AttachmentRow).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"brought_at": at}))
            # The first stored version counts: another version of Pillow encodes the same picture with other bytes.
            stored = _select_attachment(connection, attachment.id)
        return StoredAttachment(stored or attachment, clean.coordinates)

    def _check_megapixels(self, address: str, megapixels: int) -> None:
        if not address:
            return
        try:
            self._check_rate("picture-megapixels", address, megapixels)
        except Refused as refused:
            raise Refused("too_many_pictures", retry_after=refused.retry_after) from refused


def read_stored_file(engine: Engine, sealer: Sealer, attachment_id: UUID) -> bytes | None:
    """Return the bytes of a stored file; `None` if it was deleted. Raises `DatabaseUnavailable` and `UnsealError`."""
    query = select(AttachmentRow.body).where(col(AttachmentRow.id) == attachment_id)
    with read_transaction(engine) as connection:
        body = connection.execute(query).scalar_one_or_none()
    return None if body is None else sealer.open(Sealed(body), attachment_id)


def stored_bytes(engine: Engine) -> int:
    """Return the size of all stored files. Raises `DatabaseUnavailable`."""
    with read_transaction(engine) as connection:
        return int(connection.execute(select(func.coalesce(func.sum(col(AttachmentRow.size)), 0))).scalar_one())


def _select_attachment(connection: Connection, attachment_id: UUID) -> Attachment | None:
    columns = (AttachmentRow.id, AttachmentRow.media_type, AttachmentRow.size, AttachmentRow.sha256)
    row = connection.execute(select(*columns).where(col(AttachmentRow.id) == attachment_id)).one_or_none()
    return Attachment.model_validate(row, from_attributes=True) if row else None
