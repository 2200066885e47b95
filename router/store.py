"""What was dispatched where: one row per complaint and hop, written once and then only repeated."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection
from sqlmodel import Field, SQLModel, col, select

from config.database import insert_statement
from messages.shapes import Dispatch


class RoutedDispatch(SQLModel, table=True):
    """`position` is the record the dispatch follows from: a complaint, a refusal, a correction.

    `follows` is the complaint in its relation: whose way this one goes, where it is no case of its own.
    """

    __tablename__ = "router_dispatch"

    complaint_id: UUID = Field(primary_key=True)
    hop: int = Field(primary_key=True)
    position: str = Field(index=True)
    follows: UUID | None = Field(default=None, index=True)
    dispatch: str


class ParentComplaint(SQLModel, table=True):
    """To which complaint this one belongs, as its own message said or as a person said last.

    That one may itself go the way of a third. When it is taken from there, this one goes with it. Of a complaint that
    has become a case of its own it says nothing.
    """

    __tablename__ = "router_belonging"

    complaint_id: UUID = Field(primary_key=True)
    belongs_to: UUID = Field(index=True)


class AppliedCorrection(SQLModel, table=True):
    """A correction that was worked, and the record it was read from."""

    __tablename__ = "router_correction"

    id: UUID = Field(primary_key=True)
    position: str


def dispatches_by_position(connection: Connection, positions: Iterable[str]) -> Mapping[str, Sequence[Dispatch]]:
    """What each of these records led to when it was worked first."""
    query = select(RoutedDispatch.position, RoutedDispatch.dispatch).where(col(RoutedDispatch.position).in_(positions))
    said = defaultdict(list)
    for position, kept in connection.execute(query):
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
    statement = (
        insert_statement(connection, RoutedDispatch)
        .values(row)
        .on_conflict_do_nothing()
        .returning(col(RoutedDispatch.hop))
    )
    return connection.execute(statement).one_or_none() is not None


def correct_once(connection: Connection, position: str, correction: UUID) -> bool:
    """Keep that this correction is worked; false if it was, from this record or another."""
    row = {"id": correction, "position": position}
    statement = (
        insert_statement(connection, AppliedCorrection)
        .values(row)
        .on_conflict_do_nothing()
        .returning(col(AppliedCorrection.id))
    )
    return connection.execute(statement).one_or_none() is not None


def dispatch_history(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """The complaint's dispatches, first door first."""
    query = (
        select(RoutedDispatch.dispatch)
        .where(col(RoutedDispatch.complaint_id) == complaint_id)
        .order_by(col(RoutedDispatch.hop))
    )
    return [Dispatch.model_validate_json(kept) for kept in connection.execute(query).scalars()]


def hold(connection: Connection, complaints: Collection[UUID]) -> None:
    """Until the transaction ends, no other that holds one of these first may move it or let another follow it.

    On SQLite there is one writer at a time anyway.
    """
    if complaints:
        first = select(RoutedDispatch.hop).where(
            col(RoutedDispatch.complaint_id).in_(complaints), col(RoutedDispatch.hop) == 0
        )
        connection.execute(first.order_by(col(RoutedDispatch.complaint_id)).with_for_update()).all()


def following(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """Where each that is a repeat of a complaint, or joins it, is now."""
    once = select(RoutedDispatch.complaint_id).where(col(RoutedDispatch.follows) == complaint_id)
    latest = _latest(connection, col(RoutedDispatch.complaint_id).in_(once))
    return [dispatch for dispatch in latest if dispatch.relation.of == complaint_id]


def belong(connection: Connection, complaint_id: UUID, to: UUID) -> None:
    """Keep to which complaint this one belongs from now on."""
    row = {"complaint_id": complaint_id, "belongs_to": to}
    statement = insert_statement(connection, ParentComplaint).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["complaint_id"], set_=row))


def belongs_to(connection: Connection, complaint_id: UUID) -> UUID | None:
    """The complaint that this one belongs to, which may itself go the way of a third."""
    query = select(ParentComplaint.belongs_to).where(col(ParentComplaint.complaint_id) == complaint_id)
    return connection.execute(query).scalar_one_or_none()


def under(connection: Connection, complaint_id: UUID, case: UUID) -> Sequence[Dispatch]:
    """All that belong to a complaint, or to one that does, and with it go the way of this case: where each is now."""
    found: dict[UUID, Dispatch] = {}
    layer = {complaint_id}
    while layer:
        theirs = select(ParentComplaint.complaint_id).where(col(ParentComplaint.belongs_to).in_(layer))
        layer = set()
        for dispatch in _latest(connection, col(RoutedDispatch.complaint_id).in_(theirs)):
            together = not dispatch.own_case and dispatch.relation.of == case
            if together and dispatch.complaint_id not in found:
                found[dispatch.complaint_id] = dispatch
                layer.add(dispatch.complaint_id)
    return list(found.values())


def _latest(connection: Connection, these: ColumnElement[bool]) -> Iterable[Dispatch]:
    """Where each of these complaints is now."""
    query = select(RoutedDispatch.complaint_id, RoutedDispatch.dispatch).where(these).order_by(col(RoutedDispatch.hop))
    last = {row.complaint_id: row.dispatch for row in connection.execute(query)}
    return [Dispatch.model_validate_json(kept) for kept in last.values()]
