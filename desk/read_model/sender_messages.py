"""Marks the dispatches that are from the sender of the case that they accompany, and those that are a new message.

Whoever repeats a complaint is its sender, so a chain of repeats has one sender. A repeat of a join is the joiner's. A
person's correction overrides what the complaint itself says.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, exists, or_, select, union, update
from sqlmodel import col

from cases.course.case_course import arrivals
from cases.course.sender_chain import is_from_case_sender
from cases.derivations.shared_facts import SharedFacts, StoredDispatch
from cases.facts.tables import ComplaintFact, CorrectionFact, DispatchFact
from config.conditions import is_one_of
from config.row_insertion import insert_missing_rows
from desk.read_model.tables import DeskAccompanying

_MARKS = ("is_from_sender", "is_message")


def _accompanying(*names: str) -> Select[Any]:
    return select(*(col(getattr(DeskAccompanying, name)) for name in names))


# Statements are built once: each batch executes them.
_IDS: BindParameter[Any] = bindparam("ids")
_ALL_REPEATS = _accompanying("dispatch_id", "complaint_id", "case_id", "agency", "at", *_MARKS).where(
    col(DeskAccompanying.relation) == "repeat"
)
_CANDIDATES = _ALL_REPEATS.where(
    or_(
        is_one_of(col(DeskAccompanying.complaint_id), _IDS),
        is_one_of(col(DeskAccompanying.case_id), bindparam("related_ids")),
    )
)
# Complaints that repeat others, by themselves or by the decision of a person.
_REPEATING = union(
    select(col(ComplaintFact.id)).where(
        is_one_of(col(ComplaintFact.of), _IDS), col(ComplaintFact.relation) == "repeat"
    ),
    select(col(CorrectionFact.complaint_id)).where(
        is_one_of(col(CorrectionFact.of), _IDS), col(CorrectionFact.relation) == "repeat"
    ),
)
_FACT_NAMES = ("complaint_id", "case_id", "hop", "agency", "relation", "act", "danger", "at")
_TABLE = DeskAccompanying.__table__  # type: ignore[attr-defined]
_LATER = exists().where(
    col(DispatchFact.complaint_id) == col(DeskAccompanying.complaint_id),
    col(DispatchFact.hop) > col(DeskAccompanying.hop),
)
_MARK_LATEST = update(_TABLE).where(is_one_of(_TABLE.c.complaint_id, _IDS)).values(is_latest=~_LATER)
_MARKING = (
    update(_TABLE)
    .where(_TABLE.c.dispatch_id == bindparam("marked_id"))
    .values(is_from_sender=bindparam("from_sender"), is_message=bindparam("message"))
)


class MarkedDispatch(NamedTuple):
    """A dispatch whose marks have changed, with its new mark: it is a new message of the case's sender, or is none."""

    at: datetime
    dispatch_id: UUID
    case_id: UUID
    agency: str
    is_message: bool


def store_accompanying(connection: Connection, complaint_ids: Collection[UUID], facts: SharedFacts) -> None:
    """Store the accompanying dispatches of these complaints that are missing, and set `is_latest` of all of them."""
    dispatches = (item for items in facts.dispatches(complaint_ids).values() for item in items)
    # Most are new reports, which accompany nothing. One may have accompanied a case before its latest dispatch.
    if rows := [_accompanying_row(item) for item in dispatches if not item.own_case]:
        insert_missing_rows(connection, DeskAccompanying, rows)
        connection.execute(_MARK_LATEST, {"ids": complaint_ids})


def _accompanying_row(dispatch: StoredDispatch) -> Mapping[str, Any]:
    facts = {name: getattr(dispatch, name) for name in _FACT_NAMES}
    return {"dispatch_id": dispatch.id, **facts, "is_latest": False, "is_from_sender": False, "is_message": False}


def mark_messages(
    connection: Connection, dispatched: Collection[UUID], related: Collection[UUID], facts: SharedFacts
) -> Sequence[MarkedDispatch]:
    """Mark the dispatches that follow from new facts; return those whose marks have changed, in the order of time.

    `dispatched` are the complaints of new dispatches, `related` those of new complaints and corrections.
    """
    candidates = _candidates(connection, dispatched, _with_repeats(connection, related, facts), facts)
    if not candidates:
        return ()
    parents = facts.sender_parents({id_ for row in candidates.values() for id_ in (row.complaint_id, row.case_id)})
    arrived = _arrived(facts, {row.complaint_id for row in candidates.values()})
    rows, marked = [], []
    for row in candidates.values():
        is_from_sender = is_from_case_sender(row.complaint_id, row.case_id, parents)
        is_message = is_from_sender and row.dispatch_id in arrived
        if (is_from_sender, is_message) != (row.is_from_sender, row.is_message):
            rows.append({"marked_id": row.dispatch_id, "from_sender": is_from_sender, "message": is_message})
            marked.append(MarkedDispatch(row.at, row.dispatch_id, row.case_id, row.agency, is_message))
    if rows:
        connection.execute(_MARKING, rows)
    return sorted(marked)


def _candidates(
    connection: Connection, dispatched: Collection[UUID], related: Collection[UUID], facts: SharedFacts
) -> Mapping[UUID, Row[Any]]:
    """Return the repeats of these complaints, and those that accompany the related ones, by the dispatch's id.

    A join is never from the sender of its case. There may be thousands of them.
    """
    histories = facts.dispatches({*dispatched, *related}).items()
    ids = {
        "ids": {id_ for id_, history in histories if not all(item.own_case for item in history)},
        "related_ids": facts.accompanied(related),
    }
    return {row.dispatch_id: row for row in connection.execute(_CANDIDATES, ids)} if any(ids.values()) else {}


def _with_repeats(connection: Connection, complaint_ids: Collection[UUID], facts: SharedFacts) -> set[UUID]:
    """Return the complaints, and all that repeat them, also by a chain. Each link of a chain needs a statement."""
    related, level = set(complaint_ids), set(complaint_ids)
    while level := facts.with_facts("repeat", level):
        level = set(connection.execute(_REPEATING, {"ids": level}).scalars()) - related
        related |= level
    return related


def _arrived(facts: SharedFacts, complaint_ids: Collection[UUID]) -> set[UUID]:
    """Return the dispatches with which these complaints came to a case."""
    arrived = set()
    for history in facts.dispatches(complaint_ids).values():
        by_hop = {item.hop: item for item in history}
        arrived |= {by_hop[hop].id for hop in arrivals({hop: _accompanied(item) for hop, item in by_hop.items()})}
    return arrived


def _accompanied(dispatch: StoredDispatch) -> UUID | None:
    """Return the case that a dispatch accompanies; `None` for a case of its own."""
    return None if dispatch.case_id == dispatch.complaint_id else dispatch.case_id
