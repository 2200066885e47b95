"""Details, refusals and history of single cases, for persons who decide about them.

Texts are returned as they were written. Whoever shows them masks the identities in them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.conditions import is_to_dispatch
from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact
from cases.words.conditions import is_of_answer, is_of_complaint, is_of_dispatch
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from messages.codec import decode_stored
from messages.shapes import Dispatch, Reason, SecondMatter
from messages.topics import TRIAGE
from sinks.ledger.danger import case_danger


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
    second_matter: SecondMatter | None
    danger: str


_COMPLAINT_COLUMNS = ("message_id", "tracking", "received_at", "channel", "kind")
_WORDS_OF_DISPATCH = aliased(CaseWords)
# Time, hop, and True for an answer.
_EventOrder: TypeAlias = tuple[datetime, int, bool]
_DISPATCH_COLUMNS = ("agency", "due_at", "topic", "region", "confidence")


def read_case(connection: Connection, case_id: UUID) -> CaseDetails | None:
    """Return the case; `None` while the ledger has no complaint or no dispatch of it."""
    query = (
        select(
            *(col(getattr(ComplaintFact, name)) for name in _COMPLAINT_COLUMNS),
            *(col(CaseWords.title), col(CaseWords.text)),
            *(col(getattr(DispatchFact, name)) for name in _DISPATCH_COLUMNS),
            *(col(_WORDS_OF_DISPATCH.shape_version), col(_WORDS_OF_DISPATCH.document)),
            col(DispatchFact.id).label("dispatch_id"),
            case_danger().label("danger"),
        )
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
        .join(CaseWords, is_of_complaint())
        .join(_WORDS_OF_DISPATCH, is_of_dispatch(words=_WORDS_OF_DISPATCH))
        .where(col(ComplaintFact.id) == case_id)
        .order_by(col(DispatchFact.hop).desc())
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    names = (*_COMPLAINT_COLUMNS, "title", "text", *_DISPATCH_COLUMNS, "dispatch_id", "danger")
    dispatch = decode_stored(Dispatch, row.shape_version, row.document)
    columns = {name: getattr(row, name) for name in names}
    return CaseDetails(
        **columns,
        alternatives=dispatch.alternatives,
        reasons=dispatch.reasons,
        second_matter=dispatch.second_matter,
    )


def read_refusals(connection: Connection, case_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[AgencyRefusal]]:
    """Return the refusals of each case by agencies that had it, oldest first."""
    refusals: dict[UUID, list[AgencyRefusal]] = defaultdict(list)
    # An answer to a report that belongs to another report's case is an answer to that case.
    case_id = col(DispatchFact.case_id)
    query = (
        select(case_id, col(AnswerFact.agency), col(CaseWords.text), col(AnswerFact.suggested_agency))
        .join(DispatchFact, is_to_dispatch())
        .join(CaseWords, is_of_answer())
        .where(is_one_of(case_id, case_ids), col(AnswerFact.verdict) == "refused", col(AnswerFact.agency) != TRIAGE)
        .order_by(col(AnswerFact.at), col(AnswerFact.id))
    )
    for row in connection.execute(query):
        refusals[row.case_id].append(AgencyRefusal(row.agency, row.text, row.suggested_agency))
    return refusals


def read_case_history(connection: Connection, case_id: UUID) -> Sequence[CaseEvent]:
    """Return the dispatches and answers of a case, oldest first, also answers that changed nothing.

    An answer stands after its dispatch, whatever the clocks say.
    """
    events = [*_dispatch_events(connection, case_id), *_answer_events(connection, case_id)]
    return [event for _, event in sorted(events, key=itemgetter(0))]


def _dispatch_events(connection: Connection, case_id: UUID) -> Iterator[tuple[_EventOrder, CaseEvent]]:
    query = (
        select(col(CaseWords.shape_version), col(CaseWords.document))
        .join(DispatchFact, is_of_dispatch())
        .where(col(DispatchFact.complaint_id) == case_id)
        .order_by(col(DispatchFact.hop))
    )
    for row in connection.execute(query):
        dispatch = decode_stored(Dispatch, row.shape_version, row.document)
        reason = dispatch.reasons[-1] if dispatch.reasons else None
        text, rule = (reason.text, reason.rule) if reason else ("", None)
        event = CaseEvent(dispatch.at, "dispatched", dispatch.agency, text, None, dispatch.actor, rule)
        yield (event.at, dispatch.hop, False), event


def _answer_events(connection: Connection, case_id: UUID) -> Iterator[tuple[_EventOrder, CaseEvent]]:
    columns = (
        *(col(getattr(AnswerFact, name)) for name in ("at", "verdict", "agency", "suggested_agency")),
        *(col(CaseWords.text), col(CaseWords.actor)),
        *(col(DispatchFact.at).label("dispatched_at"), col(DispatchFact.hop)),
    )
    query = (
        select(*columns)
        .join(DispatchFact, is_to_dispatch())
        .join(CaseWords, is_of_answer())
        .where(col(AnswerFact.complaint_id) == case_id)
        .order_by(col(AnswerFact.at), col(AnswerFact.id))
    )
    for row in connection.execute(query):
        at = max(row.at, row.dispatched_at)
        yield (at, row.hop, True), CaseEvent(at, row.verdict, row.agency, row.text, row.suggested_agency, row.actor)
