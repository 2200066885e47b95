"""Rows of earlier complaints that a batch has read: sealed until they are compared, with closings of their cases."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from normalize.duplicates.comparable import Comparable
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.statements import SELECT_BY_ID, SELECT_MEMBERS, STATEMENTS


@dataclass(frozen=True, slots=True)
class EarlierComplaint:
    """A complaint that was decided before.

    `root_id` is the complaint it belongs to, `first_of_sender_id` the first complaint of its sender that it repeats;
    both are its own id if it belongs to no other. `since` is the earliest arrival of all complaints of the root.
    """

    complaint_id: UUID
    root_id: UUID
    first_of_sender_id: UUID
    since: datetime
    comparable: Comparable


class ComplaintRows:
    """Earlier complaints by number and id. Each row is read once for a batch and opened at its first use.

    The numbers that are loaded are those of complaints since `expiry`. By an id no earlier one is read, either.
    """

    def __init__(self, connection: Connection, forms: ComparableForms, expiry: datetime) -> None:
        self._connection = connection
        self._forms = forms
        self._expiry = expiry
        self._statements = STATEMENTS[connection.dialect.name]
        self._sealed_rows: dict[int, Sequence[Any]] = {}
        self._opened: dict[int, EarlierComplaint] = {}
        self._numbers_by_id: dict[UUID, int] = {}
        # Numbers whose closing was read, also of expired complaints.
        self._checked: set[int] = set()
        # Times of the closings of those that belong to closed cases; `None` where the time is not known.
        self._closings: dict[int, datetime | None] = {}

    def load(self, numbers: Collection[int]) -> None:
        """Load the rows of those numbers that were not loaded before, with the closings of their cases."""
        missing = sorted(set(numbers) - self._checked)
        if not missing:
            return
        parameter = self._statements.list_parameter(missing)
        for *row, is_closed, closed_at in self._connection.execute(
            self._statements.select_comparables, {"numbers": parameter}
        ):
            self._remember([row])
            if is_closed:
                self._closings[row[0]] = closed_at
        self._checked.update(missing)

    def root_ids(self) -> set[UUID]:
        """Return the roots of the loaded complaints."""
        return {root_id or complaint_id for complaint_id, root_id, *_ in self._sealed_rows.values()}

    def load_members(self, root_id: UUID, count: int) -> list[int]:
        """Load the last complaints that belong to a root; return their numbers in the order of their decisions."""
        parameters = {"root": root_id, "expiry": self._expiry, "count": count}
        rows = list(self._connection.execute(SELECT_MEMBERS, parameters))
        self._remember(rows)
        return sorted(row[0] for row in rows)

    def add(self, number: int, complaint: EarlierComplaint) -> None:
        """Add a complaint of the batch. Its case is open."""
        self._numbers_by_id[complaint.complaint_id] = number
        self._opened[number] = complaint
        self._checked.add(number)

    def replace(self, number: int, complaint: EarlierComplaint) -> None:
        """Replace a complaint by a changed one."""
        self._opened[number] = complaint

    def number_of(self, complaint_id: UUID) -> int | None:
        """Return the number of a complaint; `None` if it has expired."""
        if complaint_id not in self._numbers_by_id:
            parameters = {"complaint_id": complaint_id, "expiry": self._expiry}
            self._remember(self._connection.execute(SELECT_BY_ID, parameters))
        return self._numbers_by_id.get(complaint_id)

    def is_closed(self, number: int) -> bool:
        """Return True if a loaded complaint belongs to a closed case."""
        return number in self._closings

    def closed_at(self, number: int) -> datetime | None:
        """Return the time at which the case of a loaded complaint was closed; `None` for an open one and if unknown."""
        return self._closings.get(number)

    def open(self, number: int) -> EarlierComplaint | None:
        """Return a loaded complaint; `None` for an expired one."""
        if opened := self._opened.get(number):
            return opened
        row = self._sealed_rows.get(number)
        if row is None:
            return None
        complaint_id, root_id, first_of_sender_id, since, body = row
        complaint = EarlierComplaint(
            complaint_id,
            root_id or complaint_id,
            first_of_sender_id or complaint_id,
            since,
            self._forms.open(complaint_id, body),
        )
        self._opened[number] = complaint
        return complaint

    def _remember(self, rows: Iterable[Any]) -> None:
        for number, *row in rows:
            self._sealed_rows[number] = row
            self._numbers_by_id[row[0]] = number
