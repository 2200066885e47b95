"""How complaints stand to others now: as their latest dispatch says, for a person may have decided otherwise since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row
from sqlmodel import col, select

from sinks.ledger.tables import ComplaintRow, DispatchRow

_COLUMNS = (
    *(col(getattr(ComplaintRow, name)) for name in ("tracking", "id", "message_id", "received_at")),
    col(ComplaintRow.relation).label("said"),
    col(ComplaintRow.of).label("said_of"),
    *(col(getattr(DispatchRow, name)) for name in ("relation", "of", "own_case")),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`of` is the complaint in the relation, `case` the one whose way this goes: its own where it is a case.

    What is at no agency's door (yet) stands as its own message said.
    """

    tracking: str
    id: UUID
    message_id: UUID
    received_at: datetime
    dispatched: bool
    relation: str
    of: UUID | None
    case: UUID


def standings(connection: Connection, these: ColumnElement[bool]) -> Mapping[str, Standing]:
    """By their numbers, those of these `ComplaintRow`s; of two with one number the first, if ever there are two."""
    query = (
        select(*_COLUMNS)
        .outerjoin(DispatchRow, col(DispatchRow.complaint_id) == col(ComplaintRow.id))
        .where(these)
        .order_by(col(ComplaintRow.received_at).desc(), col(DispatchRow.hop))
    )
    return {row.tracking: _standing(row) for row in connection.execute(query)}


def _standing(row: Row[Any]) -> Standing:
    who = (row.tracking, row.id, row.message_id, row.received_at)
    if row.relation is None:
        return Standing(*who, dispatched=False, relation=row.said, of=row.said_of, case=row.said_of or row.id)
    case = row.id if row.own_case else row.of
    return Standing(*who, dispatched=True, relation=row.relation, of=row.of, case=case)
