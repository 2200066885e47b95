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

    `own` is the same citizen's complaint that this one repeats, if it does: the only one whose number may be shown.
    What is at no agency's door (yet) stands as its own message said.
    """

    tracking: str
    id: UUID
    message_id: UUID
    received_at: datetime
    dispatched: bool
    relation: str
    of: UUID | None
    own: UUID | None
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
    dispatched = row.relation is not None
    relation, of = (row.relation, row.of) if dispatched else (row.said, row.said_of)
    # What a repeat goes along with may be another citizen's, which the one it repeats joins.
    own = (row.said_of if row.said == "repeat" else of) if relation == "repeat" else None
    case = row.id if row.own_case else of or row.id
    return Standing(*who, dispatched=dispatched, relation=relation, of=of, own=own, case=case)
