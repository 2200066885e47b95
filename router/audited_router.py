"""Hops of the router that the audit compares with the queues. Reads only."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select, select
from sqlmodel import col

from config.conditions import is_one_of
from config.database import read_transaction
from router.store import RoutedDispatch

_ROWS_AT_ONCE = 1_000
_HOPS: Select[*tuple[Any, ...]] = select(
    *(col(getattr(RoutedDispatch, name)) for name in ("complaint_id", "hop", "position"))
)


class SqlRouter:
    """See `monitor.audit.database.AuditedRouter`. A limited number of rows is in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_hops(self) -> Iterator[tuple[UUID, int, str]]:
        """See the protocol."""
        yield from self._rows(_HOPS)

    def find_hops(self, complaint_ids: Sequence[UUID]) -> Iterator[tuple[UUID, int, str]]:
        """See the protocol."""
        yield from self._rows(_HOPS.where(is_one_of(col(RoutedDispatch.complaint_id), complaint_ids)))

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Iterator[tuple[UUID, int, str]]:
        with read_transaction(self._engine) as connection:
            for row in connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
                yield row.complaint_id, row.hop, row.position
