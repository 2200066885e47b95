"""Current relations between complaints, by their latest dispatch: a correction may have changed the original one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row
from sqlmodel import col, select

from sinks.ledger.tables import ComplaintRow, DispatchRow

_COMPLAINT_NAMES = ("tracking", "id", "message_id", "received_at", "anonim", "rahasia")
_COLUMNS = (
    *(col(getattr(ComplaintRow, name)) for name in _COMPLAINT_NAMES),
    col(ComplaintRow.relation).label("original_relation"),
    col(ComplaintRow.of).label("original_of"),
    *(col(getattr(DispatchRow, name)) for name in ("relation", "of", "own_case")),
)


@dataclass(frozen=True, slots=True)
class CurrentRelation:
    """Relation of a complaint to another one.

    `related_id` is the other complaint. `case_id` is the complaint whose dispatches this one follows: itself if it is a
    case. `repeated_id` is the same citizen's complaint that this one repeats, if it does: only that one's tracking
    number may be shown. `is_private`: its sender is anonymous or confidential. A complaint without a dispatch has the
    relation of its own message, which is `original_relation`.
    """

    tracking: str
    id: UUID
    message_id: UUID
    received_at: datetime
    is_private: bool
    is_dispatched: bool
    relation: str
    original_relation: str
    related_id: UUID | None
    repeated_id: UUID | None
    case_id: UUID


def current_relations(connection: Connection, condition: ColumnElement[bool]) -> Mapping[str, CurrentRelation]:
    """Return the relations of the `ComplaintRow`s that meet the condition, by tracking number.

    If two complaints ever have the same number, the first one is returned.
    """
    query = (
        select(*_COLUMNS)
        .outerjoin(DispatchRow, col(DispatchRow.complaint_id) == col(ComplaintRow.id))
        .where(condition)
        .order_by(col(ComplaintRow.received_at).desc(), col(DispatchRow.hop))
    )
    return {row.tracking: _current_relation(row) for row in connection.execute(query)}


def joined_to_other_sender(connection: Connection, relations: Collection[CurrentRelation]) -> set[UUID]:
    """Return the complaints that belong to the case of another citizen: joins, and repeats of joins.

    A repeat tells it by the complaint that it repeats. A chain of repeats needs a statement for each of its links.
    """
    links: dict[UUID, CurrentRelation | None] = {relation.id: relation for relation in relations}
    ends = {relation.id: relation.id for relation in relations if relation.case_id != relation.id}
    while True:
        ends = {complaint_id: _end_of_chain(end, links) for complaint_id, end in ends.items()}
        missing = set(ends.values()) - links.keys()
        if not missing:
            return {complaint_id for complaint_id, end in ends.items() if _joins(links[end])}
        links |= dict.fromkeys(missing)
        links |= _relations_by_id(connection, missing)


def _end_of_chain(complaint_id: UUID, links: Mapping[UUID, CurrentRelation | None]) -> UUID:
    """Follow the repeated complaints to the case, to a join, or to one that is not in `links` yet."""
    followed: set[UUID] = set()
    while (link := links.get(complaint_id)) and not _joins(link) and complaint_id not in followed:
        if link.repeated_id is None or link.repeated_id == link.case_id:
            break
        followed.add(complaint_id)
        complaint_id = link.repeated_id
    return complaint_id


def _relations_by_id(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, CurrentRelation]:
    relations = current_relations(connection, col(ComplaintRow.id).in_(complaint_ids)).values()
    return {relation.id: relation for relation in relations}


def _joins(relation: CurrentRelation | None) -> bool:
    return relation is not None and relation.relation == "joins" and relation.case_id != relation.id


def _current_relation(row: Row[Any]) -> CurrentRelation:
    complaint = (row.tracking, row.id, row.message_id, row.received_at, row.anonim or row.rahasia)
    is_dispatched = row.relation is not None
    relation, related_id = (row.relation, row.of) if is_dispatched else (row.original_relation, row.original_of)
    return CurrentRelation(
        *complaint,
        is_dispatched=is_dispatched,
        relation=relation,
        original_relation=row.original_relation,
        related_id=related_id,
        repeated_id=_repeated_id(row, related_id) if relation == "repeat" else None,
        case_id=row.id if row.own_case else related_id or row.id,
    )


def _repeated_id(row: Row[Any], related_id: UUID | None) -> UUID | None:
    """Return the repeated complaint. The repeat may be dispatched with another citizen's case, which that one joins."""
    return row.original_of if row.original_relation == "repeat" else related_id
