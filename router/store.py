"""What was dispatched where: one row per complaint and hop, written once and then only repeated."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Field, SQLModel, col, select

from config.database import insert
from messages.shapes import Dispatch


class Routed(SQLModel, table=True):
    """`position` is the record the dispatch follows from: a complaint, or the refusal of the hop before."""

    __tablename__ = "router_dispatch"

    complaint_id: UUID = Field(primary_key=True)
    hop: int = Field(primary_key=True)
    position: str
    dispatch: str


def route_once(connection: Connection, position: str, dispatch: Dispatch) -> Dispatch | None:
    """The dispatch of this complaint's hop as it was first decided; `None` if another record led to it."""
    row = {
        "complaint_id": dispatch.complaint_id,
        "hop": dispatch.hop,
        "position": position,
        "dispatch": dispatch.model_dump_json(),
    }
    connection.execute(insert(connection, Routed).values(row).on_conflict_do_nothing())
    query = select(Routed.position, Routed.dispatch).where(
        col(Routed.complaint_id) == dispatch.complaint_id, col(Routed.hop) == dispatch.hop
    )
    kept = connection.execute(query).one()
    return Dispatch.model_validate_json(kept.dispatch) if kept.position == position else None


def way_so_far(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """The complaint's dispatches, first door first."""
    query = select(Routed.dispatch).where(col(Routed.complaint_id) == complaint_id).order_by(col(Routed.hop))
    return [Dispatch.model_validate_json(kept) for kept in connection.execute(query).scalars()]
