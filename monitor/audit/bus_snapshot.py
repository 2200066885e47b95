"""Offsets of the bus and of its stages at the start of an audit, and the time since which retention deleted nothing.

Records that are appended during the audit may prove the outcome of an earlier record. Nothing is expected of them yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bus.port import Partition, Reader, Record
from monitor.audit.audit_store import AuditStore, KeptPlace
from monitor.audit.checkpoint import record_digest

_MS_PER_SECOND = 1_000


class BusSnapshot:
    """Offsets at the start of an audit. `groups` are the topics of each stage; `topic_names` are all topics to read.

    Retention has deleted nothing that is younger than `horizon` from any topic. `offsets` are the next offsets of the
    stages, `spans` those of the partitions.

    The committed offsets are read first. The outcome of every record before them is therefore among the records that
    are read later; every other record is pending.
    """

    def __init__(
        self, reader: Reader, groups: Mapping[str, Sequence[str]], topic_names: Sequence[str], horizon: datetime
    ) -> None:
        self._reader = reader
        self.offsets = {
            (group, partition): offset
            for group, names in groups.items()
            for partition, offset in reader.committed(group, names).items()
        }
        self.spans = reader.offset_ranges(topic_names)
        self.horizon_ms = int(horizon.timestamp() * _MS_PER_SECOND)
        # Time of the first remaining record, for partitions from which retention deleted records; 0 before it is read.
        self._first_remaining_ms = {partition: 0 for partition, span in self.spans.items() if span.start > 0}
        self._kept: Mapping[Partition, KeptPlace] = {}
        self._last_records: dict[Partition, Record] = {}

    def start_after(self, store: AuditStore) -> None:
        """Read only the records that the kept store does not have."""
        self._kept = store.places()
        self._first_remaining_ms |= {
            partition: self._kept[partition].first_ms
            for partition in self._first_remaining_ms
            if partition in self._kept
        }

    def unread_offsets(self) -> int:
        """Return how many offsets the kept store does not have. On Kafka some of them have no record."""
        starts = {partition: place.last_offset + 1 for partition, place in self._kept.items()}
        return sum(span.end - max(span.start, starts.get(partition, 0)) for partition, span in self.spans.items())

    def read_records(self, topic_names: Iterable[str]) -> Iterator[Record]:
        """Yield the records of these topics."""
        names = list(topic_names)
        starts = {each: place.last_offset + 1 for each, place in self._kept.items() if each.topic in names}
        for record in self._reader.read(names, start_offsets=starts or None):
            partition = Partition(record.topic, record.partition)
            if self._first_remaining_ms and self._first_remaining_ms.get(partition) == 0:
                self._first_remaining_ms[partition] = record.timestamp
            self._last_records[partition] = record
            yield record

    def places(self, store: AuditStore) -> Mapping[Partition, KeptPlace]:
        """Return how far each partition has been read. Call it after the topics have been read."""
        return {partition: self._place(store, partition) for partition in self.spans.keys() | self._last_records.keys()}

    def expired_unread(self) -> Iterator[tuple[str, int, str]]:
        """Yield `topic/partition`, number of offsets and stage where retention deleted what the stage had not read.

        The offsets may include transaction markers. They are known until the stage commits a later offset.
        """
        for (group, partition), offset in self.offsets.items():
            span = self.spans.get(partition)
            if span is not None and offset < span.start:
                yield f"{partition.topic}/{partition.number}", span.start - offset, group

    def complete_since(self, topic_names: Iterable[str]) -> int:
        """Return the time since which no record of these topics is missing, in milliseconds since 1970 UTC.

        Returns 0 if retention deleted nothing. Call it after the topics have been read.
        """
        names = set(topic_names)
        trimmed = [first_ms for partition, first_ms in self._first_remaining_ms.items() if partition.topic in names]
        # If the broker keeps a topic for less time than configured, its first remaining record shows that.
        oldest_remaining_ms = min((first_ms for first_ms in trimmed if first_ms), default=0)
        return max(self.horizon_ms, oldest_remaining_ms) if trimmed else 0

    def _place(self, store: AuditStore, partition: Partition) -> KeptPlace:
        kept, record = self._kept.get(partition), self._last_records.get(partition)
        span = self.spans.get(partition)
        start = span.start if span else 0
        last_offset, last_digest = (kept.last_offset, kept.last_digest) if kept else (-1, b"")
        if record:
            last_offset, last_digest = record.offset, record_digest(record)
        first_ms = self._first_remaining_ms.get(partition, 0)
        return KeptPlace(store.place_id(partition), start, last_offset, last_digest, first_ms)
