"""Takes away what the doors and the replies keep and nobody needs any more; a purge that is broken off is done again.

What may still be wanted stays, and so do whole kinds of which that can't be known:

* Idempotency keys: a report's id follows from its key, so that other words under a forgotten key would be taken for
  the same report again, and lost. They hold two digests each.
* What an outbox row is known by: an agency may answer months later, and each thing is said once for ever. Only what was
  said, and the hash of where, are emptied.
* Whom replies go to: the answer may be still to come.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, update
from sqlmodel import SQLModel, col, select

from app.assembly.channels import DIRECTORY
from bus.port import Bus, Partition, Reader
from config.database import read_transaction, write_transaction
from ingest.files.attachments import AttachmentRow
from ingest.mobile.tables import UploadPart, UploadRow
from ingest.mobile.uploads import UPLOAD_LIFETIME
from ingest.spool import Spool
from ingest.web.form_token import MAX_FILE_AGE
from messages import topics
from sinks.replies.tables import OutboxRow

# In one transaction: nobody waits long for a row, and little is in memory.
_AT_ONCE = 500
# A report may be sent so long after its file came, and be on its way to the bus for a while.
_YOUNGEST_FILE = max(MAX_FILE_AGE, UPLOAD_LIFETIME) + timedelta(days=3)
# Clocks of hosts and of the bus.
_SLACK = timedelta(days=1)
_SETTLED = ("sent", "failed", "withheld", "expired", "unknown")


@dataclass(frozen=True, slots=True)
class Purged:
    """How many of each kind; `left` says of a kind why it was not looked at."""

    counts: dict[str, int]
    left: dict[str, str]


class Purge:
    """`oldest_reply` is how old a reply may be and still be sent. `dry`: only count.

    Every method may raise `DatabaseUnavailable`.
    """

    def __init__(self, engine: Engine, bus: Bus, spool: Spool, oldest_reply: timedelta, *, dry: bool) -> None:
        self._engine = engine
        self._bus = bus
        self._spool = spool
        self._oldest_reply = oldest_reply
        self._dry = dry

    def run(self, before: datetime, now: datetime) -> Purged:
        """Everything that was of use `before` and is of none now. Raises `Retry` where the bus can't be read."""
        counts = {"replies": self._replies(before, now), "uploads": self._uploads(min(before, now))}
        if len(self._spool) or self._spool.rejected_count:
            return Purged(counts, {"attachments": "this host's spool holds reports that may name them"})
        return Purged({**counts, "attachments": self._attachments(min(before, now - _YOUNGEST_FILE))}, {})

    def _replies(self, before: datetime, now: datetime) -> int:
        """Empty what was said. The row stays: it is what keeps the same from being said again."""
        made = col(OutboxRow.made_at) < min(before, now - self._oldest_reply - _SLACK)
        said = made & col(OutboxRow.state).in_(_SETTLED) & (col(OutboxRow.text) != "")
        nothing = {"text": "", "address": "", "provider_id": ""}

        def empty(connection: Connection, ids: Iterable[UUID]) -> None:
            connection.execute(update(OutboxRow).where(col(OutboxRow.id).in_(ids), said).values(nothing))

        return self._batches(OutboxRow, col(OutboxRow.id), said, empty)

    def _uploads(self, before: datetime) -> int:
        """Files on their way that ended there; of a file that arrived the report has what it needs."""
        over = col(UploadRow.expires_at) <= before

        def forget(connection: Connection, ids: Iterable[UUID]) -> None:
            connection.execute(delete(UploadPart).where(col(UploadPart.upload_id).in_(ids)))
            connection.execute(delete(UploadRow).where(col(UploadRow.id).in_(ids)))

        return self._batches(UploadRow, col(UploadRow.id), over, forget)

    def _batches(
        self,
        table: type[SQLModel],
        key: Any,
        wanted: ColumnElement[bool],
        work: Callable[[Connection, list[UUID]], None],
    ) -> int:
        """Work all rows that are wanted, so many at once; returns how many."""
        if self._dry:
            with read_transaction(self._engine) as connection:
                return int(connection.execute(select(func.count()).select_from(table).where(wanted)).scalar_one())
        count = 0
        while True:
            with write_transaction(self._engine) as connection:
                ids = list(connection.execute(select(key).where(wanted).limit(_AT_ONCE)).scalars())
                work(connection, ids)
            count += len(ids)
            if len(ids) < _AT_ONCE:
                return count

    def _attachments(self, before: datetime) -> int:
        """Files that no report named. Looked at: those that came since the bus remembers every report."""
        reader = self._bus.reader()
        try:
            since, named = _remembered(reader)
        finally:
            reader.close()
        if since is None:
            return 0
        unnamed = self._candidates(before, since + _SLACK) - named
        return len(unnamed) if self._dry else sum(self._forget(some, before) for some in _some(unnamed))

    def _candidates(self, before: datetime, since: datetime) -> set[UUID]:
        old = (col(AttachmentRow.brought_at) < before) & (col(AttachmentRow.kept_at) > since)
        with read_transaction(self._engine) as connection:
            return set(connection.execute(select(col(AttachmentRow.id)).where(old)).scalars())

    def _forget(self, some: list[UUID], before: datetime) -> int:
        """One that was brought again meanwhile stays."""
        old = col(AttachmentRow.id).in_(some), col(AttachmentRow.brought_at) < before
        with write_transaction(self._engine) as connection:
            gone = connection.execute(delete(AttachmentRow).where(*old).returning(col(AttachmentRow.id)))
            return len(gone.all())


def _remembered(reader: Reader) -> tuple[datetime | None, set[UUID]]:
    """Every attachment that an arrival names, and from when on no arrival is missing.

    Retention takes the oldest first, and a bus that took another's place begins later: what came after the first
    record of each partition is there. `None` where nothing is, or all of a partition is gone.
    """
    arrivals = list(map(topics.raw_topic, DIRECTORY.names))
    emptied = any(span.start == span.end > 0 for span in reader.offset_ranges(arrivals).values())
    first: dict[Partition, int] = {}
    named: set[UUID] = set()
    for record in reader.read(arrivals):
        first.setdefault(Partition(record.topic, record.partition), record.timestamp)
        named |= _named(record.value)
    since = None if emptied or not first else datetime.fromtimestamp(max(first.values()) / 1000, UTC)
    return since, named


def _named(arrival: bytes) -> set[UUID]:
    """What can't be read as an arrival names none."""
    try:
        return {UUID(each["id"]) for each in json.loads(arrival).get("attachments", ())}
    except (ValueError, LookupError, TypeError, AttributeError):
        return set()


def _some(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    left = iter(sorted(ids))
    while some := list(islice(left, _AT_ONCE)):
        yield some
