"""Counts of joins and suggestions by sender and by case, and the cases whose limit was reached."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal, literal_column
from sqlmodel import col, select

from config.database import has_row
from config.row_insertion import insert_missing_rows
from normalize.duplicates.store.statements import STATEMENTS
from normalize.duplicates.store.tables import ComparableRow, ReachedLimitRow

LinkKind: TypeAlias = Literal["joins", "suggestions"]
Row: TypeAlias = Mapping[str, Any]

# SQLite uses a partial index only for literally the same condition.
_IS_JOIN: ColumnElement[bool] = literal_column("joined = 1")
_HAS_CLAIM: ColumnElement[bool] = literal_column("claimed <> ''")
_REACHED = select(ReachedLimitRow.reached_at).where(
    col(ReachedLimitRow.complaint_id) == bindparam("complaint_id"), col(ReachedLimitRow.kind) == bindparam("kind")
)


class LinkCounts:
    """Counts what is stored, and the rows of the batch that were added, with the columns of `ComparableRow`.

    Most cases of `root_ids` and most of `senders`, which are proven, have no links: one question for all of them finds
    out which. A count ends at its maximum: a case with more members costs no more. Call `write` once at the end.
    """

    def __init__(
        self,
        connection: Connection,
        root_ids: AbstractSet[UUID],
        senders: AbstractSet[str],
    ) -> None:
        self._connection = connection
        self._statements = STATEMENTS[connection.dialect.name]
        # Rows of the batch with links: by the case, by the proven sender, and by the address that a sender claims.
        self._new_of_case: dict[tuple[LinkKind, UUID], list[Row]] = defaultdict(list)
        self._new_of_sender: dict[tuple[str, str], list[Row]] = defaultdict(list)
        # Cases to which no stored complaint is joined, or for which none is suggested.
        self._lone_roots: Mapping[LinkKind, set[UUID]] = {"joins": {*root_ids}, "suggestions": {*root_ids}}
        self._lone_senders = {*senders}
        self._leave_out_linked(root_ids, senders)
        # Limits that cases reach in the batch, with the times.
        self._reached: dict[tuple[UUID, LinkKind], datetime] = {}

    @property
    def roots_without_members(self) -> AbstractSet[UUID]:
        """The roots that no stored complaint belongs to."""
        return self._lone_roots["joins"]

    def add_root(self, root_id: UUID) -> None:
        """Take a new case: no stored complaint is linked to it."""
        for lone_roots in self._lone_roots.values():
            lone_roots.add(root_id)

    def add(self, row: Row) -> None:
        """Take the row of a complaint of the batch. Most complaints belong to none: these have no link."""
        if row["root"] is None and row["suggested"] is None:
            return
        if row["root"] is not None:
            self._new_of_case["joins", row["root"]].append(row)
        if row["suggested"] is not None:
            self._new_of_case["suggestions", row["suggested"]].append(row)
        for name in ("sender", "claimed"):
            self._new_of_sender[name, row[name]].append(row)

    def of_case(self, kind: LinkKind, root_id: UUID, since: datetime, maximum: int, *, unproven: bool = False) -> int:
        """Return how many joins or suggestions a case got since a time. `unproven`: only those of unproven senders."""
        new_count = sum(
            bool((kind != "joins" or row["joined"]) and not (unproven and row["sender"]))
            for row in self._new_of_case.get((kind, root_id), ())
        )
        if root_id in self._lone_roots[kind]:
            return new_count
        return self._stored(_count_of_case(kind, unproven), root_id, since, maximum) + new_count

    def of_sender(self, kind: LinkKind, sender: str, claim: str, since: datetime, maximum: int) -> int:
        """Return how many joins or suggestions a sender has got since a time.

        `sender` is the proven one; without one it is the address that the sender claims. Without either it is 0.
        """
        name, value = ("sender", sender) if sender else ("claimed", claim)
        if not value:
            return 0
        new_count = sum(
            bool(row["joined"] if kind == "joins" else row["suggested"])
            for row in self._new_of_sender.get((name, value), ())
        )
        if sender in self._lone_senders:
            return new_count
        statement = _count_of_sender(kind, bool(sender), self._statements.is_sqlite)
        return self._stored(statement, value, since, maximum) + new_count

    def reaches_first(self, kind: LinkKind, root_id: UUID, at: datetime) -> bool:
        """Record that a case has reached a limit; return False if it had before."""
        limit = (root_id, kind)
        if limit in self._reached or has_row(self._connection, _REACHED, _limit_row(limit)):
            return False
        self._reached[limit] = at
        return True

    def write(self, connection: Connection) -> None:
        """Write the limits that were reached."""
        rows = [{**_limit_row(limit), "reached_at": at} for limit, at in self._reached.items()]
        insert_missing_rows(connection, ReachedLimitRow, rows)

    def _leave_out_linked(self, root_ids: AbstractSet[UUID], senders: AbstractSet[str]) -> None:
        """Take the cases and senders with links from those without."""
        if not root_ids and not senders:
            return
        parameters = {
            "ids": self._statements.ids_parameter(root_ids),
            "senders": self._statements.list_parameter(senders),
        }
        for root_id, suggested_id, sender in self._connection.execute(self._statements.select_links, parameters):
            self._lone_roots["joins"].discard(root_id)
            self._lone_roots["suggestions"].discard(suggested_id)
            self._lone_senders.discard(sender)

    def _stored(self, statement: Select[int], value: object, since: datetime, maximum: int) -> int:
        parameters = {"value": value, "since": since, "maximum": maximum}
        count: int = self._connection.execute(statement, parameters).scalar_one()
        return count


def _limit_row(limit: tuple[UUID, LinkKind]) -> Row:
    return {"complaint_id": limit[0], "kind": limit[1]}


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
