"""Files that a device uploads in parts. Each part is sealed and durable, and must continue the bytes before it.

The app chooses the ids; ids of two devices never collide. A complete file goes to `Attachments`, and its parts are
deleted.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine, delete, func, update
from sqlmodel import col, select

from config.database import insert_statement, read_transaction, write_transaction
from ingest.files.attachments import Attachments, StoredAttachment
from ingest.mobile.tables import UploadPart, UploadRow
from messages.sealing import Sealed, Sealer
from messages.shapes import Attachment
from pages.files.cleaning import MAX_FILE_BYTES, Coordinates
from pages.refusals import FieldError, Refused
from pages.sizes import readable_size

# An app may be without any network for days.
UPLOAD_LIFETIME = timedelta(days=3)
# Bytes that a device may upload within that time.
QUOTA_BYTES = 100_000_000
# Expired uploads deleted in one transaction, so that the request that deletes them does not wait long.
_MAX_DELETED_AT_ONCE = 100
_FILE_LIMIT = readable_size(MAX_FILE_BYTES)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload. `id` is derived from the device and the app's own id; `offset` is the number of bytes received."""

    id: UUID
    length: int
    offset: int
    expires_at: datetime


class _FinishedMeanwhile(Exception):
    """Another request finished the upload."""


class _UploadRecord(NamedTuple):
    """An upload with its outcome: the stored attachment as sealed JSON, or the reason of the refusal."""

    upload: Upload
    sealed_attachment: str
    refused: str


class Uploads:
    """Creates, continues and finishes uploads. `device` is a device's hash.

    Every method may block, and may raise `DatabaseUnavailable`.
    """

    def __init__(self, engine: Engine, sealer: Sealer, attachments: Attachments) -> None:
        self._engine = engine
        self._sealer = sealer
        self._attachments = attachments

    def begin(self, device: str, app_upload_id: UUID, length: int, at: datetime) -> Upload:
        """Create an upload under the app's own id, or return the existing one. Raises `Refused`."""
        if not 0 < length <= MAX_FILE_BYTES:
            error = FieldError("Upload-Length", "Isi dengan besar berkas.")
            raise Refused("file_too_large", (error,), limit=_FILE_LIMIT)
        # Before the transaction: a request must not hold one connection while it waits for another one.
        self._attachments.take_space(length)
        upload_id = uuid5(app_upload_id, device)
        with write_transaction(self._engine) as connection:
            _delete_expired(connection, at)
            record = _select_upload(connection, upload_id, at)
            if record is None:
                _check_quota(connection, device, length, at)
                row = {"id": upload_id, "device": device, "length": length, "kept": "", "refused": ""}
                statement = insert_statement(connection, UploadRow).values(expires_at=at + UPLOAD_LIFETIME, **row)
                connection.execute(statement.on_conflict_do_nothing())
                record = _select_upload(connection, upload_id, at)
        if record is None or record.upload.length != length:
            raise Refused("upload_id_reused", (FieldError("Upload-Id", "Pakai UUID baru untuk berkas baru."),))
        return record.upload

    def find_upload(self, device: str, app_upload_id: UUID, at: datetime) -> Upload:
        """Return an upload of this device. Raises `Refused` if it does not exist, expired, or was refused."""
        with read_transaction(self._engine) as connection:
            return _require_usable(_select_upload(connection, uuid5(app_upload_id, device), at)).upload

    def append(self, upload: Upload, start: int, content: bytes, at: datetime) -> Upload:
        """Store the bytes that begin at `start`; they are durable when this returns.

        Raises `Refused` if `start` is not the offset of the upload, or if the bytes exceed its length.
        """
        with write_transaction(self._engine) as connection:
            # Of two concurrent requests with the same part, the second one sees the part of the first.
            _lock_row(connection, upload.id)
            current = _require_usable(_select_upload(connection, upload.id, at)).upload
            if start != current.offset:
                raise _wrong_offset(current)
            if current.offset + len(content) > current.length:
                error = FieldError("Upload-Length", "Berkas lebih panjang.")
                raise Refused("too_large", (error,), limit=readable_size(current.length))
            if not content:
                return current
            sealed_content = self._sealer.seal(content, upload.id)
            row = {"upload_id": upload.id, "start": start, "size": len(content), "body": sealed_content}
            connection.execute(insert_statement(connection, UploadPart).values(row))
        return replace(current, offset=current.offset + len(content))

    def finish(self, upload_id: UUID, at: datetime, address: str = "") -> StoredAttachment:
        """Return the attachment of a complete upload; clean and store the file if that was not done yet.

        `address` is the address of the client that asks for it. Raises `Refused`, with the same reason each time. Only
        `busy` (503) is temporary: the file was not cleaned yet, and a later call can succeed.
        """
        with read_transaction(self._engine) as connection:
            record = _require_usable(_select_upload(connection, upload_id, at))
        if record.sealed_attachment:
            return _decode_attachment(self._sealer.open(Sealed(record.sealed_attachment), upload_id))
        if record.upload.offset < record.upload.length:
            raise Refused("unfinished_upload")
        try:
            stored = self._attachments.store(partial(self._read_content, record.upload), at, address=address)
        except _FinishedMeanwhile:
            return self.finish(upload_id, at, address)
        except Refused as refused:
            if refused.retry_after is None:
                self._write_outcome(upload_id, refused=refused.reason)
            raise
        self._write_outcome(upload_id, sealed_attachment=self._sealer.seal(_encode_attachment(stored), upload_id))
        return stored

    def attached(
        self, device: str, app_upload_ids: Sequence[UUID], at: datetime, address: str = ""
    ) -> list[StoredAttachment]:
        """Return the attachments of the uploads that a report lists.

        Raises `Refused`, naming the position in `attachments` that is not valid.
        """
        attachments: list[StoredAttachment] = []
        for index, app_upload_id in enumerate(dict.fromkeys(app_upload_ids)):
            try:
                attachments.append(self.finish(uuid5(app_upload_id, device), at, address))
            except Refused as refused:
                error = FieldError(f"attachments.{index}", refused.message)
                raise Refused(refused.reason, (error,), refused.retry_after, limit=_FILE_LIMIT) from None
        return attachments

    def _read_content(self, upload: Upload) -> bytes:
        """Return the bytes of all parts. Raises `_FinishedMeanwhile` if another request deleted the parts."""
        with read_transaction(self._engine) as connection:
            parts = _select_parts(connection, upload.id)
        content = b"".join(self._sealer.open(part, upload.id) for part in parts)
        if len(content) != upload.length:
            raise _FinishedMeanwhile
        return content

    def _write_outcome(self, upload_id: UUID, sealed_attachment: str = "", refused: str = "") -> None:
        """Store the outcome of an upload that has none yet, and delete its parts."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                update(UploadRow)
                .where(col(UploadRow.id) == upload_id, col(UploadRow.kept) == "", col(UploadRow.refused) == "")
                .values(kept=sealed_attachment, refused=refused)
            )
            connection.execute(delete(UploadPart).where(col(UploadPart.upload_id) == upload_id))


def announced_bytes(engine: Engine) -> int:
    """Return the length of all uploads that are not finished. Raises `DatabaseUnavailable`."""
    is_open = (col(UploadRow.kept) == "", col(UploadRow.refused) == "")
    with read_transaction(engine) as connection:
        query = select(func.coalesce(func.sum(col(UploadRow.length)), 0)).where(*is_open)
        return int(connection.execute(query).scalar_one())


def _wrong_offset(upload: Upload) -> Refused:
    """Return the refusal (409) that names the offset to continue from."""
    return Refused("wrong_offset", (FieldError("Upload-Offset", f"Lanjutkan dari {upload.offset}."),))


def _require_usable(record: _UploadRecord | None) -> _UploadRecord:
    """Return the record. Raises `Refused` if there is none, or if its file was refused."""
    if record is None:
        raise Refused("unknown_upload")
    if record.refused:
        raise Refused(record.refused, limit=_FILE_LIMIT)
    return record


def _select_upload(connection: Connection, upload_id: UUID, at: datetime) -> _UploadRecord | None:
    """Return an upload that has not expired.

    One statement reads the row and the size of its parts. A request that finishes the upload at the same time deletes
    the parts together with writing the outcome, so two statements could disagree.
    """
    sizes = select(func.coalesce(func.sum(col(UploadPart.size)), 0)).where(col(UploadPart.upload_id) == upload_id)
    columns = (UploadRow.length, UploadRow.kept, UploadRow.refused, UploadRow.expires_at)
    query = select(*columns).add_columns(sizes.scalar_subquery().label("received"))
    row = connection.execute(query.where(col(UploadRow.id) == upload_id, col(UploadRow.expires_at) > at)).one_or_none()
    if row is None:
        return None
    offset = row.length if row.kept else int(row.received)
    return _UploadRecord(Upload(upload_id, row.length, offset, row.expires_at), row.kept, row.refused)


def _lock_row(connection: Connection, upload_id: UUID) -> None:
    connection.execute(select(UploadRow.id).where(col(UploadRow.id) == upload_id).with_for_update())


def _select_parts(connection: Connection, upload_id: UUID) -> list[Sealed]:
    query = select(col(UploadPart.body)).where(col(UploadPart.upload_id) == upload_id).order_by(col(UploadPart.start))
    return [Sealed(body) for body in connection.execute(query).scalars()]


def _check_quota(connection: Connection, device: str, length: int, at: datetime) -> None:
    """Raise `Refused` (429) if `length` more bytes exceed the quota of the device."""
    query = select(func.coalesce(func.sum(col(UploadRow.length)), 0), func.min(col(UploadRow.expires_at)))
    of_device = query.where(col(UploadRow.device) == device, col(UploadRow.expires_at) > at)
    used_bytes, first_expiry = connection.execute(of_device).one()
    if used_bytes + length > QUOTA_BYTES:
        # One file alone is always within the quota, so an older upload exists. Its expiry frees space.
        wait_seconds = max(1, round((first_expiry - at).total_seconds()))
        raise Refused("upload_quota", retry_after=wait_seconds, limit=readable_size(QUOTA_BYTES))


def _delete_expired(connection: Connection, at: datetime) -> None:
    expires_at = col(UploadRow.expires_at)
    expired = select(col(UploadRow.id)).where(expires_at <= at).order_by(expires_at).limit(_MAX_DELETED_AT_ONCE)
    for upload_id in connection.execute(expired).scalars().all():
        connection.execute(delete(UploadPart).where(col(UploadPart.upload_id) == upload_id))
        connection.execute(delete(UploadRow).where(col(UploadRow.id) == upload_id))


def _encode_attachment(stored: StoredAttachment) -> bytes:
    """Return the JSON for the column `kept`. Its key `spot` holds the coordinates."""
    coordinates = stored.coordinates._asdict() if stored.coordinates else None
    return json.dumps({"attachment": stored.attachment.model_dump(mode="json"), "spot": coordinates}).encode()


def _decode_attachment(attachment_json: bytes) -> StoredAttachment:
    stored = json.loads(attachment_json)
    coordinates = Coordinates(**stored["spot"]) if stored["spot"] else None
    return StoredAttachment(Attachment.model_validate(stored["attachment"]), coordinates)
