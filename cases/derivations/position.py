"""The position of a derivation in the log: it is locked, read and moved in the transaction that derives."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, exists, select, update
from sqlmodel import col

from cases.derivations.new_facts import LogEntry
from cases.facts.log import FORGOTTEN, last_position
from cases.facts.tables import DerivationPosition, FactLog
from config.conditions import is_one_of
from config.row_insertion import insert_missing_rows

_POSITION = select(col(DerivationPosition.position)).where(col(DerivationPosition.name) == bindparam("name"))
_POSITIONS = select(col(DerivationPosition.name), col(DerivationPosition.position)).where(
    is_one_of(col(DerivationPosition.name), bindparam("names"))
)
_LOCKED_POSITION = _POSITION.with_for_update()
_ENTRIES = (
    select(*(col(getattr(FactLog, name)) for name in LogEntry._fields))
    .where(col(FactLog.position) > bindparam("after"))
    .order_by(col(FactLog.position))
    .limit(bindparam("limit", type_=Integer))
)
_MOVE = (
    update(DerivationPosition)
    .where(col(DerivationPosition.name) == bindparam("derivation"))
    .values(position=bindparam("new_position"))
)
_WAITING = (
    select(col(FactLog.at)).where(col(FactLog.position) > bindparam("after")).order_by(col(FactLog.position)).limit(1)
)
_WAITING_COMPLAINTS = select(col(FactLog.complaint_id), col(FactLog.other_id)).where(
    col(FactLog.position) > bindparam("after")
)


class DerivationLag(NamedTuple):
    """Facts that a derivation has not derived from yet, and the time of the oldest one; `None` without any."""

    name: str
    waiting: int
    waiting_since: datetime | None


def lock_position(connection: Connection, name: str) -> int:
    """Return the position of a derivation, and hold a lock on it until the commit. A new one is before the first entry.

    A process that was stopped for a while, and whose place another one took, thus derives nothing from old facts.
    """
    position = connection.execute(_LOCKED_POSITION, {"name": name}).scalar_one_or_none()
    if position is None:
        insert_missing_rows(connection, DerivationPosition, [{"name": name, "position": 0}])
        position = connection.execute(_LOCKED_POSITION, {"name": name}).scalar_one()
    return int(position)


def move_position(connection: Connection, name: str, position: int) -> None:
    """Set the position of a derivation. The caller holds its lock."""
    connection.execute(_MOVE, {"derivation": name, "new_position": position})


def read_entries(connection: Connection, after: int, limit: int) -> Sequence[LogEntry]:
    """Return the entries of the log after a position, in order, at most `limit`."""
    return [LogEntry(*row) for row in connection.execute(_ENTRIES, {"after": after, "limit": limit})]


def has_waiting_entries(connection: Connection, name: str) -> bool:
    """Return whether the log has entries after the position of a derivation."""
    position = connection.execute(_POSITION, {"name": name}).scalar_one_or_none()
    return last_position(connection) > (position or 0)


def is_derived(name: str, fact_id: Any) -> ColumnElement[bool]:
    """Return the condition that a derivation has derived from a stored fact. `fact_id` is the column with its id."""
    position = select(col(DerivationPosition.position)).where(col(DerivationPosition.name) == name).scalar_subquery()
    # Few entries are after the position: the log needs no index of facts.
    return ~exists().where(col(FactLog.position) > position, col(FactLog.fact_id) == fact_id)


def waiting_complaints(connection: Connection, name: str) -> Collection[UUID]:
    """Return the complaints that facts name from which a derivation has not derived yet."""
    position = connection.execute(_POSITION, {"name": name}).scalar_one_or_none()
    rows = connection.execute(_WAITING_COMPLAINTS, {"after": position or 0})
    return {id_ for ids in rows for id_ in ids if id_ is not None}


def read_lags(connection: Connection, names: Collection[str]) -> Sequence[DerivationLag]:
    """Return how far each of these derivations is behind the log, by its name; none of one that never ran."""
    last = last_position(connection)
    rows = connection.execute(_POSITIONS, {"names": names}).all()
    lags = []
    for name, position in sorted(rows):
        since = connection.execute(_WAITING, {"after": position}).scalar() if last > position else None
        lags.append(DerivationLag(name, max(0, last - position), since))
    return lags


def behind_forgetting(connection: Connection, names: Collection[str]) -> Sequence[str]:
    """Return those of the derivations that have not passed a removal of words: their rows may have some."""
    is_waiting = exists().where(
        col(FactLog.kind) == FORGOTTEN, col(FactLog.position) > col(DerivationPosition.position)
    )
    query = select(col(DerivationPosition.name)).where(is_one_of(col(DerivationPosition.name), names), is_waiting)
    return connection.execute(query).scalars().all()
