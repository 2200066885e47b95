"""Assembles the collector of snapshots and the ledger of the audit, for the monitor and for the command line."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select, select
from sqlmodel import col

from app.assembly.parts import Parts
from app.clock import utc_now
from config.database import read_transaction, snapshot_transaction
from desk.webhooks.switched_off import count_switched_off
from monitor.process_probe import ProcessProbe
from monitor.snapshot import Backlog, QueueState
from monitor.snapshot_collector import SnapshotCollector
from sinks.ledger.counts.queue_counts import miscounted_queues, read_queues
from sinks.ledger.tables import ComplaintRow, DispatchRow

# Greatest age of the queue counts where snapshots are repeated: a read takes tens of milliseconds for all agencies.
_QUEUES_SECONDS = 30.0
_ROWS_AT_ONCE = 1_000
_COMPLAINTS = select(col(ComplaintRow.id), col(ComplaintRow.received_at))
_DISPATCHES = select(col(DispatchRow.id))


def snapshot_collector(parts: Parts, *, repeated: bool = False) -> SnapshotCollector:
    """Return a collector for the service of these settings; `repeated`: it collects every few seconds."""
    return SnapshotCollector(
        parts.bus.reader,
        parts.watched_topics,
        parts.channels.names,
        lambda now: _queues(parts, now),
        lambda: _count_webhooks_off(parts),
        ProcessProbe(parts.watched_addresses, utc_now),
        utc_now,
        time.monotonic,
        _QUEUES_SECONDS if repeated else 0.0,
    )


def _count_webhooks_off(parts: Parts) -> int:
    with read_transaction(parts.engine) as connection:
        return count_switched_off(connection)


def _queues(parts: Parts, now: datetime) -> Sequence[QueueState]:
    names = {code: agency.name for code, agency in parts.registry.agencies.items()}
    parts.database_ping()
    with read_transaction(parts.engine) as connection:
        return [
            QueueState(
                agency=queue.agency,
                name=names.get(queue.agency, queue.agency),
                waiting=Backlog(many=queue.cases, oldest=queue.oldest),
                overdue=queue.overdue,
            )
            for queue in read_queues(connection, now)
        ]


class SqlLedger:
    """See `monitor.audit.ledger.AuditedLedger`. A limited number of rows is in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_complaints(self) -> Iterator[tuple[UUID, datetime]]:
        """See the protocol."""
        yield from self._rows(_COMPLAINTS)

    def read_dispatches(self) -> Iterator[UUID]:
        """See the protocol."""
        yield from (id_ for (id_,) in self._rows(_DISPATCHES))

    def find_complaints(self, ids: Sequence[UUID]) -> Iterator[tuple[UUID, datetime]]:
        """See the protocol."""
        yield from self._rows(_COMPLAINTS.where(col(ComplaintRow.id).in_(ids)))

    def find_dispatches(self, ids: Sequence[UUID]) -> Iterator[UUID]:
        """See the protocol."""
        yield from (id_ for (id_,) in self._rows(_DISPATCHES.where(col(DispatchRow.id).in_(ids))))

    def read_miscounted(self) -> Iterable[tuple[str, int]]:
        """See the protocol."""
        with snapshot_transaction(self._engine) as connection:
            return miscounted_queues(connection).items()

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        with read_transaction(self._engine) as connection:
            yield from connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
