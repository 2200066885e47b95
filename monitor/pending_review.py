"""Follows the topics on which messages are put aside, and counts those that nobody decided about yet."""

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
from monitor.consumer_lag import taken_at
from monitor.snapshot import Heap, Waiting

_FOLLOWED = (*DEAD_LETTER_TOPICS, QUARANTINE, OVERSIGHT)
# Events by which a person decides about a message that was put aside.
_DECISIONS = frozenset({"released", "dropped", "redriven", "letter-dropped"})


class _Aside(NamedTuple):
    topic: str
    place: str
    reason: str
    field: str
    at: datetime


class Heaps:
    """What was put aside, kept in mind between two looks: a look reads only what came since the last."""

    def __init__(self) -> None:
        self._behind: dict[Partition, int] = {}
        self._aside: dict[UUID, _Aside] = {}
        self._decided: set[UUID] = set()

    def look(self, reader: Reader) -> None:
        """Take in what came. Raises what the bus raises; then the next look goes on from there."""
        spans = reader.offset_ranges(_FOLLOWED)
        for record in reader.read(_FOLLOWED, start_offsets=self._behind):
            self._take(record)
            self._behind[Partition(record.topic, record.partition)] = record.offset + 1
        # Kafka's marks of transactions stand behind the last record: there is nothing to read there.
        for place, span in spans.items():
            self._behind[place] = max(self._behind.get(place, 0), span.end)
        for known in self._decided & self._aside.keys():
            del self._aside[known]

    @property
    def letters(self) -> tuple[Heap, ...]:
        """The dead letters, the largest heap first."""
        return self._heaps(lambda one: one.topic != QUARANTINE)

    @property
    def quarantine(self) -> tuple[Heap, ...]:
        """What the doors hold, the largest heap first."""
        return self._heaps(lambda one: one.topic == QUARANTINE)

    def _take(self, record: Record) -> None:
        if record.topic == OVERSIGHT:
            self._hear(record)
        elif record.topic == QUARANTINE:
            self._hold(record)
        else:
            self._put_aside(record)

    def _put_aside(self, record: Record) -> None:
        said = read_dead_letter(record.topic, record.position, record.headers)
        aside = _Aside(record.topic, said.stage, said.reason, said.field, taken_at(record))
        self._aside.setdefault(said.id, aside)

    def _hear(self, record: Record) -> None:
        try:
            event = codec.decode(OversightEvent, record.value, record.headers)
        except codec.CodecError:
            return
        if event.event in _DECISIONS:
            self._decided.add(event.subject)

    def _hold(self, record: Record) -> None:
        try:
            held = codec.decode(Quarantined, record.value, record.headers)
        except codec.CodecError:
            # Whatever it is, a person has to look at it.
            letter = ids.dead_letter_id(QUARANTINE, record.position)
            self._aside[letter] = _Aside(QUARANTINE, "", "unreadable", "", taken_at(record))
            return
        channel = held.raw.channel
        self._aside.setdefault(held.raw.id, _Aside(QUARANTINE, channel, held.reason, "", held.at))

    def _heaps(self, wanted: Callable[[_Aside], bool]) -> tuple[Heap, ...]:
        heaps: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
        for one in self._aside.values():
            if wanted(one):
                heaps[one.place, one.reason, one.field].append(one.at)
        found = [
            Heap(place=place, reason=reason, field=field, waiting=Waiting.of(moments), newest=max(moments))
            for (place, reason, field), moments in heaps.items()
        ]
        return tuple(sorted(found, key=lambda heap: (-heap.waiting.many, heap.place, heap.reason, heap.field)))
