"""Marks the dispatches that are from the sender of the case that they accompany, and those that are a new message.

Whoever repeats a complaint is its sender, so a chain of repeats has one sender. A repeat of a join is the joiner's. A
person's correction overrides what the complaint itself says.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, select, update
from sqlmodel import col

from cases.course.case_course import arrivals
from cases.course.sender_chain import is_from_case_sender, parents_of_chains
from config.conditions import is_one_of
from desk.read_model.tables import DeskComplaint, DeskCorrection, DeskDispatch
from messages.shapes import KEPT_APART

_MARKS = ("is_from_sender", "is_message")


def _dispatches(*names: str) -> Select[Any]:
    return select(*(col(getattr(DeskDispatch, name)) for name in names))


# Statements are built once: each batch executes them.
_IDS: BindParameter[Any] = bindparam("ids")
_ALL_REPEATS = _dispatches("id", "complaint_id", "of", *_MARKS).where(
    col(DeskDispatch.relation) == "repeat", col(DeskDispatch.of).is_not(None)
)
_REPEATS_BY_COMPLAINT = _ALL_REPEATS.where(is_one_of(col(DeskDispatch.complaint_id), _IDS))
_REPEATS_BY_CASE = _ALL_REPEATS.where(is_one_of(col(DeskDispatch.of), _IDS))
_REPEATING_COMPLAINTS = select(col(DeskComplaint.id)).where(
    is_one_of(col(DeskComplaint.of), _IDS), col(DeskComplaint.relation) == "repeat"
)
_CORRECTED_TO_REPEAT = select(col(DeskCorrection.complaint_id)).where(
    is_one_of(col(DeskCorrection.of), _IDS), col(DeskCorrection.relation) == "repeat"
)
_COMPLAINTS = select(col(DeskComplaint.id), col(DeskComplaint.relation), col(DeskComplaint.of)).where(
    is_one_of(col(DeskComplaint.id), _IDS)
)
# A denied suggestion overrides no merge with a third complaint.
_CORRECTIONS = (
    select(col(DeskCorrection.complaint_id), col(DeskCorrection.relation), col(DeskCorrection.of))
    .where(is_one_of(col(DeskCorrection.complaint_id), _IDS), col(DeskCorrection.evidence) != KEPT_APART)
    .order_by(col(DeskCorrection.at), col(DeskCorrection.id))
)
_HISTORIES = (
    _dispatches("id", "complaint_id", "hop", "of")
    .where(is_one_of(col(DeskDispatch.complaint_id), _IDS))
    .order_by(col(DeskDispatch.hop))
)
_TABLE = DeskDispatch.__table__  # type: ignore[attr-defined]
_MARKING = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("dispatch_id"))
    .values(is_from_sender=bindparam("from_sender"), is_message=bindparam("message"))
)
_MARKED = (
    _dispatches("id", "of", "agency", "at", *_MARKS)
    .where(is_one_of(col(DeskDispatch.id), _IDS))
    .order_by(col(DeskDispatch.at), col(DeskDispatch.id))
)


def mark_messages(
    connection: Connection, dispatched: Collection[UUID], related: Collection[UUID]
) -> Sequence[Row[Any]]:
    """Mark the dispatches that follow from new facts; return those whose marks have changed, with their new marks.

    `dispatched` are the complaints of new dispatches, `related` those of new complaints and corrections.
    """
    candidates = _candidates(connection, dispatched, _with_repeats(connection, related))
    if not candidates:
        return ()
    parents = _parents(connection, {id_ for row in candidates.values() for id_ in (row.complaint_id, row.of)})
    arrived = _arrived(connection, {row.complaint_id for row in candidates.values()})
    rows = []
    for row in candidates.values():
        is_from_sender = is_from_case_sender(row.complaint_id, row.of, parents)
        is_message = is_from_sender and row.id in arrived
        if (is_from_sender, is_message) != (row.is_from_sender, row.is_message):
            rows.append({"dispatch_id": row.id, "from_sender": is_from_sender, "message": is_message})
    return _store(connection, rows)


def _candidates(
    connection: Connection, dispatched: Collection[UUID], related: Collection[UUID]
) -> Mapping[UUID, Row[Any]]:
    """Return the repeats of these complaints, and those that accompany the related ones, by the dispatch's id.

    A join is never from the sender of its case. There may be thousands of them.
    """
    candidates: dict[UUID, Row[Any]] = {}
    for statement, ids in ((_REPEATS_BY_COMPLAINT, {*dispatched, *related}), (_REPEATS_BY_CASE, set(related))):
        candidates |= {row.id: row for row in connection.execute(statement, {"ids": ids})} if ids else {}
    return candidates


def _with_repeats(connection: Connection, complaint_ids: Collection[UUID]) -> set[UUID]:
    """Return the complaints, and all that repeat them, also by a chain. Each link of a chain needs two statements."""
    related, level = set(complaint_ids), set(complaint_ids)
    while level:
        level = {
            complaint_id
            for statement in (_REPEATING_COMPLAINTS, _CORRECTED_TO_REPEAT)
            for complaint_id in connection.execute(statement, {"ids": level}).scalars()
        } - related
        related |= level
    return related


def _parents(connection: Connection, complaint_ids: Iterable[UUID]) -> Mapping[UUID, UUID | None]:
    """Return the complaint that each one repeats, for these and for all in their chains."""

    def read_parents(ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
        return _parents_by_facts(connection, ids)

    return parents_of_chains(complaint_ids, read_parents)


def _parents_by_facts(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
    ids = {"ids": complaint_ids}
    parents = {row.id: row.of if row.relation == "repeat" else None for row in connection.execute(_COMPLAINTS, ids)}
    latest = {row.complaint_id: row for row in connection.execute(_CORRECTIONS, ids)}
    # A split says that the matter is another one. The sender stays the one of the complaint itself.
    merged = {id_: row.of if row.relation == "repeat" else None for id_, row in latest.items() if row.relation != "new"}
    return parents | merged


def _arrived(connection: Connection, complaint_ids: Collection[UUID]) -> set[UUID]:
    """Return the dispatches with which these complaints came to a case."""
    histories: defaultdict[UUID, dict[int, Row[Any]]] = defaultdict(dict)
    for row in connection.execute(_HISTORIES, {"ids": complaint_ids}) if complaint_ids else ():
        histories[row.complaint_id][row.hop] = row
    return {
        history[hop].id
        for history in histories.values()
        for hop in arrivals({hop: row.of for hop, row in history.items()})
    }


def _store(connection: Connection, rows: Sequence[dict[str, Any]]) -> Sequence[Row[Any]]:
    if not rows:
        return ()
    connection.execute(_MARKING, rows)
    return connection.execute(_MARKED, {"ids": [row["dispatch_id"] for row in rows]}).all()
