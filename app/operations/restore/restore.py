"""Publishes an archive to an empty bus, and stores again what normalizer and router had decided.

The order makes an interrupted restore harmless: first the replies are stored as ones that are not sent again, then the
records follow, then the decisions, and last the offsets of the two stages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby, islice
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from app.operations.restore.archived_facts import ArchivedFacts, read_facts
from app.operations.restore.outcomes import divisions_of, has_event, has_moved, times_of_moves
from app.operations.restore.temp_records import TempRecords
from bus.port import Outgoing, Partition, Record, Restorer
from bus.worker import Stage
from messages import codec, ids
from messages.shapes import (
    AgencyAnswer,
    AnswerOutcome,
    AnswerOutcomeKind,
    Complaint,
    Correction,
    CorrectionOutcome,
    OversightEvent,
    WireModel,
)
from messages.topics import (
    AGENCY_ANSWERS,
    ANSWER_OUTCOMES,
    AUDIT_HEADS,
    COMPLAINTS,
    CORRECTION_OUTCOMES,
    CORRECTIONS,
    OVERSIGHT,
    REPLIES,
    agency_topic,
)
from normalize.stage import NormalizeStage
from router.rebuild import RouterRebuild
from sinks.archive.contents import ArchiveContents
from sinks.archive.manifest import partition_name, partition_of

T = TypeVar("T")
# Heads of a log that is not restored would look like deleted rows of the new one.
_NOT_RESTORED = frozenset({AUDIT_HEADS})
_RECORDS_AT_ONCE = 500
_NORMALIZE, _ROUTER = "normalize", "router"
_QUEUE_PREFIX = agency_topic("")
# Order of records that have the same time: each after what leads to it. An arrival has 0.
_RANKS = {
    COMPLAINTS: 1,
    CORRECTIONS: 2,
    AGENCY_ANSWERS: 4,
    ANSWER_OUTCOMES: 5,
    CORRECTION_OUTCOMES: 6,
    OVERSIGHT: 7,
}
_DISPATCH_RANK = 3
# What the router judges. An archive lacks the outcomes of what was judged while it was written.
_JUDGED: Mapping[str, type[AgencyAnswer | Correction]] = MappingProxyType(
    {AGENCY_ANSWERS: AgencyAnswer, CORRECTIONS: Correction}
)
# Shapes of what the normalizer reads beside arrivals.
_FOLLOWED_SHAPES: Mapping[str, type[WireModel]] = MappingProxyType(
    {ANSWER_OUTCOMES: AnswerOutcome, CORRECTION_OUTCOMES: CorrectionOutcome, OVERSIGHT: OversightEvent}
)


@dataclass(frozen=True, slots=True)
class RestoreTargets:
    """What a restore writes to: the bus, the decisions of normalizer and router, and the outbox.

    `advance_ends`: the bus takes the records at their archived offsets, and this lets each partition continue behind
    its archived end. Without it the records are numbered from 0. `replies` stores replies as ones that are not
    sent again.
    """

    restorer: Restorer
    normalizer: NormalizeStage
    new_router: Callable[[Mapping[UUID, AnswerOutcomeKind]], RouterRebuild]
    replies: Stage
    advance_ends: Callable[[Mapping[Partition, int]], object] | None


class Restore:
    """Restores one archive, once."""

    def __init__(self, contents: ArchiveContents, targets: RestoreTargets) -> None:
        self._contents = contents
        self._targets = targets
        self._head = contents.head()
        self.topics: Sequence[str] = sorted({partition.topic for partition in contents.partitions()} - _NOT_RESTORED)
        # The next offset of each stage on the restored bus. The outcomes of all records before it are restored.
        self._offsets: dict[str, dict[Partition, int]] = {_NORMALIZE: {}, _ROUTER: {}}

    def run(self) -> Mapping[str, int]:
        """Restore everything to the bus, whose topics exist and are open. Return the number of records by topic.

        Raises `Retry` and `DatabaseUnavailable`, and `Stop` if the secret key is another one.
        """
        facts = read_facts(self._contents)
        if REPLIES in self.topics:
            for chunk in chunks(self._contents.records(REPLIES)):
                self._targets.replies.handle(chunk)
        with closing(TempRecords()) as records:
            counts = {topic: self._publish(topic, records, facts) for topic in self.topics}
            if self._targets.advance_ends:
                # The topics that are not restored, too: their next records are archived behind the former ones.
                self._targets.advance_ends({partition_of(name): end for name, end in self._head.ends.items()})
            records.sort()
            queues = [topic for topic in self.topics if topic.startswith(_QUEUE_PREFIX)]
            router = self._rebuild_router(records, facts, queues)
            # After the router: it knows the outcomes that are not in the archive.
            arrivals = [topic for topic in self.topics if topic.startswith("raw-")]
            self._rebuild_normalizer(records, facts, arrivals, router.outcome_of)
        for group, offsets in self._offsets.items():
            self._targets.restorer.commit(group, offsets)
        return counts

    def _publish(self, topic: str, records: TempRecords, facts: ArchivedFacts) -> int:
        """Publish the records of a topic. Return their number."""
        count = 0
        for chunk in chunks(self._numbered(topic)):
            self._targets.restorer.append([record for record, _ in chunk])
            count += len(chunk)
            for record, archived in chunk:
                self._note(record, archived, records, facts)
        return count

    def _numbered(self, topic: str) -> Iterator[tuple[Record, Record]]:
        """Yield each record with the offset that it gets, and as it is in the archive."""
        for _, partition in groupby(self._contents.records(topic), key=lambda record: record.partition):
            for number, record in enumerate(partition):
                yield record if self._targets.advance_ends else replace(record, offset=number), record

    def _note(self, record: Record, archived: Record, records: TempRecords, facts: ArchivedFacts) -> None:
        """Note what the rebuild of the decisions needs of a record."""
        dead_stages = facts.dead_stages_of(archived)
        partition = Partition(record.topic, record.partition)
        for group in self._offsets:
            committed = self._head.committed.get(group, {}).get(partition_name(partition), 0)
            if archived.offset < committed or group in dead_stages:
                self._advance(group, record)
        if record.topic.startswith("raw-"):
            records.add(record, 0, dead_stages)
        elif record.topic in _RANKS:
            records.add(record, _RANKS[record.topic], dead_stages)
            if record.topic == COMPLAINTS and (complaint := _decode_complaint(record)):
                arrival_id = complaint.message_id
                records.add_complaint(ids.reviewed_message_id(arrival_id) if complaint.reviewed else arrival_id, record)
            elif record.topic in {ANSWER_OUTCOMES, CORRECTION_OUTCOMES} and (outcome_id := _id_of(record)):
                records.add_outcome(outcome_id)
        elif record.topic.startswith(_QUEUE_PREFIX):
            records.add(record, _DISPATCH_RANK, dead_stages)
        elif dispatch := facts.undelivered.get(archived.position):
            # Kafka had refused the queue: the dead letter is the dispatch.
            records.add(replace(record, topic=agency_topic(dispatch.agency)), _DISPATCH_RANK, dead_stages)

    def _advance(self, group: str, record: Record) -> None:
        """Let the stage continue after this record."""
        offsets, partition = self._offsets[group], Partition(record.topic, record.partition)
        offsets[partition] = max(record.offset + 1, offsets.get(partition, 0))

    def _is_processed(self, group: str, record: Record) -> bool:
        return record.offset < self._offsets[group].get(Partition(record.topic, record.partition), 0)

    def _rebuild_normalizer(
        self,
        records: TempRecords,
        facts: ArchivedFacts,
        arrivals: Sequence[str],
        outcome_of: Callable[[Record], Outgoing | None],
    ) -> None:
        def complaint_of(arrival_id: UUID) -> Complaint | bool:
            if record := records.complaint_of(arrival_id):
                return codec.decode(Complaint, record.value, record.headers)
            return arrival_id in facts.set_aside

        decided = self._decided_records(records, facts, arrivals, outcome_of)
        # Within a batch the stage reads closings before arrivals, and corrections after them.
        for _, batch in groupby(decided, key=lambda record: _RANKS.get(record.topic, 0)):
            for chunk in chunks(batch):
                self._targets.normalizer.rebuild(chunk, complaint_of)

    def _decided_records(
        self,
        records: TempRecords,
        facts: ArchivedFacts,
        arrivals: Sequence[str],
        outcome_of: Callable[[Record], Outgoing | None],
    ) -> Iterator[Record]:
        """Yield the records of which the normalizer has, or gets, what it decided; it continues after each of them."""
        unread_partitions = set[Partition]()
        for record in self._live_records(records, _NORMALIZE, [*arrivals, *_JUDGED, *_FOLLOWED_SHAPES]):
            if record.topic in _JUDGED:
                yield from _missing_outcome(record, records, outcome_of)
            elif record.topic in _FOLLOWED_SHAPES:
                if self._is_followed(record, unread_partitions):
                    yield record
            elif (arrival_id := _id_of(record)) in facts.set_aside or (arrival_id and records.complaint_of(arrival_id)):
                self._advance(_NORMALIZE, record)
                yield record

    def _is_followed(self, record: Record, unread_partitions: set[Partition]) -> bool:
        """Return whether an outcome or an event is stored for the normalizer, which continues after it.

        It leads to rows alone, so it may be stored though the stage had not processed it. That happens in the order of
        time: after all arrivals, a closing would close a case that an objection has opened again. From a record that
        cannot be decoded on, the partition waits for the stage, which makes a dead letter of it.
        """
        partition = Partition(record.topic, record.partition)
        if not self._is_processed(_NORMALIZE, record) and (partition in unread_partitions or not _is_decodable(record)):
            unread_partitions.add(partition)
            return False
        self._advance(_NORMALIZE, record)
        return True

    def _rebuild_router(self, records: TempRecords, facts: ArchivedFacts, queues: Sequence[str]) -> RouterRebuild:
        self._advance_router(records, facts, queues)
        router = self._targets.new_router(facts.uncounted)

        def on_routed(position: str) -> None:
            topic, partition, offset = position.rsplit("/", 2)
            self._advance(_ROUTER, Record(topic, int(partition), int(offset), 0, b"", b""))

        live = self._live_records(records, _ROUTER, [COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS, *queues])
        is_acted_on = (
            record
            for record in live
            if record.topic not in {AGENCY_ANSWERS, CORRECTIONS} or self._is_processed(_ROUTER, record)
        )
        for chunk in chunks(is_acted_on):
            router.adopt(chunk, on_routed)
        router.finish()
        return router

    def _advance_router(self, records: TempRecords, facts: ArchivedFacts, queues: Sequence[str]) -> None:
        """Let the router continue after each answer and correction whose outcome is in the archive."""
        for record in self._live_records(records, _ROUTER, [*_JUDGED]):
            outcome_id = _outcome_id(record)
            is_judged = outcome_id is not None and records.has_outcome(outcome_id)
            if is_judged or (record.topic == AGENCY_ANSWERS and has_event(record, facts.event_ids)):
                self._advance(_ROUTER, record)
        live = self._live_records(records, _ROUTER, [CORRECTIONS])
        if corrections := [record for record in live if not self._is_processed(_ROUTER, record)]:
            moves = times_of_moves(self._live_records(records, _ROUTER, queues))
            divisions = divisions_of(self._live_records(records, _ROUTER, [COMPLAINTS]))
            for record in corrections:
                if has_moved(record, moves, divisions):
                    self._advance(_ROUTER, record)

    def _live_records(self, records: TempRecords, stage: str, topics: Sequence[str]) -> Iterator[Record]:
        """Yield the records in the order of time, without those that the stage could not process."""
        for record, dead_stages in records.in_time_order(frozenset(topics)):
            if stage not in dead_stages:
                yield record


def chunks(values: Iterator[T]) -> Iterator[Sequence[T]]:
    """Yield the values in chunks that are in memory at once."""
    while chunk := list(islice(values, _RECORDS_AT_ONCE)):
        yield chunk


def _id_of(record: Record) -> UUID | None:
    try:
        return UUID(record.header("ce_id"))
    except ValueError:
        return None


def _missing_outcome(
    record: Record, records: TempRecords, outcome_of: Callable[[Record], Outgoing | None]
) -> Iterator[Record]:
    """Yield the outcome of an answer or a correction that the router had processed, unless it is in the archive."""
    outcome_id = _outcome_id(record)
    if outcome_id and not records.has_outcome(outcome_id) and (outcome := outcome_of(record)):
        yield Record(outcome.topic, 0, 0, record.timestamp, outcome.key, outcome.value, outcome.headers)


def _outcome_id(record: Record) -> UUID | None:
    """Return the id of the outcome of an answer or a correction; `None` if that cannot be decoded."""
    try:
        return ids.outcome_id(codec.decode(_JUDGED[record.topic], record.value, record.headers).id)
    except (codec.CodecError, codec.NewerVersionError):
        return None


def _is_decodable(record: Record) -> bool:
    try:
        codec.decode(_FOLLOWED_SHAPES[record.topic], record.value, record.headers)
    except (codec.CodecError, codec.NewerVersionError):
        return False
    return True


def _decode_complaint(record: Record) -> Complaint | None:
    try:
        return codec.decode(Complaint, record.value, record.headers)
    except codec.CodecError:
        return None
