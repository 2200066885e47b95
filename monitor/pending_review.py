"""Counts dead letters and quarantined messages on which no person has decided yet."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bus.port import Partition, Reader, Record
from messages import codec, ids
from messages.dead_letters import read_dead_letter
from messages.shapes import OversightEvent, Quarantined
from messages.topics import DEAD_LETTER_TOPICS, OVERSIGHT, QUARANTINE
from monitor.consumer_lag import appended_at
from monitor.snapshot import Backlog, PendingReview

_FOLLOWED_TOPICS = (*DEAD_LETTER_TOPICS, QUARANTINE, OVERSIGHT)
# Events by which a person decides on a message that was put aside.
_DECISIONS = frozenset({"released", "dropped", "redriven", "dead-letter-dropped"})


class _PendingMessage(NamedTuple):
    topic: str
    source: str
    reason: str
    field: str
    at: datetime


class PendingReviewTracker:
    """Messages that were put aside, kept in memory between snapshots. An update reads only the new records."""

    def __init__(self) -> None:
        self._next_offsets: dict[Partition, int] = {}
        self._pending: dict[UUID, _PendingMessage] = {}
        self._decided: set[UUID] = set()

    def update(self, reader: Reader) -> None:
        """Read the records since the last update.

        Raises the bus's errors; the next update continues after the last record that was read.
        """
        spans = reader.offset_ranges(_FOLLOWED_TOPICS)
        if all(self._next_offsets.get(partition, 0) >= span.end for partition, span in spans.items()):
            return
        for record in reader.read(_FOLLOWED_TOPICS, start_offsets=self._next_offsets):
            self._add(record)
            self._next_offsets[Partition(record.topic, record.partition)] = record.offset + 1
        # Kafka's transaction markers after the last record are offsets without a record. The next update skips them.
        for partition, span in spans.items():
            self._next_offsets[partition] = max(self._next_offsets.get(partition, 0), span.end)
        for message_id in self._decided & self._pending.keys():
            del self._pending[message_id]

    @property
    def dead_letters(self) -> tuple[PendingReview, ...]:
        """Dead letters by stage, reason and field, the most frequent first."""
        return self._grouped(lambda message: message.topic != QUARANTINE)

    @property
    def quarantined(self) -> tuple[PendingReview, ...]:
        """Quarantined messages by channel and reason, the most frequent first."""
        return self._grouped(lambda message: message.topic == QUARANTINE)

    def _add(self, record: Record) -> None:
        if record.topic == OVERSIGHT:
            self._add_decision(record)
        elif record.topic == QUARANTINE:
            self._add_quarantined(record)
        else:
            self._add_dead_letter(record)

    def _add_dead_letter(self, record: Record) -> None:
        letter = read_dead_letter(record.topic, record.position, record.headers)
        message = _PendingMessage(record.topic, letter.stage, letter.reason, letter.field, appended_at(record))
        self._pending.setdefault(letter.id, message)

    def _add_decision(self, record: Record) -> None:
        try:
            event = codec.decode(OversightEvent, record.value, record.headers)
        except (codec.CodecError, codec.NewerVersionError):
            return
        if event.event in _DECISIONS:
            self._decided.add(event.subject)

    def _add_quarantined(self, record: Record) -> None:
        try:
            quarantined = codec.decode(Quarantined, record.value, record.headers)
        except (codec.CodecError, codec.NewerVersionError):
            # A person must look at a record that can't be decoded too. It is identified by its position.
            record_id = ids.dead_letter_id(QUARANTINE, record.position)
            self._pending[record_id] = _PendingMessage(QUARANTINE, "", "unreadable", "", appended_at(record))
            return
        channel = quarantined.raw.channel
        message = _PendingMessage(QUARANTINE, channel, quarantined.reason, "", quarantined.at)
        self._pending.setdefault(quarantined.raw.id, message)

    def _grouped(self, belongs: Callable[[_PendingMessage], bool]) -> tuple[PendingReview, ...]:
        moments_by_reason: defaultdict[tuple[str, str, str], list[datetime]] = defaultdict(list)
        for message in self._pending.values():
            if belongs(message):
                moments_by_reason[message.source, message.reason, message.field].append(message.at)
        reviews = [
            PendingReview(
                place=source,
                reason=reason,
                field=field,
                waiting=Backlog.from_moments(moments),
                newest=max(moments),
            )
            for (source, reason, field), moments in moments_by_reason.items()
        ]
        return tuple(
            sorted(reviews, key=lambda review: (-review.waiting.many, review.place, review.reason, review.field))
        )
