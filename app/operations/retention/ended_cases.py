"""Purge of cases that ended long ago: words, contacts and senders go, and the case stays as ids, codes and times.

The steps are those of a person who is forgotten (`app.operations.forgetting`), and so is the mark: each stage and sink
looks there before it writes words, so no replay and no rebuild brings them back. What stays is safe to keep: the ids
are keyed or random, and what led from them to a person is purged with the words.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, delete
from sqlmodel import col, select

from app.operations.forgetting.erasure import STEPS
from app.operations.forgetting.person import Person, SentMessage
from app.operations.retention.batches import ROWS_PER_TRANSACTION, batches_of
from app.operations.retention.case_ends import ReadStatuses, ended_reports
from cases.facts.log import log_forgotten
from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of, starts_with
from config.database import read_transaction, write_transaction
from desk.acts.tables import DeskHolder
from desk.read_model.search import erase_removed_words
from desk.units.unit_cases import delete_unit_cases
from privacy.forgetting_store import EXPIRED_PREFIX, mark_expired
from privacy.tables import PersonReport

# Emptied with the case too: a reply that is held for a decision has no limit of its own. Its row stays, so that it is
# never sent again.
_FURTHER_STEPS = frozenset({"replies_outbox"})
# Purged by `case_files.py`, which reads the stored dispatches once for all files.
_SEPARATE_STEPS = frozenset({"ingest_attachment"})
# Each case is several rows with long texts.
_CASES_PER_TRANSACTION = 100


class _Message(NamedTuple):
    """A message by its complaint."""

    complaint_id: UUID
    message_id: UUID | None


@dataclass(frozen=True, slots=True)
class EndedCases:
    """Purges the cases in `engine`.

    `statuses` reads the statuses of tracking numbers. `tables` are those whose data stay until after the end of the
    case. Every method may raise `DatabaseUnavailable`, and may be repeated after an interruption.
    """

    engine: Engine
    statuses: ReadStatuses
    tables: frozenset[str]
    dry: bool

    def purge(self, cutoff: datetime, now: datetime) -> int:
        """Purge the reports whose case ended before `cutoff`. Return their number.

        A case has ended if nobody works on it any more: see `case_ends`.
        """
        count = 0
        for messages in self._pages(lambda last: self._reports(last, cutoff)):
            complaint_ids = [message.complaint_id for message in messages]
            ended_ids = ended_reports(self.engine, self.statuses, complaint_ids, cutoff)
            count += self._empty([message for message in messages if message.complaint_id in ended_ids], now)
        if not self.dry:
            erase_removed_words(self.engine)
        return count

    def purge_set_aside(self, cutoff: datetime, now: datetime) -> int:
        """Purge what is stored about messages from before `cutoff` that became no report. Return their number."""
        return sum(self._empty(page, now) for page in self._pages(lambda last: self._set_aside(last, cutoff)))

    def _pages(self, read: Callable[[UUID | None], Sequence[_Message]]) -> Iterator[Sequence[_Message]]:
        last: UUID | None = None
        while page := read(last):
            yield page
            last = page[-1].complaint_id

    def _reports(self, last: UUID | None, cutoff: datetime) -> Sequence[_Message]:
        is_purged = select(col(PersonReport.complaint_id)).where(
            col(PersonReport.complaint_id) == col(ComplaintFact.id),
            starts_with(col(PersonReport.sender), EXPIRED_PREFIX),
        )
        query = select(col(ComplaintFact.id), col(ComplaintFact.message_id))
        query = query.where(col(ComplaintFact.received_at) < cutoff, ~is_purged.exists())
        if last:
            query = query.where(col(ComplaintFact.id) > last)
        with read_transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(col(ComplaintFact.id)).limit(ROWS_PER_TRANSACTION))
            return [_Message(*row) for row in rows]

    def _set_aside(self, last: UUID | None, cutoff: datetime) -> Sequence[_Message]:
        is_report = select(col(ComplaintFact.id)).where(col(ComplaintFact.id) == col(PersonReport.complaint_id))
        query = select(col(PersonReport.complaint_id), col(PersonReport.message_id))
        query = query.where(
            col(PersonReport.received_at) < cutoff,
            ~starts_with(col(PersonReport.sender), EXPIRED_PREFIX),
            ~is_report.exists(),
        )
        if last:
            query = query.where(col(PersonReport.complaint_id) > last)
        with read_transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(col(PersonReport.complaint_id)).limit(ROWS_PER_TRANSACTION))
            return [_Message(*row) for row in rows]

    def _empty(self, messages: Sequence[_Message], now: datetime) -> int:
        if self.dry:
            return len(messages)
        tables = (self.tables | _FURTHER_STEPS) - _SEPARATE_STEPS
        for batch in batches_of(messages, _CASES_PER_TRANSACTION):
            sent = tuple(
                SentMessage(message.complaint_id, message.message_id, "", None, has_shared_seal=False)
                for message in batch
            )
            person = Person(senders=(), messages=sent)
            with write_transaction(self.engine) as connection:
                mark_expired(connection, person.complaint_ids, now)
                _delete_holders(connection, person.complaint_ids)
                for table, step in STEPS.items():
                    if table in tables:
                        step(connection, person)
                log_forgotten(connection, person.complaint_ids, now)
        return len(messages)


def _delete_holders(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Delete which units and officers have the cases."""
    query = select(col(DispatchFact.id)).where(is_one_of(col(DispatchFact.complaint_id), complaint_ids))
    dispatches = connection.execute(query).scalars().all()
    connection.execute(delete(DeskHolder).where(is_one_of(col(DeskHolder.dispatch_id), dispatches)))
    delete_unit_cases(connection, dispatches)
