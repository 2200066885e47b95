"""Files of a forgotten person: those that no report of another person names, and what the app has uploaded."""

from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import Connection, delete, or_, select, update
from sqlmodel import col

from config.conditions import contains_text, is_one_of
from config.database import changed_rows
from ingest.files.attachments import AttachmentRow
from ingest.mobile.tables import DeviceMessage, DeviceRow, UploadPart, UploadRow
from messages.codec import decode_stored
from messages.shapes import Dispatch
from router.store import RoutedDispatch

# Files that one statement looks for in the reports of others: each is a search in every stored dispatch.
_FILES_AT_ONCE = 20


def delete_files(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Delete the person's files. The same picture in a report of somebody else stays: it has one row for both.

    It reads the stored dispatches, so it comes before their words are removed.
    """
    named = sorted(set(_named_files(connection, complaint_ids)))
    unshared = set(named) - _files_of_others(connection, named, complaint_ids)
    return changed_rows(connection.execute(delete(AttachmentRow).where(is_one_of(col(AttachmentRow.id), unshared))))


def delete_uploads(connection: Connection, message_ids: Collection[UUID]) -> int:
    """Delete the uploads of the person's devices."""
    uploads = select(col(UploadRow.id)).where(is_one_of(col(UploadRow.device), _devices(connection, message_ids)))
    ids = list(connection.execute(uploads).scalars())
    connection.execute(delete(UploadRow).where(is_one_of(col(UploadRow.id), ids)))
    return len(ids)


def delete_upload_parts(connection: Connection, message_ids: Collection[UUID]) -> int:
    """Delete the bytes of unfinished uploads of the person's devices."""
    uploads = select(col(UploadRow.id)).where(is_one_of(col(UploadRow.device), _devices(connection, message_ids)))
    ids = list(connection.execute(uploads).scalars())
    return changed_rows(connection.execute(delete(UploadPart).where(is_one_of(col(UploadPart.upload_id), ids))))


def empty_devices(connection: Connection, message_ids: Collection[UUID]) -> int:
    """Remove the push tokens of the person's devices. The app sends another one when it registers again."""
    is_device = is_one_of(col(DeviceRow.device), _devices(connection, message_ids))
    return changed_rows(connection.execute(update(DeviceRow).where(is_device).values(push="")))


def _devices(connection: Connection, message_ids: Collection[UUID]) -> Collection[str]:
    query = select(col(DeviceMessage.device)).where(is_one_of(col(DeviceMessage.message_id), message_ids))
    return set(connection.execute(query).scalars())


def _named_files(connection: Connection, complaint_ids: Collection[UUID]) -> Iterator[UUID]:
    query = select(col(RoutedDispatch.shape_version), col(RoutedDispatch.dispatch))
    for version, stored in connection.execute(query.where(is_one_of(col(RoutedDispatch.complaint_id), complaint_ids))):
        yield from (attachment.id for attachment in decode_stored(Dispatch, version, stored).report.attachments)


def _files_of_others(connection: Connection, file_ids: Collection[UUID], complaint_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these files that a report of somebody else names. It reads every stored dispatch."""
    named: set[UUID] = set()
    ids = sorted(file_ids)
    for start in range(0, len(ids), _FILES_AT_ONCE):
        wanted = ids[start : start + _FILES_AT_ONCE]
        mentions = or_(*(contains_text(col(RoutedDispatch.dispatch), f'"{id_}"') for id_ in wanted))
        query = select(col(RoutedDispatch.complaint_id), col(RoutedDispatch.dispatch)).where(mentions)
        for complaint_id, dispatch in connection.execute(query):
            if complaint_id not in complaint_ids:
                named.update(id_ for id_ in wanted if f'"{id_}"' in dispatch)
    return named
