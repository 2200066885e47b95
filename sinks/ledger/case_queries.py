"""What the ledger says of cases for whoever decides about them: which lie at a desk, and how each came there.

Words are as they were written; whoever shows them hides who is in them.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select
from sqlalchemy import case as choice
from sqlalchemy.orm import aliased
from sqlmodel import col

from config.database import statement_chunks
from messages.topics import TRIAGE
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow


@dataclass(frozen=True, slots=True)
class Lying:
    """A case at triage. `since`: when it came there; `along`: how many others go where it goes."""

    case: UUID
    tracking: str
    received_at: datetime
    since: datetime
    due_at: datetime
    topic: str
    region: str
    alternatives: tuple[str, ...]
    along: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """By an institution that had the case; `theirs` is whom it named."""

    agency: str
    text: str
    theirs: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """A dispatch, or an answer by its verdict. `actor` is who chose the door, or who answered, where that is kept."""

    at: datetime
    what: str
    agency: str
    says: str
    theirs: str | None
    actor: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case and its latest dispatch."""

    message_id: UUID
    tracking: str
    received_at: datetime
    channel: str
    kind: str
    title: str
    text: str
    dispatch: UUID
    agency: str
    due_at: datetime
    topic: str
    region: str
    confidence: float
    alternatives: tuple[str, ...]
    reasons: tuple[str, ...]


def lying(connection: Connection, doors: Collection[str], topic: str = "", region: str = "") -> Sequence[Lying]:
    """What lies at triage now and is not decided, the oldest first; of a topic, in a region and all it holds.

    `doors` are the codes that triage may give a case to.
    """
    rows = connection.execute(_lying(doors, topic, region)).all()
    along = _along(connection, [row.complaint_id for row in rows])
    return [
        Lying(
            case=row.complaint_id,
            tracking=row.tracking,
            received_at=row.received_at,
            since=row.dispatched_at,
            due_at=row.due_at,
            topic=row.topic,
            region=row.region,
            alternatives=tuple(json.loads(row.alternatives)),
            along=along.get(row.complaint_id, 0),
        )
        for row in rows
    ]


def find_case(connection: Connection, case: UUID) -> Case | None:
    """The case; `None` where the ledger does not know it, or its way, (yet)."""
    of_complaint = ("message_id", "tracking", "received_at", "channel", "kind", "title", "text")
    of_dispatch = ("agency", "due_at", "topic", "region", "confidence")
    query = (
        select(
            *(col(getattr(ComplaintRow, name)) for name in of_complaint),
            *(col(getattr(DispatchRow, name)) for name in (*of_dispatch, "alternatives", "reasons")),
            col(DispatchRow.id).label("dispatch"),
        )
        .join(DispatchRow, col(DispatchRow.complaint_id) == col(ComplaintRow.id))
        .where(col(ComplaintRow.id) == case)
        .order_by(col(DispatchRow.hop).desc())
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    plain = {name: getattr(row, name) for name in (*of_complaint, *of_dispatch, "dispatch")}
    reasons = tuple(reason["says"] for reason in json.loads(row.reasons))
    return Case(**plain, alternatives=tuple(json.loads(row.alternatives)), reasons=reasons)


def decided(connection: Connection, dispatch: UUID, doors: Collection[str]) -> str | None:
    """To whom triage gave this dispatch on, while that is not worked yet; of what it closed itself, triage."""
    query = select(col(AnswerRow.theirs)).where(col(AnswerRow.dispatch_id) == dispatch, _settles(doors))
    found = connection.execute(query.order_by(col(AnswerRow.answered_at))).first()
    return (found.theirs or TRIAGE) if found else None


def refusals(connection: Connection, cases: Sequence[UUID]) -> Mapping[UUID, Sequence[Refusal]]:
    """The refusals of each case by institutions that had it, in their order."""
    found: dict[UUID, list[Refusal]] = defaultdict(list)
    had = and_(col(DispatchRow.id) == col(AnswerRow.dispatch_id), col(DispatchRow.agency) == col(AnswerRow.agency))
    # An answer to what lies with another's case is one to that.
    case = choice((col(DispatchRow.own_case), col(DispatchRow.complaint_id)), else_=col(DispatchRow.of))
    query = (
        select(case.label("case"), col(AnswerRow.agency), col(AnswerRow.text), col(AnswerRow.theirs))
        .join(DispatchRow, had)
        .where(col(AnswerRow.verdict) == "refused", col(AnswerRow.agency) != TRIAGE)
        .order_by(col(AnswerRow.answered_at), col(AnswerRow.id))
    )
    for some in statement_chunks(cases):
        mine = or_(col(DispatchRow.complaint_id).in_(some), col(DispatchRow.of).in_(some))
        for row in connection.execute(query.where(mine)):
            found[row.case].append(Refusal(row.agency, row.text, row.theirs))
    return found


def way(connection: Connection, case: UUID) -> Sequence[Event]:
    """The dispatches and answers of a case, as they came."""
    return sorted([*_sent(connection, case), *_said(connection, case)], key=lambda event: event.at)


def _sent(connection: Connection, case: UUID) -> Iterator[Event]:
    columns = (col(getattr(DispatchRow, name)) for name in ("dispatched_at", "agency", "reasons", "actor"))
    mine = select(*columns).where(col(DispatchRow.complaint_id) == case).order_by(col(DispatchRow.hop))
    for row in connection.execute(mine):
        reasons = json.loads(row.reasons)
        says = reasons[-1]["says"] if reasons else ""
        yield Event(row.dispatched_at, "dispatched", row.agency, says, None, row.actor)


def _said(connection: Connection, case: UUID) -> Iterator[Event]:
    columns = ("answered_at", "verdict", "agency", "text", "theirs", "actor")
    mine = select(*(col(getattr(AnswerRow, name)) for name in columns)).where(col(AnswerRow.complaint_id) == case)
    for row in connection.execute(mine.order_by(col(AnswerRow.answered_at))):
        yield Event(row.answered_at, row.verdict, row.agency, row.text, row.theirs, row.actor)


def _lying(doors: Collection[str], topic: str, region: str) -> Select[Any]:
    columns = ("complaint_id", "dispatched_at", "due_at", "topic", "region", "alternatives")
    done = and_(col(AnswerRow.dispatch_id) == col(DispatchRow.id), _settles(doors))
    query: Select[Any] = (
        select(
            *(col(getattr(ComplaintRow, name)) for name in ("tracking", "received_at")),
            *(col(getattr(DispatchRow, name)) for name in columns),
        )
        .join(ComplaintRow, col(ComplaintRow.id) == col(DispatchRow.complaint_id))
        .where(col(DispatchRow.agency) == TRIAGE, col(DispatchRow.own_case), _latest(), ~exists().where(done))
        .order_by(col(DispatchRow.dispatched_at), col(ComplaintRow.tracking))
    )
    if topic:
        query = query.where(col(DispatchRow.topic) == topic)
    if region:
        inside = col(DispatchRow.region).startswith(f"{region}.", autoescape=True)
        query = query.where(or_(col(DispatchRow.region) == region, inside))
    return query


def _settles(doors: Collection[str]) -> ColumnElement[bool]:
    """An answer of triage by which it has no more to decide; what names no door is none."""
    sent = and_(col(AnswerRow.verdict) == "refused", col(AnswerRow.theirs).in_(doors))
    return and_(col(AnswerRow.agency) == TRIAGE, or_(sent, col(AnswerRow.verdict) == "closed"))


def _latest() -> ColumnElement[bool]:
    later = aliased(DispatchRow)
    moved = and_(col(later.complaint_id) == col(DispatchRow.complaint_id), col(later.hop) > col(DispatchRow.hop))
    return ~exists().where(moved)


def _along(connection: Connection, cases: Sequence[UUID]) -> Mapping[UUID, int]:
    found: dict[UUID, int] = {}
    for some in statement_chunks(cases):
        query = (
            select(col(DispatchRow.of), func.count().label("many"))
            .where(col(DispatchRow.of).in_(some), col(DispatchRow.own_case).is_(other=False), _latest())
            .group_by(col(DispatchRow.of))
        )
        found |= {row.of: row.many for row in connection.execute(query)}
    return found
