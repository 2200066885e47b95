"""Files that come in parts, over a network that breaks: each part is durable, sealed, and exactly where it belongs.

The ids are the app's own; those of two devices never meet. A whole file goes to `Attachments`, and its parts are gone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine, delete, func, update
from sqlmodel import col, select

from config.database import insert_statement, read_transaction, write_transaction
from ingest.arrival import FieldError, Refused
from ingest.files.attachments import Attachments, StoredAttachment
from ingest.files.cleaning import MAX_FILE_BYTES, Coordinates
from ingest.http.gate import readable_size
from ingest.mobile.tables import UploadPart, UploadRow
from messages.sealing import Sealed, Sealer
from messages.shapes import Attachment

# An app may be away from any network for days.
LIFE = timedelta(days=3)
# Bytes that a device may bring within that time.
QUOTA_BYTES = 100_000_000
# Taken away at once, so that nobody who asks for an upload waits long for the clearing.
_CLEARED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """`id` is ours, made of the device and the app's own id; `offset` is how many bytes have come."""

    id: UUID
    length: int
    offset: int
    expires_at: datetime


class _Concluded(Exception):
    """The file of an upload was finished by somebody else."""


class _State(NamedTuple):
    upload: Upload
    kept: str
    refused: str


class Uploads:
    """`device` is the name that it stands under. Every method may block, and raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, sealer: Sealer, attachments: Attachments) -> None:
        self._engine = engine
        self._sealer = sealer
        self._attachments = attachments

    def begin(self, device: str, wanted: UUID, length: int, at: datetime) -> Upload:
        """An upload under the app's own id; asking again gives the same. Raises `Refused`."""
        if not 0 < length <= MAX_FILE_BYTES:
            raise Refused("file_too_large", (FieldError("Upload-Length", "Isi dengan besar berkas."),), most=_MOST)
        upload = uuid5(wanted, device)
        with write_transaction(self._engine) as connection:
            _clear(connection, at)
            known = _state(connection, upload, at)
            if known is None:
                _within_quota(connection, device, length, at)
                row = {"id": upload, "device": device, "length": length, "kept": "", "refused": ""}
                connection.execute(
                    insert_statement(connection, UploadRow).values(expires_at=at + LIFE, **row).on_conflict_do_nothing()
                )
                known = _state(connection, upload, at)
        if known is None or known.upload.length != length:
            raise Refused("upload_id_reused", (FieldError("Upload-Id", "Pakai UUID baru untuk berkas baru."),))
        return known.upload

    def find(self, device: str, wanted: UUID, at: datetime) -> Upload:
        """How far it is. Raises `Refused` where it is none of this device's, gone, or no file that can be taken."""
        with read_transaction(self._engine) as connection:
            return _usable(_state(connection, uuid5(wanted, device), at)).upload

    def append(self, upload: Upload, start: int, content: bytes, at: datetime) -> Upload:
        """Keep the bytes from `start` on; durable when it returns. Raises `Refused` where they do not fit there."""
        with write_transaction(self._engine) as connection:
            # Of two who bring the same part at once the second finds it here.
            _hold(connection, upload.id)
            now = _usable(_state(connection, upload.id, at)).upload
            if start != now.offset:
                raise wrong_offset(now)
            if now.offset + len(content) > now.length:
                raise Refused(
                    "too_large", (FieldError("Upload-Length", "Berkas lebih panjang."),), most=readable_size(now.length)
                )
            if not content:
                return now
            sealed = self._sealer.seal(content, upload.id)
            row = {"upload_id": upload.id, "start": start, "size": len(content), "body": sealed}
            connection.execute(insert_statement(connection, UploadPart).values(row))
        return Upload(now.id, now.length, now.offset + len(content), now.expires_at)

    def finish(self, upload: UUID, at: datetime) -> StoredAttachment:
        """What became of a file; of one that has just become whole, now. Raises `Refused`, the same each time.

        But for `busy` (503): then nothing came of it yet, and the same again will do.
        """
        with read_transaction(self._engine) as connection:
            state = _usable(_state(connection, upload, at))
        if state.kept:
            return _read(self._sealer.open(Sealed(state.kept), upload))
        if state.upload.offset < state.upload.length:
            raise Refused("unfinished_upload")
        try:
            kept = self._attachments.store(partial(self._content, state.upload), at)
        except _Concluded:
            return self.finish(upload, at)
        except Refused as refused:
            if refused.retry_after is None:
                self._conclude(upload, refused=refused.reason)
            raise
        self._conclude(upload, kept=self._sealer.seal(_written(kept), upload))
        return kept

    def _content(self, upload: Upload) -> bytes:
        """Raises `_Concluded`: whoever finished it meanwhile took its parts away with the state."""
        with read_transaction(self._engine) as connection:
            parts = _parts(connection, upload.id)
        content = b"".join(self._sealer.open(part, upload.id) for part in parts)
        if len(content) != upload.length:
            raise _Concluded
        return content

    def attached(self, device: str, wanted: Sequence[UUID], at: datetime) -> list[StoredAttachment]:
        """The files that a report names. Raises `Refused`, naming the place in `attachments` that is at fault."""
        found: list[StoredAttachment] = []
        for place, each in enumerate(dict.fromkeys(wanted)):
            try:
                found.append(self.finish(uuid5(each, device), at))
            except Refused as refused:
                fault = FieldError(f"attachments.{place}", refused.says)
                raise Refused(refused.reason, (fault,), refused.retry_after, most=_MOST) from None
        return found

    def _conclude(self, upload: UUID, kept: str = "", refused: str = "") -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(
                update(UploadRow)
                .where(col(UploadRow.id) == upload, col(UploadRow.kept) == "", col(UploadRow.refused) == "")
                .values(kept=kept, refused=refused)
            )
            connection.execute(delete(UploadPart).where(col(UploadPart.upload_id) == upload))


_MOST = readable_size(MAX_FILE_BYTES)


def wrong_offset(upload: Upload) -> Refused:
    """409, saying where to go on."""
    return Refused("wrong_offset", (FieldError("Upload-Offset", f"Lanjutkan dari {upload.offset}."),))


def _usable(state: _State | None) -> _State:
    if state is None:
        raise Refused("unknown_upload")
    if state.refused:
        raise Refused(state.refused, most=_MOST)
    return state


def _state(connection: Connection, upload: UUID, at: datetime) -> _State | None:
    """Row and parts in one statement: whoever finishes it meanwhile takes the parts away with the state."""
    sizes = select(func.coalesce(func.sum(col(UploadPart.size)), 0)).where(col(UploadPart.upload_id) == upload)
    columns = (UploadRow.length, UploadRow.kept, UploadRow.refused, UploadRow.expires_at)
    query = select(*columns).add_columns(sizes.scalar_subquery().label("come"))
    row = connection.execute(query.where(col(UploadRow.id) == upload, col(UploadRow.expires_at) > at)).one_or_none()
    if row is None:
        return None
    offset = row.length if row.kept else int(row.come)
    return _State(Upload(upload, row.length, offset, row.expires_at), row.kept, row.refused)


def _hold(connection: Connection, upload: UUID) -> None:
    connection.execute(select(UploadRow.id).where(col(UploadRow.id) == upload).with_for_update())


def _parts(connection: Connection, upload: UUID) -> list[Sealed]:
    query = select(col(UploadPart.body)).where(col(UploadPart.upload_id) == upload).order_by(col(UploadPart.start))
    return [Sealed(body) for body in connection.execute(query).scalars()]


def _within_quota(connection: Connection, device: str, length: int, at: datetime) -> None:
    query = select(func.coalesce(func.sum(col(UploadRow.length)), 0), func.min(col(UploadRow.expires_at)))
    mine = query.where(col(UploadRow.device) == device, col(UploadRow.expires_at) > at)
    held, first = connection.execute(mine).one()
    if held + length > QUOTA_BYTES:
        # A single file is within it: there is an older one, and when that goes there is room again.
        wait = max(1, round((first - at).total_seconds()))
        raise Refused("upload_quota", retry_after=wait, most=readable_size(QUOTA_BYTES))


def _clear(connection: Connection, at: datetime) -> None:
    """Take away what nobody went on with."""
    old = select(col(UploadRow.id)).where(col(UploadRow.expires_at) <= at).limit(_CLEARED_AT_ONCE)
    for upload in connection.execute(old).scalars().all():
        connection.execute(delete(UploadPart).where(col(UploadPart.upload_id) == upload))
        connection.execute(delete(UploadRow).where(col(UploadRow.id) == upload))


def _written(kept: StoredAttachment) -> bytes:
    spot = kept.spot._asdict() if kept.spot else None
    return json.dumps({"attachment": kept.attachment.model_dump(mode="json"), "spot": spot}).encode()


def _read(written: bytes) -> StoredAttachment:
    said = json.loads(written)
    return StoredAttachment(
        Attachment.model_validate(said["attachment"]), Coordinates(**said["spot"]) if said["spot"] else None
    )
