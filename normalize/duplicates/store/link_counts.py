"""Counts of joins and suggestions by sender and by case, and the cases whose limit was reached."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, literal, literal_column
from sqlmodel import col, select

from config.database import insert_statement
from normalize.duplicates.store.tables import ComparableRow, ReachedLimitRow

LinkKind: TypeAlias = Literal["joins", "suggestions"]
Row: TypeAlias = Mapping[str, Any]

# SQLite uses a partial index only for literally the same condition.
_IS_JOIN: ColumnElement[bool] = literal_column("joined = 1")
_HAS_CLAIM: ColumnElement[bool] = literal_column("claimed <> ''")


class LinkCounts:
    """Counts what is stored, and `new_rows`: those of the batch, with the columns of `ComparableRow`, by number.

    A count ends at its maximum: a case with more members costs no more.
    """

    def __init__(self, connection: Connection, new_rows: Mapping[int, Row]) -> None:
        self._connection = connection
        self._new_rows = new_rows
        is_sqlite = connection.dialect.name == "sqlite"
        self._is_join: ColumnElement[bool] = _IS_JOIN if is_sqlite else col(ComparableRow.joined).is_(True)

    def of_case(self, kind: LinkKind, root_id: UUID, since: datetime, maximum: int, *, unproven: bool = False) -> int:
        """Return how many joins or suggestions a case got since a time. `unproven`: only those of unproven senders."""
        column = "root" if kind == "joins" else "suggested"
        conditions: list[ColumnElement[bool]] = [
            col(getattr(ComparableRow, column)) == root_id,
            col(ComparableRow.at) >= since,
        ]
        if kind == "joins":
            conditions.append(col(ComparableRow.joined).is_(True))
        if unproven:
            conditions.append(col(ComparableRow.sender) == "")
        # Most complaints belong to none: the other conditions are seldom asked.
        linked_rows = (row for row in self._new_rows.values() if row[column] is not None and row[column] == root_id)
        new_count = sum(
            bool((kind != "joins" or row["joined"]) and not (unproven and row["sender"])) for row in linked_rows
        )
        return self._stored(conditions, maximum) + new_count

    def of_sender(self, kind: LinkKind, sender: str, claim: str, since: datetime, maximum: int) -> int:
        """Return how many joins or suggestions a sender has got since a time.

        `sender` is the proven one; without one it is the address that the sender claims. Without either it is 0.
        """
        name, value = ("sender", sender) if sender else ("claimed", claim)
        if not value:
            return 0
        conditions: list[ColumnElement[bool]] = [
            col(getattr(ComparableRow, name)) == value,
            col(ComparableRow.at) >= since,
        ]
        conditions.append(self._is_join if kind == "joins" else col(ComparableRow.suggested).is_not(None))
        if not sender:
            conditions.append(_HAS_CLAIM)
        new_count = sum(
            bool(row[name] == value and (row["joined"] if kind == "joins" else row["suggested"]))
            for row in self._new_rows.values()
        )
        return self._stored(conditions, maximum) + new_count

    def reaches_first(self, kind: LinkKind, root_id: UUID, at: datetime) -> bool:
        """Store that a case has reached a limit; return False if it had before."""
        row = {"complaint_id": root_id, "kind": kind, "reached_at": at}
        statement = insert_statement(self._connection, ReachedLimitRow).values(row).on_conflict_do_nothing()
        inserted = self._connection.execute(statement.returning(col(ReachedLimitRow.complaint_id)))
        return inserted.one_or_none() is not None

    def _stored(self, conditions: list[ColumnElement[bool]], maximum: int) -> int:
        limited = select(literal(1)).select_from(ComparableRow).where(*conditions).limit(maximum).subquery()
        count: int = self._connection.execute(select(func.count()).select_from(limited)).scalar_one()
        return count
