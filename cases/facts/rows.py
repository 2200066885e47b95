"""Makes the rows of facts, of their words and of the log from the messages of the topics. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlmodel import SQLModel

from bus.port import Record
from cases.facts.answer_content import content_columns
from cases.facts.tables import (
    AnswerFact,
    AnswerOutcomeFact,
    ComplaintFact,
    CorrectionFact,
    DispatchFact,
    EventFact,
    RecommendationFact,
)
from messages import codec
from messages.recommendation import Recommendation
from messages.shapes import (
    DEADLINE_EVENTS,
    OMBUDSMAN_EVENTS,
    RATING_ASKED,
    AgencyAnswer,
    AnswerOutcome,
    Channel,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
)
from messages.topics import ANSWER_OUTCOMES, COMPLAINTS, CORRECTIONS, OVERSIGHT, RECOMMENDATIONS

# Kinds of facts in the log, each by its table.
FactKind: TypeAlias = Literal["complaint", "dispatch", "answer", "outcome", "correction", "recommendation", "event"]
TABLES: MappingProxyType[FactKind, type[SQLModel]] = MappingProxyType(
    {
        "complaint": ComplaintFact,
        "dispatch": DispatchFact,
        "answer": AnswerFact,
        "outcome": AnswerOutcomeFact,
        "correction": CorrectionFact,
        "recommendation": RecommendationFact,
        "event": EventFact,
    }
)
# Events of oversight that are stored. A message that is no complaint is stored if its sender was given a number.
CASE_EVENTS = DEADLINE_EVENTS | OMBUDSMAN_EVENTS | {RATING_ASKED, "not-a-complaint"}

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact that is to be stored: its row, the row of its words, and the complaints that it names.

    `taken_at` is the bus's time of the record. `words` is `None` for a fact without words. `complaint_id` is `None` for
    a message that is no complaint.
    """

    kind: FactKind
    row: Row
    taken_at: datetime
    complaint_id: UUID | None
    other_id: UUID | None = None
    words: Row | None = field(default=None, repr=False)

    @property
    def id(self) -> UUID:
        """The id of the fact; of an outcome, that of the answer."""
        fact_id: UUID = self.row["answer_id" if self.kind == "outcome" else "id"]
        return fact_id


def read_fact(record: Record, channels: Collection[Channel]) -> NewFact | None:
    """Return the fact in a record of any topic but that of answers; `None` for an event or a division.

    Raises `CodecError` for a record that is not of the shape of its topic, or of another channel.
    """
    value, headers, at = record.value, record.headers, record.taken_at
    if record.topic == COMPLAINTS:
        return complaint_fact(codec.decode(Complaint, value, headers, channels), at)
    if record.topic == ANSWER_OUTCOMES:
        return outcome_fact(codec.decode(AnswerOutcome, value, headers), at)
    if record.topic == CORRECTIONS:
        correction = codec.decode(Correction, value, headers)
        # A division is known by the part that it made.
        return None if correction.part else correction_fact(correction, at)
    if record.topic == RECOMMENDATIONS:
        return recommendation_fact(codec.decode(Recommendation, value, headers), at)
    if record.topic == OVERSIGHT:
        return event_fact(codec.decode(OversightEvent, value, headers), at)
    return dispatch_fact(codec.decode(Dispatch, value, headers, channels), at)


def complaint_fact(complaint: Complaint, taken_at: datetime) -> NewFact:
    """Return the fact of a complaint's arrival."""
    report, relation, suggestion, closed, part_of = (
        complaint.report,
        complaint.relation,
        complaint.suggestion,
        complaint.similar_closed_case,
        complaint.part_of,
    )
    row = {
        **complaint.model_dump(include={"id", "message_id", "tracking", "channel"}),
        "kind": report.kind.value,
        "relation": relation.kind,
        "of": relation.of,
        **complaint.follow_up.model_dump(),
        **report.model_dump(include={"anonim", "rahasia"}),
        "suggested_id": suggestion.of if suggestion else None,
        "suggestion_score": suggestion.score if suggestion else 0.0,
        "suggestion_evidence": "|".join(suggestion.evidence) if suggestion else "",
        "closed_id": closed.of if closed else None,
        "closed_at": closed.closed_at if closed else None,
        "is_own_closed": closed.is_own if closed else False,
        "part_of": part_of.report_id if part_of else None,
        "part_number": part_of.number if part_of else 0,
        "received_at": complaint.at,
    }
    words = _words(
        "complaint", complaint.id, complaint.id, title=report.title, text=report.text, contact=complaint.contact
    )
    other_id = part_of.report_id if part_of else relation.of
    return NewFact("complaint", row, taken_at, complaint.id, other_id, words)


def dispatch_fact(dispatch: Dispatch, taken_at: datetime) -> NewFact:
    """Return the fact of a dispatch."""
    names = {"id", "complaint_id", "tracking", "hop", "agency", "own_case", "rules_version", "confidence", "topic"}
    row = {
        **dispatch.model_dump(include={*names, "region", "danger", "reopened", "at", "due_at"}),
        **dispatch.follow_up.model_dump(),
        "case_id": dispatch.complaint_id if dispatch.own_case else dispatch.relation.of or dispatch.complaint_id,
        "relation": dispatch.relation.kind,
        "of": dispatch.relation.of,
        "rules": "|".join(reason.rule for reason in dispatch.reasons),
        "programme_words": "|".join(dispatch.programme_words),
    }
    words = _words(
        "dispatch",
        dispatch.id,
        dispatch.complaint_id,
        actor=dispatch.actor,
        document=dispatch.model_dump_json(),
        shape_version=Dispatch.version,
    )
    return NewFact("dispatch", row, taken_at, dispatch.complaint_id, dispatch.relation.of, words)


def answer_fact(record: Record, answer: AgencyAnswer, suggested_agency: str | None) -> NewFact:
    """Return the fact of an answer. `suggested_agency` is the one that the answer names, if the registry has it."""
    row = {
        **answer.model_dump(include={"id", "agency", "complaint_id", "dispatch_id"}),
        **content_columns(answer),
        "suggested_agency": suggested_agency,
        "answered_at": answer.at,
        "at": record.taken_at,
        "position": record.position,
    }
    words = _words("answer", answer.id, answer.complaint_id, agency=answer.agency, text=answer.text, actor=answer.actor)
    return NewFact("answer", row, record.taken_at, answer.complaint_id, words=words)


def outcome_fact(judged: AnswerOutcome, taken_at: datetime) -> NewFact:
    """Return the fact of an answer's outcome at the router."""
    names = {"answer_id", "complaint_id", "case_id", "agency", "hop", "outcome"}
    return NewFact("outcome", judged.model_dump(include=names), taken_at, judged.complaint_id, judged.case_id)


def correction_fact(correction: Correction, taken_at: datetime) -> NewFact:
    """Return the fact of a person's decision about a relation."""
    row = {
        **correction.model_dump(include={"id", "complaint_id", "apart_from", "at"}),
        "relation": correction.relation.kind,
        "of": correction.relation.of,
        "evidence": "|".join(correction.relation.evidence),
    }
    words = _words("correction", correction.id, correction.complaint_id, text=correction.reason, actor=correction.actor)
    other_id = correction.relation.of or correction.apart_from
    return NewFact("correction", row, taken_at, correction.complaint_id, other_id, words)


def recommendation_fact(recommendation: Recommendation, taken_at: datetime) -> NewFact:
    """Return the fact of a recommendation, or of the answer to one."""
    names = {"id", "recommendation_id", "complaint_id", "act", "kind", "agency", "account_id"}
    row = {**recommendation.model_dump(include=names), "at": taken_at}
    words = _words(
        "recommendation",
        recommendation.id,
        recommendation.complaint_id,
        text=recommendation.text,
        actor=recommendation.actor,
    )
    return NewFact("recommendation", row, taken_at, recommendation.complaint_id, words=words)


def event_fact(event: OversightEvent, taken_at: datetime) -> NewFact | None:
    """Return the fact of an event of oversight; `None` for one that is not about a case."""
    is_message = event.event == "not-a-complaint"
    if event.event not in CASE_EVENTS or (is_message and not event.tracking):
        return None
    names = {"id", "event", "subject", "message_id", "tracking", "agency", "dispatch_id", "reason", "at"}
    return NewFact("event", event.model_dump(include=names), taken_at, None if is_message else event.subject)


def rows_by_table(facts: Iterable[NewFact]) -> dict[FactKind, list[Row]]:
    """Return the rows of facts by their kind, in the order of `TABLES`, and each once, in the order of their keys.

    Two transactions that store the same facts thus wait for each other in one order.
    """
    rows: dict[FactKind, dict[tuple[Any, ...], Row]] = {kind: {} for kind in TABLES}
    for fact in facts:
        rows[fact.kind].setdefault(key_of(fact.kind, fact.row), fact.row)
    return {kind: [by_key[key] for key in sorted(by_key)] for kind, by_key in rows.items() if by_key}


def key_of(kind: FactKind, row: Row) -> tuple[Any, ...]:
    """Return the primary key of a row."""
    return tuple(row[name] for name in _KEY_NAMES[kind])


_KEY_NAMES: MappingProxyType[FactKind, Sequence[str]] = MappingProxyType(
    {
        kind: tuple(column.name for column in table.__table__.primary_key)  # type: ignore[attr-defined]
        for kind, table in TABLES.items()
    }
)


def _words(kind: FactKind, fact_id: UUID, complaint_id: UUID, **values: Any) -> Row:
    defaults = {"agency": "", "title": "", "text": "", "contact": "", "actor": "", "document": "", "shape_version": 0}
    return {"fact_id": fact_id, "complaint_id": complaint_id, "kind": kind, **defaults, **values}
