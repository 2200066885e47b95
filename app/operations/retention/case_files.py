"""Purge of the files of purged reports: those that no stored dispatch names any more."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, delete, tuple_
from sqlmodel import col, select

from app.operations.retention.batches import ROWS_PER_TRANSACTION, batches_of
from config.conditions import contains_text, is_one_of
from config.database import changed_rows, read_transaction, write_transaction
from ingest.files.attachments import AttachmentRow
from messages.codec import decode_stored
from messages.shapes import Dispatch
from router.store import RoutedDispatch

_HAS_FILES = '"attachments":[{'


def delete_case_files(engine: Engine, cutoff: datetime, *, dry: bool) -> int:
    """Delete the files that were last sent before `cutoff` and that no dispatch with words names. Return their number.

    `cutoff` is earlier than the oldest record of any topic: a report that is not dispatched yet has a younger file. The
    dispatches are read once, however many files there are.
    """
    is_old = col(AttachmentRow.brought_at) < cutoff
    with read_transaction(engine) as connection:
        old_ids = set(connection.execute(select(col(AttachmentRow.id)).where(is_old)).scalars())
    if not old_ids:
        return 0
    unnamed_ids = sorted(old_ids.difference(_named_files(engine)))
    if dry:
        return len(unnamed_ids)
    count = 0
    for batch in batches_of(unnamed_ids, ROWS_PER_TRANSACTION):
        with write_transaction(engine) as connection:
            # A file that was sent again meanwhile stays.
            count += changed_rows(
                connection.execute(delete(AttachmentRow).where(is_one_of(col(AttachmentRow.id), batch), is_old))
            )
    return count


def _named_files(engine: Engine) -> Iterator[UUID]:
    """Yield the files that stored dispatches name."""
    key = (col(RoutedDispatch.complaint_id), col(RoutedDispatch.hop))
    query = select(*key, col(RoutedDispatch.shape_version), col(RoutedDispatch.dispatch))
    query = (
        query.where(contains_text(col(RoutedDispatch.dispatch), _HAS_FILES)).order_by(*key).limit(ROWS_PER_TRANSACTION)
    )
    page_query = query
    while True:
        with read_transaction(engine) as connection:
            page = connection.execute(page_query).all()
        for _complaint_id, _hop, version, stored in page:
            yield from (file.id for file in decode_stored(Dispatch, version, stored).report.attachments)
        if len(page) < ROWS_PER_TRANSACTION:
            return
        page_query = query.where(tuple_(*key) > tuple_(page[-1][0], page[-1][1]))
