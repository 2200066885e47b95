"""Details, refusals and history of single cases, for persons who decide about them.

Texts are returned as they were written. Whoever shows them masks the identities in them.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, and_, case, or_, select
from sqlmodel import col

from config.conditions import is_one_of
from messages.shapes import Reason
from messages.topics import TRIAGE
from sinks.ledger.danger import case_danger
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow


@dataclass(frozen=True, slots=True)
class AgencyRefusal:
    """Refusal by an agency that had the case. `suggested_agency` is the code that it named, if any."""

    agency: str
    text: str
    suggested_agency: str | None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Dispatch or answer of a case.

    `kind` is `dispatched` or the verdict of the answer. `text` is the last reason of a dispatch, and `rule` the rule of
    that reason; of an answer `text` is the text, and `rule` is `None`.
    `actor` is the person who chose the agency or answered, if that was recorded.
    """

    at: datetime
    kind: str
    agency: str
    text: str
    suggested_agency: str | None
    actor: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """Case with its latest dispatch. `danger` is that of the case or of a report that accompanies it."""

    message_id: UUID
    tracking: str
    received_at: datetime
    channel: str
    kind: str
    title: str
    text: str
    dispatch_id: UUID
    agency: str
    due_at: datetime
    topic: str
    region: str
    confidence: float
    alternatives: tuple[str, ...]
    reasons: tuple[Reason, ...]
    danger: str


_COMPLAINT_COLUMNS = ("message_id", "tracking", "received_at", "channel", "kind", "title", "text")
# An answer without its dispatch, or of an agency that does not have the dispatch, is not shown.
_IS_OF_DISPATCH = and_(
    col(DispatchRow.id) == col(AnswerRow.dispatch_id), col(DispatchRow.agency) == col(AnswerRow.agency)
)
# Time, hop, and True for an answer.
_EventOrder: TypeAlias = tuple[datetime, int, bool]
_DISPATCH_COLUMNS = ("agency", "due_at", "topic", "region", "confidence")


def read_case(connection: Connection, case_id: UUID) -> CaseDetails | None:
    """Return the case; `None` while the ledger has no complaint or no dispatch of it."""
    query = (
        select(
            *(col(getattr(ComplaintRow, name)) for name in _COMPLAINT_COLUMNS),
            *(col(getattr(DispatchRow, name)) for name in (*_DISPATCH_COLUMNS, "alternatives", "reasons")),
            col(DispatchRow.id).label("dispatch_id"),
            case_danger().label("danger"),
        )
        .join(DispatchRow, col(DispatchRow.complaint_id) == col(ComplaintRow.id))
        .where(col(ComplaintRow.id) == case_id)
        .order_by(col(DispatchRow.hop).desc())
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    columns = {name: getattr(row, name) for name in (*_COMPLAINT_COLUMNS, *_DISPATCH_COLUMNS, "dispatch_id", "danger")}
    reasons = tuple(map(Reason.model_validate, json.loads(row.reasons)))
    return CaseDetails(**columns, alternatives=tuple(json.loads(row.alternatives)), reasons=reasons)


def read_refusals(connection: Connection, case_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[AgencyRefusal]]:
    """Return the refusals of each case by agencies that had it, oldest first."""
    refusals: dict[UUID, list[AgencyRefusal]] = defaultdict(list)
    # An answer to a report that belongs to another report's case is an answer to that case.
    case_id = case((col(DispatchRow.own_case), col(DispatchRow.complaint_id)), else_=col(DispatchRow.of))
    query = (
        select(case_id.label("case_id"), col(AnswerRow.agency), col(AnswerRow.text), col(AnswerRow.suggested_agency))
        .join(DispatchRow, _IS_OF_DISPATCH)
        .where(col(AnswerRow.verdict) == "refused", col(AnswerRow.agency) != TRIAGE)
        .order_by(col(AnswerRow.recorded_at), col(AnswerRow.id))
    )
    is_of_cases = or_(is_one_of(col(DispatchRow.complaint_id), case_ids), is_one_of(col(DispatchRow.of), case_ids))
    for row in connection.execute(query.where(is_of_cases)):
        refusals[row.case_id].append(AgencyRefusal(row.agency, row.text, row.suggested_agency))
    return refusals


def read_case_history(connection: Connection, case_id: UUID) -> Sequence[CaseEvent]:
    """Return the dispatches and answers of a case, oldest first, also answers that changed nothing.

    An answer stands after its dispatch, whatever the clocks say.
    """
    events = [*_dispatch_events(connection, case_id), *_answer_events(connection, case_id)]
    return [event for _, event in sorted(events, key=itemgetter(0))]


def _dispatch_events(connection: Connection, case_id: UUID) -> Iterator[tuple[_EventOrder, CaseEvent]]:
    columns = (col(getattr(DispatchRow, name)) for name in ("dispatched_at", "agency", "reasons", "actor", "hop"))
    query = select(*columns).where(col(DispatchRow.complaint_id) == case_id).order_by(col(DispatchRow.hop))
    for row in connection.execute(query):
        reasons = json.loads(row.reasons)
        text, rule = (reasons[-1]["text"], reasons[-1]["rule"]) if reasons else ("", None)
        event = CaseEvent(row.dispatched_at, "dispatched", row.agency, text, None, row.actor, rule)
        yield (event.at, row.hop, False), event


def _answer_events(connection: Connection, case_id: UUID) -> Iterator[tuple[_EventOrder, CaseEvent]]:
    names = ("recorded_at", "verdict", "agency", "text", "suggested_agency", "actor")
    columns = (*(col(getattr(AnswerRow, name)) for name in names), col(DispatchRow.dispatched_at), col(DispatchRow.hop))
    query = (
        select(*columns)
        .join(DispatchRow, _IS_OF_DISPATCH)
        .where(col(AnswerRow.complaint_id) == case_id)
        .order_by(col(AnswerRow.recorded_at), col(AnswerRow.id))
    )
    for row in connection.execute(query):
        at = max(row.recorded_at, row.dispatched_at)
        yield (at, row.hop, True), CaseEvent(at, row.verdict, row.agency, row.text, row.suggested_agency, row.actor)
