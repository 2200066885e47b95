"""Offsets of the bus and of its stages at the start of an audit, and the time since which retention deleted nothing.

Records that are appended during the audit may prove the outcome of an earlier record. Nothing is expected of them yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bus.port import Partition, Reader, Record

_MS_PER_SECOND = 1_000


class BusSnapshot:
    """Offsets at the start of an audit. `groups` are the topics of each stage; `topic_names` are all topics to read.

    Retention has deleted nothing that is younger than `horizon` from any topic.

    The committed offsets are read first. The outcome of every record before them is therefore among the records that
    are read later; every other record is pending.
    """

    def __init__(
        self, reader: Reader, groups: Mapping[str, Sequence[str]], topic_names: Sequence[str], horizon: datetime
    ) -> None:
        self._reader = reader
        self._committed = {group: reader.committed(group, names) for group, names in groups.items()}
        self._spans = reader.offset_ranges(topic_names)
        self._horizon_ms = int(horizon.timestamp() * _MS_PER_SECOND)
        # Time of the first remaining record, for partitions from which retention deleted records; 0 before it is read.
        self._first_remaining_ms = {partition: 0 for partition, span in self._spans.items() if span.start > 0}

    def read_records(self, topic_names: Iterable[str]) -> Iterator[Record]:
        """Yield all records of these topics."""
        for record in self._reader.read(topic_names):
            partition = Partition(record.topic, record.partition)
            if self._first_remaining_ms and self._first_remaining_ms.get(partition) == 0:
                self._first_remaining_ms[partition] = record.timestamp
            yield record

    def is_late(self, record: Record) -> bool:
        """Return True if the record was appended after the start of the audit."""
        span = self._spans.get(Partition(record.topic, record.partition))
        return span is None or record.offset >= span.end

    def is_pending(self, group: str, record: Record) -> bool:
        """Return True if the stage had not processed the record at the start of the audit."""
        return record.offset >= self._committed[group].get(Partition(record.topic, record.partition), 0)

    def expired_unread(self) -> Iterator[tuple[str, int, str]]:
        """Yield `topic/partition`, number of offsets and stage where retention deleted what the stage had not read.

        The offsets may include transaction markers. They are known until the stage commits a later offset.
        """
        for group, offsets in self._committed.items():
            for partition, offset in offsets.items():
                span = self._spans.get(partition)
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
        return max(self._horizon_ms, oldest_remaining_ms) if trimmed else 0
