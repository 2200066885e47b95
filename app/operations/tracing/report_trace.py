"""Trace of one report through every topic: the position, the decision and the pending stages of each record.

Each record is described by its masked fields: texts of citizens, agencies and staff are left out, and so are names.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, select
from sqlmodel import col

from app.operations.masking import mask_fields
from app.operations.tracing.trace_step import MaskedFields, TraceStep
from bus.port import Partition, Reader, Record
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from language.masking import mask_text
from messages import codec, topics
from messages.dead_letters import read_dead_letter
from messages.recommendation import Recommendation
from messages.shapes import (
    KEPT_APART,
    AgencyAnswer,
    AnswerOutcome,
    Channel,
    Complaint,
    Correction,
    CorrectionOutcome,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)
from messages.topics import TRIAGE, ConsumerGroup
from monitor.consumer_lag import appended_at

# The clocks of the bus and of the door may differ by this much.
_CLOCK_DIFFERENCE = timedelta(minutes=5)

# Committed offsets of each consumer group.
Offsets = Mapping[str, Mapping[Partition, int]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Message id of a report, and the time at which it arrived."""

    message_id: UUID
    at: datetime

    def has_record(self, record: Record) -> bool:
        """Return True for a record of this report on any topic."""
        return f"-{self.message_id.hex}-" in record.header("traceparent")


class ReportTracer:
    """Finds the records of a report.

    `channels` and consumer `groups` are those of the service, `queues` the agencies' topics.
    """

    def __init__(
        self,
        reader: Reader,
        engine: Engine,
        channels: Collection[Channel],
        queues: Sequence[str],
        groups: Collection[ConsumerGroup],
    ) -> None:
        self._reader = reader
        self._engine = engine
        self._channels = channels
        self._queues = queues
        self._groups = groups

    def trace(self, tracking: str, since: datetime) -> list[TraceStep]:
        """Return every record of the report in order. A report that is not in the ledger is searched from `since`."""
        arrival = self.find_arrival(tracking, since)
        if arrival is None:
            return []
        reader = self._reader
        names = topics.report_topics(self._queues, self._channels)
        offsets_at_arrival = reader.offsets_since(names, _milliseconds(arrival.at - _CLOCK_DIFFERENCE))
        records = [
            record for record in reader.read(names, start_offsets=offsets_at_arrival) if arrival.has_record(record)
        ]
        offsets = {group.name: reader.committed(group.name, names) for group in self._groups}
        # Records of the same millisecond are in the order in which they follow from each other.
        records.sort(key=lambda record: (record.timestamp, names.index(record.topic)))
        return [self._step(record, offsets) for record in records]

    def find_arrival(self, tracking: str, since: datetime) -> Arrival | None:
        """Return the arrival of a report. One that is not in the ledger is searched on the topics from `since`."""
        return self._arrival_in_ledger(tracking) or self._arrival_on_topics(tracking, since)

    def _arrival_in_ledger(self, tracking: str) -> Arrival | None:
        query = select(col(ComplaintFact.message_id), col(ComplaintFact.received_at))
        with read_transaction(self._engine) as connection:
            row = connection.execute(
                query.where(col(ComplaintFact.tracking) == tracking).order_by(col(ComplaintFact.received_at))
            ).first()
        return Arrival(*row) if row else None

    def _arrival_on_topics(self, tracking: str, since: datetime) -> Arrival | None:
        names = [*map(topics.raw_topic, self._channels), topics.QUARANTINE]
        for record in self._reader.read(names, start_offsets=self._reader.offsets_since(names, _milliseconds(since))):
            raw = _raw_message(record)
            if raw and raw.tracking == tracking:
                return Arrival(raw.message_id, appended_at(record))
        return None

    def _step(self, record: Record, offsets: Offsets) -> TraceStep:
        kind, description, fields = _describe(record)
        records_ahead = {
            group: record.offset - offset
            for group, offset in self._group_offsets(record, offsets)
            if offset <= record.offset
        }
        return TraceStep(appended_at(record), record.position, kind, description, records_ahead, fields)

    def _group_offsets(self, record: Record, offsets: Offsets) -> Iterator[tuple[str, int]]:
        """Return the groups that read the record's topic, with their committed offsets."""
        partition = Partition(record.topic, record.partition)
        is_queue = record.topic.startswith(topics.agency_topic("")) and record.topic != topics.AGENCY_ANSWERS
        for group in self._groups:
            if record.topic in group.topics or (group.agency_topics and is_queue):
                yield group.name, offsets[group.name].get(partition, 0)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _raw_message(record: Record) -> RawMessage | None:
    try:
        if record.topic == topics.QUARANTINE:
            return codec.decode(Quarantined, record.value, record.headers).raw
        return codec.decode(RawMessage, record.value, record.headers)
    except (codec.CodecError, codec.NewerVersionError):
        return None


def _describe(record: Record) -> tuple[str, str, MaskedFields]:
    """Return the kind of a record, a description of its decision, and its masked fields."""
    if record.topic in topics.DEAD_LETTER_TOPICS:
        letter = read_dead_letter(record.topic, record.position, record.headers)
        field = f" ({letter.field})" if letter.field else ""
        description = mask_text(f"{letter.stage} could not process it: {letter.reason}{field}")
        masked = {"stage": letter.stage, "reason": letter.reason, "field": letter.field}
        return "dead letter", description, {name: mask_text(text) for name, text in masked.items()}
    known_shape = _DESCRIPTIONS.get(codec.shape_name(record.header("ce_type")))
    if known_shape is None:
        return "unreadable", f"{len(record.value)} bytes", {}
    shape, kind, describe = known_shape
    try:
        message = codec.decode(shape, record.value, record.headers)
    except (codec.CodecError, codec.NewerVersionError) as error:
        return "unreadable", str(error), {}
    fields: MaskedFields = mask_fields(message.model_dump(mode="json"), shape)
    return kind, describe(fields), fields


def _describe_arrival(raw: MaskedFields) -> str:
    review = "; a person decided that it is a complaint" if raw["reviewed"] else ""
    return f"by {raw['channel']}, proven by {raw['verified_by']}{review}"


def _describe_dispatch(dispatch: MaskedFields) -> str:
    reasons = "; ".join(f"{reason['text']} [{reason['rule']}]" for reason in dispatch["reasons"])
    person = " by a person" if dispatch["actor"] else ""
    certainty = "likeliest agency {:.0%}" if dispatch["agency"] == TRIAGE else "{:.0%} sure"
    confidence = certainty.format(dispatch["confidence"])
    decision = f"hop {dispatch['hop']}, {confidence}, rules {dispatch['rules_version']}"
    return f"to {dispatch['agency']}{person} ({decision}): {reasons}"


def _describe_answer(answer: MaskedFields) -> str:
    suggestion = f", suggested agency: {answer['suggested_agency']}" if answer["suggested_agency"] else ""
    return f"{answer['agency']}: {answer['verdict']}{suggestion}"


def _describe_complaint(complaint: MaskedFields) -> str:
    relation = complaint["relation"]
    evidence_note = f" ({', '.join(relation['evidence'])})" if relation["evidence"] else ""
    return f"{_describe_relation(relation)}{evidence_note}{_describe_suggestion(complaint)}{_describe_again(complaint)}"


def _describe_suggestion(message: MaskedFields) -> str:
    """Return the suggested earlier complaint of a complaint or dispatch as the end of a sentence; "" without one."""
    suggestion = message["suggestion"]
    if not suggestion:
        return ""
    return f"; perhaps the same as {suggestion['of']} ({', '.join(suggestion['evidence']) or 'no evidence named'})"


def _describe_again(complaint: MaskedFields) -> str:
    """Return the closed case that a complaint is like as the end of a sentence; "" without one."""
    closed_case = complaint["similar_closed_case"]
    return f"; like the closed case of {closed_case['of']}" if closed_case else ""


def _describe_correction(correction: MaskedFields) -> str:
    relation = correction["relation"]
    if KEPT_APART in relation["evidence"]:
        return f"kept apart from {correction['apart_from']}, by a person"
    return f"{_describe_relation(relation)}, by a person"


def _describe_relation(relation: MaskedFields) -> str:
    target = f" of {relation['of']}" if relation["of"] else ""
    return f"{relation['kind']}{target}"


# By the name of the shape: the shape, the name of its kind, and a description of a message.
_DESCRIPTIONS: Mapping[str, tuple[type[WireModel], str, Callable[[MaskedFields], str]]] = {
    shape.name: (shape, kind, describe)
    for shape, kind, describe in (
        (RawMessage, "arrived", _describe_arrival),
        (Quarantined, "quarantined", lambda message: f"by {message['raw']['channel']}: {message['reason']}"),
        (Complaint, "complaint", _describe_complaint),
        (Dispatch, "dispatched", _describe_dispatch),
        (AgencyAnswer, "answered", _describe_answer),
        (AnswerOutcome, "answer judged", lambda judged: f"{judged['verdict']}: {judged['outcome']}"),
        (Correction, "corrected", _describe_correction),
        (
            CorrectionOutcome,
            "correction judged",
            lambda judged: f"{_describe_relation(judged['relation'])}: {judged['outcome']}",
        ),
        (
            Recommendation,
            "recommendation",
            lambda message: f"{message['act']} ({message['kind']}), {message['agency']}",
        ),
        (Reply, "reply", lambda reply: f"{reply['kind']}, by {reply['channel']}"),
        (OversightEvent, "oversight", lambda event: f"{event['event']}: {event['reason']}"),
    )
}
