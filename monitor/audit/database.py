"""What the audit asks the ledger and the router."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID


class AuditedLedger(Protocol):
    """The rows of the ledger that an audit compares with the topics."""

    def read_complaints(self) -> Iterable[tuple[UUID, datetime]]:
        """Yield the id of each complaint and its time of receipt."""
        ...

    def read_dispatches(self) -> Iterable[UUID]:
        """Yield the id of each dispatch."""
        ...

    def find_complaints(self, ids: Sequence[UUID]) -> Iterable[tuple[UUID, datetime]]:
        """Yield the id and time of receipt of those of these complaints that the ledger has."""
        ...

    def find_dispatches(self, ids: Sequence[UUID]) -> Iterable[UUID]:
        """Yield the ids of those of these dispatches that the ledger has."""
        ...

    def read_miscounted(self) -> Iterable[tuple[str, int]]:
        """Yield the agencies whose unanswered cases are miscounted, and by how many. Reads all dispatches."""
        ...


class AuditedRouter(Protocol):
    """The hops of the router that an audit compares with the queues.

    Each is the complaint, the number of the hop and the position of the record that led to it, "" if it is not known.
    """

    def read_hops(self) -> Iterable[tuple[UUID, int, str]]:
        """Yield every hop."""
        ...

    def find_hops(self, complaint_ids: Sequence[UUID]) -> Iterable[tuple[UUID, int, str]]:
        """Yield the hops of these complaints."""
        ...
