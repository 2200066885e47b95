"""Rows of the ledger that the audit compares with the topics. Reads only."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select, select
from sqlmodel import col

from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of
from config.database import read_transaction, snapshot_transaction
from sinks.ledger.counts.queue_counts import miscounted_queues

_ROWS_AT_ONCE = 1_000
_COMPLAINTS = select(col(ComplaintFact.id), col(ComplaintFact.received_at))
_DISPATCHES = select(col(DispatchFact.id))


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
        yield from self._rows(_COMPLAINTS.where(is_one_of(col(ComplaintFact.id), ids)))

    def find_dispatches(self, ids: Sequence[UUID]) -> Iterator[UUID]:
        """See the protocol."""
        yield from (id_ for (id_,) in self._rows(_DISPATCHES.where(is_one_of(col(DispatchFact.id), ids))))

    def read_miscounted(self) -> Iterable[tuple[str, int]]:
        """See the protocol."""
        with snapshot_transaction(self._engine) as connection:
            return miscounted_queues(connection).items()

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        with read_transaction(self._engine) as connection:
            yield from connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
