"""Dispatches of the router in the database: one row per complaint and hop, written once and never changed.

The statements are built once: building one costs several times what SQLite needs to execute it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Insert, bindparam
from sqlmodel import Field, SQLModel, col, select

from config.conditions import is_one_of
from config.database import insert_of_dialect, insertion_or_replacement
from config.table_declaration import IDS, ClearData, declared, emptied
from messages.codec import decode_stored
from messages.shapes import Dispatch
from router.kept_apart import accompanies, is_kept_apart


class RoutedDispatch(SQLModel, table=True):
    """One dispatch. `position` and `cause_id` are those of the record that led to it (`Cause`).

    `follows` is the complaint in its relation: the case that this complaint accompanies, unless it is its own case.
    `dispatch` is the message as JSON, of the version `shape_version`.
    """

    __tablename__ = "router_dispatch"
    __table_args__ = declared(
        emptied("the report"),
        retention="case-words",
        clear=[ClearData("dispatch", "all", "words", "What is sent to the next institution after a refusal.")],
    )

    complaint_id: UUID = Field(primary_key=True)
    hop: int = Field(primary_key=True)
    position: str = Field(index=True)
    follows: UUID | None = Field(default=None, index=True)
    dispatch: str
    cause_id: UUID
    shape_version: int


class ParentComplaint(SQLModel, table=True):
    """The complaint to which another one belongs, by its own message or by a person's last correction.

    The parent may itself accompany a third complaint. If it is taken from there, its children go with it. The row has
    no meaning for a complaint that has become its own case.
    """

    __tablename__ = "router_belonging"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    belongs_to: UUID = Field(index=True)


class AppliedCorrection(SQLModel, table=True):
    """A correction that was applied, and the position of its record."""

    __tablename__ = "router_correction"
    __table_args__ = declared(IDS, retention="exactly-once")

    id: UUID = Field(primary_key=True)
    position: str


class Cause(NamedTuple):
    """The record that leads to a dispatch: its position, and the id of its complaint, answer or correction.

    The position alone does not tell: a topic that is made again beside a kept database has the same positions.
    """

    position: str
    id: UUID


# Dispatches in memory while the complaints of a large case are moved: each has a report of up to 10,000 characters.
DISPATCHES_PER_CHUNK = 500
_DISPATCH_COLUMNS = (col(RoutedDispatch.shape_version), col(RoutedDispatch.dispatch))

_ONE: BindParameter[UUID] = bindparam("complaint_id")
_SEVERAL: BindParameter[Any] = bindparam("complaint_ids")
_HISTORY = select(*_DISPATCH_COLUMNS).where(col(RoutedDispatch.complaint_id) == _ONE).order_by(col(RoutedDispatch.hop))
_LOCK = (
    select(RoutedDispatch.hop)
    .where(is_one_of(col(RoutedDispatch.complaint_id), _SEVERAL), col(RoutedDispatch.hop) == 0)
    .order_by(col(RoutedDispatch.complaint_id))
    .with_for_update()
)
_EVER_LINKED = select(RoutedDispatch.complaint_id).where(col(RoutedDispatch.follows) == _ONE).distinct()
_FOLLOWED = select(RoutedDispatch.follows).where(is_one_of(col(RoutedDispatch.follows), _SEVERAL)).distinct()
_HISTORIES = (
    select(RoutedDispatch.complaint_id, *_DISPATCH_COLUMNS)
    .where(is_one_of(col(RoutedDispatch.complaint_id), _SEVERAL))
    .order_by(col(RoutedDispatch.complaint_id), col(RoutedDispatch.hop))
)
_PARENT = select(ParentComplaint.belongs_to).where(col(ParentComplaint.complaint_id) == _ONE)
_CHILDREN = select(ParentComplaint.complaint_id).where(is_one_of(col(ParentComplaint.belongs_to), _SEVERAL))


@cache
def _hop_insertion(dialect: str) -> Insert:
    statement = insert_of_dialect(dialect, RoutedDispatch).on_conflict_do_nothing()
    return statement.returning(col(RoutedDispatch.complaint_id))


@cache
def _parent_insertion(dialect: str) -> Insert:
    statement = insertion_or_replacement(dialect, ParentComplaint)
    # Rows of a statement that returns something are inserted together, not one after the other.
    return statement.returning(col(ParentComplaint.complaint_id))


@cache
def _correction_insertion(dialect: str) -> Insert:
    statement = insert_of_dialect(dialect, AppliedCorrection).on_conflict_do_nothing()
    return statement.returning(col(AppliedCorrection.id))


def store_dispatches_once(connection: Connection, cause: Cause, dispatches: Iterable[Dispatch]) -> Mapping[UUID, str]:
    """Store the dispatches of one hop of different complaints; return their JSON by complaint.

    A dispatch is not stored, and not returned, if another record led to that hop of its complaint already.
    """
    return store_hops_once(connection, [(cause, dispatch) for dispatch in dispatches])


def store_hops_once(connection: Connection, hops: Iterable[tuple[Cause, Dispatch]]) -> Mapping[UUID, str]:
    """Do the same for dispatches of several records, each with its record."""
    rows: list[dict[str, Any]] = [
        {
            "complaint_id": dispatch.complaint_id,
            "hop": dispatch.hop,
            "position": cause.position,
            "cause_id": cause.id,
            "follows": dispatch.relation.of,
            "dispatch": dispatch.model_dump_json(),
            "shape_version": Dispatch.version,
        }
        for cause, dispatch in hops
    ]
    if not rows:
        return {}
    stored_ids = set(connection.execute(_hop_insertion(connection.dialect.name), rows).scalars())
    return {row["complaint_id"]: row["dispatch"] for row in rows if row["complaint_id"] in stored_ids}


def store_correction_once(connection: Connection, cause: Cause) -> bool:
    """Store that a correction is applied; return False if it was, from this record or another."""
    row = {"id": cause.id, "position": cause.position}
    return connection.execute(_correction_insertion(connection.dialect.name), row).one_or_none() is not None


def dispatch_history(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    """Return the complaint's dispatches, the first agency's first. They have no settled suggestion."""
    dispatches = _stored_history(connection, complaint_id)
    return [_without_settled_suggestion(connection, dispatch) for dispatch in dispatches]


def _stored_history(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    rows = connection.execute(_HISTORY, {"complaint_id": complaint_id})
    return [decode_stored(Dispatch, version, dispatch) for version, dispatch in rows]


def _without_settled_suggestion(connection: Connection, dispatch: Dispatch) -> Dispatch:
    """Return the dispatch without its suggestion if the pair is kept apart, or is one case now.

    The next hop is made of the dispatch, so it carries an open suggestion on and a settled one not.
    """
    suggestion = dispatch.suggestion
    if suggestion is None:
        return dispatch
    suggested_history = _stored_history(connection, suggestion.of)
    is_settled = is_kept_apart(connection, dispatch.complaint_id, suggestion.of) or accompanies(
        suggested_history[-1] if suggested_history else None, dispatch.complaint_id
    )
    return dispatch.model_copy(update={"suggestion": None}) if is_settled else dispatch


def lock_complaints(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Keep other transactions from moving these complaints, or letting others accompany them, until this one ends.

    It waits for another transaction that locked one of them first. SQLite has one writer at a time.
    """
    if connection.dialect.name == "sqlite" or not complaint_ids:
        return
    # One order for all transactions, so that none waits for another in a circle.
    connection.execute(_LOCK, {"complaint_ids": complaint_ids}).all()


def latest_stored_dispatches(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, Dispatch]:
    """Return the latest dispatch of each of these complaints that was routed. It may have a settled suggestion."""
    rows = connection.execute(_HISTORIES, {"complaint_ids": complaint_ids}) if complaint_ids else ()
    latest = {complaint_id: (version, dispatch) for complaint_id, version, dispatch in rows}
    return {
        complaint_id: decode_stored(Dispatch, version, dispatch) for complaint_id, (version, dispatch) in latest.items()
    }


def linked_dispatches(connection: Connection, complaint_id: UUID) -> Iterator[Dispatch]:
    """Return the latest dispatch of each complaint that is a repeat of this one, or joins it, by complaint.

    There may be tens of thousands: the dispatches are read in chunks, as they are iterated.
    """
    ever_linked = connection.execute(_EVER_LINKED, {"complaint_id": complaint_id}).scalars().all()
    latest = _latest_dispatches(connection, ever_linked)
    return (dispatch for dispatch in latest if dispatch.relation.of == complaint_id)


def followed_complaints(connection: Connection, complaint_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of these complaints that others repeat or join, or once did."""
    if not complaint_ids:
        return frozenset()
    return set(filter(None, connection.execute(_FOLLOWED, {"complaint_ids": complaint_ids}).scalars()))


def store_parent(connection: Connection, complaint_id: UUID, parent_id: UUID) -> None:
    """Store the complaint to which this one belongs from now on."""
    store_parents(connection, {complaint_id: parent_id})


def store_parents(connection: Connection, parents: Mapping[UUID, UUID]) -> None:
    """Store for each of these complaints the one to which it belongs from now on."""
    rows = [{"complaint_id": complaint_id, "belongs_to": parent_id} for complaint_id, parent_id in parents.items()]
    if rows:
        connection.execute(_parent_insertion(connection.dialect.name), rows)


def find_parent(connection: Connection, complaint_id: UUID) -> UUID | None:
    """Return the complaint to which this one belongs; it may itself accompany a third."""
    return connection.execute(_PARENT, {"complaint_id": complaint_id}).scalar_one_or_none()


def descendants_in_case(connection: Connection, complaint_id: UUID, case_id: UUID) -> Sequence[Dispatch]:
    """Return the latest dispatch of each complaint that belongs to this one, or to one that does, in the same case."""
    descendants: dict[UUID, Dispatch] = {}
    parents = {complaint_id}
    while parents:
        children = set(connection.execute(_CHILDREN, {"complaint_ids": parents}).scalars())
        parents = set()
        for dispatch in _latest_dispatches(connection, children):
            is_in_case = not dispatch.own_case and dispatch.relation.of == case_id
            if is_in_case and dispatch.complaint_id not in descendants:
                descendants[dispatch.complaint_id] = dispatch
                parents.add(dispatch.complaint_id)
    return list(descendants.values())


def _latest_dispatches(connection: Connection, complaint_ids: Collection[UUID]) -> Iterator[Dispatch]:
    """Yield the latest dispatch of each of these complaints, in the order of their ids."""
    ordered_ids = sorted(complaint_ids)
    for start in range(0, len(ordered_ids), DISPATCHES_PER_CHUNK):
        chunk = ordered_ids[start : start + DISPATCHES_PER_CHUNK]
        for dispatch in latest_stored_dispatches(connection, chunk).values():
            yield _without_settled_suggestion(connection, dispatch)
