"""Purge of data that the doors and the replies store and nobody needs any more. An interrupted purge can be repeated.

The retention of all other data ends in `app/operations/retention/`. These stay for ever, because they contain no person
and nobody can know when they are needed for the last time:

* Idempotency keys: a report's id follows from its key. Another text under a forgotten key would be taken for the same
  report and lost. Each key holds two digests, and no id of a report can be computed from them.
* Decisions of normalizer and router: ids and times. A record that is read again must lead to the same decision.
* The identity of an outbox row: an agency may answer months later, and each reply is sent only once. The purge empties
  only its text and the hash of its address.

Codes that prove phone numbers are deleted after a day, however old the data is that the caller names: they count for
nothing after that. The next code deletes them as well.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, delete, update
from sqlmodel import SQLModel, col, select

from app.operations.retention.batches import ROWS_PER_TRANSACTION, purge_in_batches
from app.operations.retention.file_age import MIN_FILE_AGE
from bus.errors import Stop
from bus.port import Bus, Partition, Reader, Record
from cases.pictures.tables import AnswerPicture
from config.conditions import is_one_of
from config.database import read_transaction, write_transaction
from ingest.files.attachments import AttachmentRow
from ingest.mobile.tables import UploadPart, UploadRow
from ingest.spool import Spool
from ingest.web.contact_proof.decision import DAY
from ingest.web.contact_proof.tables import CodeRow
from messages import codec, topics
from messages.shapes import Channel, RawMessage
from monitor.snapshot import ProcessState
from sinks.replies.tables import OutboxRow

# The clocks of the hosts and of the bus may differ by this much.
_CLOCK_DIFFERENCE = timedelta(days=1)
THIS_HOST = "this host"
_FINAL_REPLY_STATES = ("sent", "failed", "withheld", "expired", "unknown")


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """Number of purged rows of each kind. `skipped` has the kinds that were not purged, with the reason.

    `spools` names the hosts whose spools were looked at.
    """

    counts: dict[str, int]
    skipped: dict[str, str]
    spools: tuple[str, ...] = ()


class Purge:
    """Purges old rows. `max_reply_age` is the age up to which a reply may be sent. `dry`: only count.

    `spool` is that of this host. `probe_other_hosts` returns the state of the known processes of other hosts: a report
    in any spool may name a file. The spool of a host that is not known is not looked at.

    Every method may raise `DatabaseUnavailable`.
    """

    def __init__(
        self,
        engine: Engine,
        bus: Bus,
        spool: Spool,
        channels: Iterable[Channel],
        max_reply_age: timedelta,
        probe_other_hosts: Callable[[], Sequence[ProcessState]],
        *,
        dry: bool,
    ) -> None:
        self._engine = engine
        self._arrival_topics = list(map(topics.raw_topic, channels))
        self._bus = bus
        self._spool = spool
        self._max_reply_age = max_reply_age
        self._probe_other_hosts = probe_other_hosts
        self._dry = dry

    def run(self, cutoff: datetime, now: datetime, reply_cutoff: datetime | None = None) -> PurgeReport:
        """Purge the rows that were last needed before `cutoff`. Raises `Retry` if the bus cannot be read.

        `reply_cutoff` counts for replies instead.
        """
        counts = {
            "replies": self._empty_replies(reply_cutoff or cutoff, now),
            "uploads": self._delete_uploads(min(cutoff, now)),
            "answer-pictures": self._delete_answer_pictures(min(cutoff, now - MIN_FILE_AGE)),
            "codes": self._delete_codes(now - DAY),
        }
        other_processes = self._probe_other_hosts()
        spools = (THIS_HOST, *(process.address for process in other_processes))
        if reason := self._spooled_reports(other_processes):
            return PurgeReport(counts, {"attachments": reason}, spools)
        attachments = self._delete_attachments(min(cutoff, now - MIN_FILE_AGE))
        return PurgeReport({**counts, "attachments": attachments}, {}, spools)

    def _spooled_reports(self, other_processes: Sequence[ProcessState]) -> str:
        """Return where reports may wait that name an attachment; empty if no known spool has any."""
        if len(self._spool) or self._spool.rejected_count or self._spool.corrupt_count:
            return "this host's spool holds reports that may name them"
        for process in other_processes:
            if process.unreached:
                return f"{process.address} does not answer; its spool may hold reports that name them"
            if process.spooled or process.spool_aside or process.spool_corrupt:
                return f"the spool of {process.address} holds reports that may name them"
        return ""

    def _empty_replies(self, cutoff: datetime, now: datetime) -> int:
        """Empty old replies. The row stays: it prevents that the same reply is sent again."""
        is_old = col(OutboxRow.made_at) < min(cutoff, now - self._max_reply_age - _CLOCK_DIFFERENCE)
        condition = is_old & col(OutboxRow.state).in_(_FINAL_REPLY_STATES) & (col(OutboxRow.text) != "")
        no_content = {"text": "", "mail_text": "", "address": "", "provider_id": ""}

        def empty(connection: Connection, ids: Collection[UUID]) -> None:
            connection.execute(update(OutboxRow).where(is_one_of(col(OutboxRow.id), ids), condition).values(no_content))

        return self._purge_in_batches(OutboxRow, col(OutboxRow.id), condition, empty)

    def _delete_uploads(self, cutoff: datetime) -> int:
        """Delete expired uploads. A finished upload is stored as an attachment too."""
        is_expired = col(UploadRow.expires_at) <= cutoff

        def delete_uploads(connection: Connection, ids: Collection[UUID]) -> None:
            connection.execute(delete(UploadPart).where(is_one_of(col(UploadPart.upload_id), ids)))
            connection.execute(delete(UploadRow).where(is_one_of(col(UploadRow.id), ids)))

        return self._purge_in_batches(UploadRow, col(UploadRow.id), is_expired, delete_uploads)

    def _delete_answer_pictures(self, cutoff: datetime) -> int:
        """Delete the pictures that came before `cutoff` and that no answer names."""
        is_unsent = col(AnswerPicture.named_at).is_(None) & (col(AnswerPicture.kept_at) < cutoff)

        def delete_pictures(connection: Connection, ids: Collection[UUID]) -> None:
            connection.execute(delete(AnswerPicture).where(is_one_of(col(AnswerPicture.id), ids), is_unsent))

        return self._purge_in_batches(AnswerPicture, col(AnswerPicture.id), is_unsent, delete_pictures)

    def _delete_codes(self, cutoff: datetime) -> int:
        """Delete the codes that were made before `cutoff`."""

        def delete_codes(connection: Connection, ids: Collection[UUID]) -> None:
            connection.execute(delete(CodeRow).where(is_one_of(col(CodeRow.id), ids)))

        return self._purge_in_batches(CodeRow, col(CodeRow.id), col(CodeRow.made_at) < cutoff, delete_codes)

    def _purge_in_batches(
        self,
        table: type[SQLModel],
        key: Any,
        condition: ColumnElement[bool],
        purge_rows: Callable[[Connection, list[UUID]], None],
    ) -> int:
        return purge_in_batches(self._engine, table, key, condition, purge_rows, dry=self._dry)

    def _delete_attachments(self, cutoff: datetime) -> int:
        """Delete old files that no report names. Only files that came since the bus has every report are examined."""
        with closing(self._bus.reader()) as reader:
            complete_since, named_ids = _attachments_named_on_bus(reader, self._arrival_topics)
        if complete_since is None:
            return 0
        unnamed_ids = self._attachment_ids(cutoff, complete_since + _CLOCK_DIFFERENCE) - named_ids
        if self._dry:
            return len(unnamed_ids)
        return sum(self._delete_attachment_batch(batch, cutoff) for batch in _batches(unnamed_ids))

    def _attachment_ids(self, cutoff: datetime, since: datetime) -> set[UUID]:
        condition = (col(AttachmentRow.brought_at) < cutoff) & (col(AttachmentRow.kept_at) > since)
        with read_transaction(self._engine) as connection:
            return set(connection.execute(select(col(AttachmentRow.id)).where(condition)).scalars())

    def _delete_attachment_batch(self, ids: list[UUID], cutoff: datetime) -> int:
        """Delete the files and return their number. A file that was sent again meanwhile stays."""
        condition = is_one_of(col(AttachmentRow.id), ids), col(AttachmentRow.brought_at) < cutoff
        with write_transaction(self._engine) as connection:
            deleted = connection.execute(delete(AttachmentRow).where(*condition).returning(col(AttachmentRow.id)))
            return len(deleted.all())


def _attachments_named_on_bus(reader: Reader, arrival_topics: Sequence[str]) -> tuple[datetime | None, set[UUID]]:
    """Return the time since which the bus has every arrival, and the attachments that the arrivals name.

    Retention deletes the oldest records first, and a replaced bus begins later: each partition is complete since its
    first record. The time is `None` if there is no record, or if all records of a partition were deleted.
    """
    has_emptied_partition = any(span.start == span.end > 0 for span in reader.offset_ranges(arrival_topics).values())
    first_timestamps: dict[Partition, int] = {}
    named_ids: set[UUID] = set()
    for record in reader.read(arrival_topics):
        first_timestamps.setdefault(Partition(record.topic, record.partition), record.timestamp)
        named_ids |= _attachments_of_arrival(record)
    if has_emptied_partition or not first_timestamps:
        return None, named_ids
    return datetime.fromtimestamp(max(first_timestamps.values()) / 1000, UTC), named_ids


def _attachments_of_arrival(record: Record) -> set[UUID]:
    """Return the ids of the attachments; none for a value that is not an arrival.

    Raises `Stop` for an arrival of a newer version: it may name its files in another way.
    """
    try:
        value = codec.current_value(RawMessage, record.value, record.headers)
    except codec.CodecError:
        value = record.value
    except codec.NewerVersionError as error:
        raise Stop(f"{record.position}: {error}. Nothing was purged.") from error
    try:
        return {UUID(attachment["id"]) for attachment in json.loads(value).get("attachments", ())}
    except (ValueError, LookupError, TypeError, AttributeError):
        return set()


def _batches(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    remaining = iter(sorted(ids))
    while batch := list(islice(remaining, ROWS_PER_TRANSACTION)):
        yield batch
