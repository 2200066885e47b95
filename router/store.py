"""What was dispatched where: one row per complaint and hop, written once and then only repeated."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Field, SQLModel, col, select

from config.database import insert
from messages.shapes import Dispatch


class Routed(SQLModel, table=True):
    """`position` is the record the dispatch follows from: a complaint, or the refusal of the hop before.

    `follows` is the complaint whose way this one goes, where it is a repeat of it or joins it.
    """

    __tablename__ = "router_dispatch"

    complaint_id: UUID = Field(primary_key=True)
    hop: int = Field(primary_key=True)
    position: str = Field(index=True)
    follows: UUID | None = Field(default=None, index=True)
    dispatch: str


def said_of(connection: Connection, positions: Iterable[str]) -> Mapping[str, Sequence[Dispatch]]:
    """What each of these records led to when it was worked first, in the order in which it was said."""
    query = select(Routed.position, Routed.dispatch).where(col(Routed.position).in_(positions))
    said = defaultdict(list)
    for position, kept in connection.execute(
        query.order_by(col(Routed.follows).is_not(None), col(Routed.complaint_id))
    ):
        said[position].append(Dispatch.model_validate_json(kept))
    return said


def route_once(connection: Connection, position: str, dispatch: Dispatch) -> bool:
    """Keep this dispatch of a complaint's hop; false if another record led to that hop already."""
    row = {
        "complaint_id": dispatch.complaint_id,
        "hop": dispatch.hop,
        "position": position,
        "follows": dispatch.relation.of,
        "dispatch": dispatch.model_dump_json(),
    }
    statement = insert(connection, Routed).values(row).on_conflict_do_nothing().returning(col(Routed.hop))
    return connection.execute(statement).one_or_none() is not None


def way_so_far(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """The complaint's dispatches, first door first."""
    query = select(Routed.dispatch).where(col(Routed.complaint_id) == complaint_id).order_by(col(Routed.hop))
    return [Dispatch.model_validate_json(kept) for kept in connection.execute(query).scalars()]


def following(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """Where each repeat of a complaint, and each that joins it, is now."""
    query = select(Routed.dispatch).where(col(Routed.follows) == complaint_id).order_by(col(Routed.hop))
    kept = (Dispatch.model_validate_json(kept) for kept in connection.execute(query).scalars())
    return list({dispatch.complaint_id: dispatch for dispatch in kept}.values())
