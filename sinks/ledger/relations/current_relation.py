"""Current relations between complaints, by their latest dispatch: a correction may have changed the original one."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, select
from sqlmodel import col

from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of

_COMPLAINT_NAMES = ("tracking", "id", "message_id", "received_at", "anonim", "rahasia", "part_of")
_COLUMNS = (
    *(col(getattr(ComplaintFact, name)) for name in _COMPLAINT_NAMES),
    col(ComplaintFact.relation).label("original_relation"),
    col(ComplaintFact.of).label("original_of"),
    *(col(getattr(DispatchFact, name)) for name in ("relation", "of", "own_case")),
)
# Queries are built once: each status page executes one.
_RELATIONS = (
    select(*_COLUMNS)
    .outerjoin(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
    .order_by(col(ComplaintFact.received_at).desc(), col(DispatchFact.hop))
)
_VALUES: BindParameter[Any] = bindparam("values")
_BY_NUMBER: Select[Any] = _RELATIONS.where(is_one_of(col(ComplaintFact.tracking), _VALUES))
_BY_ID: Select[Any] = _RELATIONS.where(is_one_of(col(ComplaintFact.id), _VALUES))

# The literal condition lets SQLite use the partial index.
_PARTS = (
    select(col(ComplaintFact.part_of), col(ComplaintFact.tracking))
    .where(is_one_of(col(ComplaintFact.part_of), _VALUES), col(ComplaintFact.part_of).is_not(None))
    .order_by(col(ComplaintFact.part_number))
)


@dataclass(frozen=True, slots=True)
class CurrentRelation:
    """Relation of a complaint to another one.

    `related_id` is the other complaint. `case_id` is the complaint whose dispatches this one follows: itself if it is a
    case. `repeated_id` is the same citizen's complaint that this one repeats, if it does: only that one's tracking
    number may be shown. `originally_repeated_id` is the complaint that it repeated before any correction: its sender's.
    `is_private`: its sender is anonymous or confidential. A complaint without a dispatch has the relation of its own
    message. `part_of` is the report of which it is a part; `None` for a report.
    """

    tracking: str
    id: UUID
    message_id: UUID
    received_at: datetime
    is_private: bool
    is_dispatched: bool
    relation: str
    related_id: UUID | None
    repeated_id: UUID | None
    originally_repeated_id: UUID | None
    case_id: UUID
    part_of: UUID | None = None


def relations_by_number(connection: Connection, numbers: Collection[str]) -> Mapping[str, CurrentRelation]:
    """Return the relations of the complaints with these tracking numbers, by number.

    If two complaints ever have the same number, the first one is returned.
    """
    return _read(connection, _BY_NUMBER, numbers)


def relations_by_id(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[str, CurrentRelation]:
    """Return the relations of these complaints, as `relations_by_number`."""
    return _read(connection, _BY_ID, complaint_ids)


def numbers_of_parts(connection: Connection, report_ids: Collection[UUID]) -> Mapping[UUID, Sequence[str]]:
    """Return the tracking numbers of the parts of each of these reports that has some, in their order."""
    numbers: defaultdict[UUID, list[str]] = defaultdict(list)
    for row in connection.execute(_PARTS, {"values": list(report_ids)}) if report_ids else ():
        numbers[row.part_of].append(row.tracking)
    return numbers


def _read(connection: Connection, query: Select[Any], values: Collection[Any]) -> Mapping[str, CurrentRelation]:
    return {row.tracking: _current_relation(row) for row in connection.execute(query, {"values": list(values)})}


def _current_relation(row: Row[Any]) -> CurrentRelation:
    complaint = (row.tracking, row.id, row.message_id, row.received_at, row.anonim or row.rahasia)
    is_dispatched = row.relation is not None
    relation, related_id = (row.relation, row.of) if is_dispatched else (row.original_relation, row.original_of)
    originally_repeated_id = row.original_of if row.original_relation == "repeat" else None
    return CurrentRelation(
        *complaint,
        is_dispatched=is_dispatched,
        relation=relation,
        related_id=related_id,
        # A repeat may be dispatched with another citizen's case, which the repeated complaint joins.
        repeated_id=originally_repeated_id or related_id if relation == "repeat" else None,
        originally_repeated_id=originally_repeated_id,
        case_id=row.id if row.own_case else related_id or row.id,
        part_of=row.part_of,
    )
