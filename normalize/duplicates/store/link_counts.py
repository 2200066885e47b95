"""Counts of joins and suggestions by sender and by case, and the cases whose limit was reached."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, literal_column
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
        self._is_sqlite = connection.dialect.name == "sqlite"

    def of_case(self, kind: LinkKind, root_id: UUID, since: datetime, maximum: int, *, unproven: bool = False) -> int:
        """Return how many joins or suggestions a case got since a time. `unproven`: only those of unproven senders."""
        column = "root" if kind == "joins" else "suggested"
        # Most complaints belong to none: the other conditions are seldom asked.
        linked_rows = (row for row in self._new_rows.values() if row[column] is not None and row[column] == root_id)
        new_count = sum(
            bool((kind != "joins" or row["joined"]) and not (unproven and row["sender"])) for row in linked_rows
        )
        return self._stored(_count_of_case(kind, unproven), root_id, since, maximum) + new_count

    def of_sender(self, kind: LinkKind, sender: str, claim: str, since: datetime, maximum: int) -> int:
        """Return how many joins or suggestions a sender has got since a time.

        `sender` is the proven one; without one it is the address that the sender claims. Without either it is 0.
        """
        name, value = ("sender", sender) if sender else ("claimed", claim)
        if not value:
            return 0
        new_count = sum(
            bool(row[name] == value and (row["joined"] if kind == "joins" else row["suggested"]))
            for row in self._new_rows.values()
        )
        statement = _count_of_sender(kind, bool(sender), self._is_sqlite)
        return self._stored(statement, value, since, maximum) + new_count

    def reaches_first(self, kind: LinkKind, root_id: UUID, at: datetime) -> bool:
        """Store that a case has reached a limit; return False if it had before."""
        row = {"complaint_id": root_id, "kind": kind, "reached_at": at}
        statement = insert_statement(self._connection, ReachedLimitRow).values(row).on_conflict_do_nothing()
        inserted = self._connection.execute(statement.returning(col(ReachedLimitRow.complaint_id)))
        return inserted.one_or_none() is not None

    def _stored(self, statement: Select[int], value: object, since: datetime, maximum: int) -> int:
        parameters = {"value": value, "since": since, "maximum": maximum}
        count: int = self._connection.execute(statement, parameters).scalar_one()
        return count


@cache
def _count_of_case(kind: LinkKind, unproven: bool) -> Select[int]:  # noqa: FBT001 - a part of the cache's key
    """Return the count of a case's links. Its root is the parameter `value`."""
    conditions = [_equals("root" if kind == "joins" else "suggested")]
    if kind == "joins":
        conditions.append(col(ComparableRow.joined).is_(True))
    if unproven:
        conditions.append(col(ComparableRow.sender) == "")
    return _count(conditions)


@cache
def _count_of_sender(kind: LinkKind, proven: bool, is_sqlite: bool) -> Select[int]:  # noqa: FBT001 - the same
    """Return the count of a sender's links. The proven sender or the address claimed is the parameter `value`."""
    is_join = _IS_JOIN if is_sqlite else col(ComparableRow.joined).is_(True)
    conditions = [_equals("sender" if proven else "claimed")]
    conditions.append(is_join if kind == "joins" else col(ComparableRow.suggested).is_not(None))
    if not proven:
        conditions.append(_HAS_CLAIM)
    return _count(conditions)


def _equals(column: str) -> ColumnElement[bool]:
    value: ColumnElement[bool] = col(getattr(ComparableRow, column)) == bindparam("value")
    return value


def _count(conditions: list[ColumnElement[bool]]) -> Select[int]:
    """Return a count of the rows since the parameter `since`, which ends at the parameter `maximum`."""
    since = col(ComparableRow.at) >= bindparam("since")
    rows = select(literal(1)).select_from(ComparableRow).where(*conditions, since).limit(bindparam("maximum"))
    return select(func.count()).select_from(rows.subquery())
