"""The positions of derivations in the log: they are locked, read and moved in the transaction that derives."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, Integer, bindparam, exists, select, update
from sqlmodel import col

from cases.derivations.new_facts import LogEntry
from cases.facts.log import FORGOTTEN, LAST_POSITION, last_position
from cases.facts.tables import DerivationPosition, FactLog
from config.conditions import is_one_of
from config.row_insertion import insert_missing_rows

_NAMES: BindParameter[Any] = bindparam("names")
_POSITION = select(col(DerivationPosition.position)).where(col(DerivationPosition.name) == bindparam("name"))
_POSITIONS = (
    select(col(DerivationPosition.name), col(DerivationPosition.position))
    .where(is_one_of(col(DerivationPosition.name), _NAMES))
    .order_by(col(DerivationPosition.name))
)
_POSITIONS_BEFORE_LAST = _POSITIONS.add_columns(LAST_POSITION.scalar_subquery().label("last"))
_LOCKED_POSITIONS = _POSITIONS.with_for_update()
_ENTRIES = (
    select(*(col(getattr(FactLog, name)) for name in LogEntry._fields))
    .where(col(FactLog.position) > bindparam("after"))
    .order_by(col(FactLog.position))
    .limit(bindparam("limit", type_=Integer))
)
_MOVE = (
    update(DerivationPosition)
    .where(is_one_of(col(DerivationPosition.name), _NAMES))
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


def lock_positions(connection: Connection, names: Collection[str]) -> Mapping[str, int]:
    """Return the positions of derivations, and hold their locks until the commit. A new one is at 0.

    A process that was stopped for a while, and whose place another one took, thus derives nothing from old facts.
    """
    positions = _read_positions(connection, _LOCKED_POSITIONS, names)
    if missing := set(names) - set(positions):
        insert_missing_rows(connection, DerivationPosition, [{"name": name, "position": 0} for name in sorted(missing)])
        positions = _read_positions(connection, _LOCKED_POSITIONS, names)
    return positions


def move_positions(connection: Connection, names: Collection[str], position: int) -> None:
    """Set the position of derivations. The caller holds their locks."""
    connection.execute(_MOVE, {"names": names, "new_position": position})


def read_entries(connection: Connection, after: int, limit: int, until: int | None = None) -> Sequence[LogEntry]:
    """Return the entries of the log after a position, in order, at most `limit`, and none after `until`."""
    most = limit if until is None else max(0, min(limit, until - after))
    return [LogEntry(*row) for row in connection.execute(_ENTRIES, {"after": after, "limit": most})]


def positions_behind(connection: Connection, names: Collection[str]) -> Mapping[str, int]:
    """Return the positions of those derivations after which the log has entries; of a new one 0, without a look."""
    rows = connection.execute(_POSITIONS_BEFORE_LAST, {"names": names}).all()
    behind = {row.name: row.position for row in rows if row.position < row.last}
    return {**behind, **dict.fromkeys(set(names) - {row.name for row in rows}, 0)}


def _read_positions(connection: Connection, query: Any, names: Collection[str]) -> Mapping[str, int]:
    return {row.name: row.position for row in connection.execute(query, {"names": names})}


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
    lags = []
    for name, position in _read_positions(connection, _POSITIONS, names).items():
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
