"""Reads the local bus outside any group."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence

from bus.local import log
from bus.local.consumer import SESSION_SECONDS
from bus.local.group import living
from bus.port import OffsetRange, Partition, Record, TopicSpec

_DAY_SECONDS = 86_400.0
# Records in memory at once.
_PAGE_RECORDS = 500
# Delay until a record of another process is noticed, where the reader follows.
_POLL_SECONDS = 0.2


class LocalReader:
    """See `bus.port.Reader`. `clock` gives seconds since 1970 UTC."""

    def __init__(
        self, connection: sqlite3.Connection, written: threading.Condition, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._written = written
        self._clock = clock

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        return log.topics(self._connection)

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        return log.offset_ranges(self._connection, list(topics))

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        names = list(topics)
        positions = dict(start_offsets or {})
        while True:
            for partition, offset_range in sorted(self.offset_ranges(names).items()):
                position = max(positions.get(partition, 0), offset_range.start)
                positions[partition] = yield from self._read_partition(partition, position, offset_range.end)
            if not follow:
                return
            with self._written:
                self._written.wait(_POLL_SECONDS)

    def first_records(self, offsets: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port."""
        return {
            partition: records[0]
            for partition, offset in offsets.items()
            if (records := log.read_records(self._connection, partition, offset, 1))
        }

    def records_at(self, offsets: Mapping[Partition, Collection[int]]) -> Sequence[Record]:
        """See the port."""
        return [
            record
            for partition, wanted in offsets.items()
            for offset in sorted(wanted)
            for record in log.read_records(self._connection, partition, offset, 1)
            if record.offset == offset
        ]

    def retention_seconds(self, topics: Iterable[str]) -> Mapping[str, float]:
        """See the port."""
        names = set(topics)
        retention_days = {spec.name: spec.retention for spec in self.topics() if spec.name in names}
        return {name: days * _DAY_SECONDS for name, days in retention_days.items() if days is not None}

    def offsets_since(self, topics: Iterable[str], moment: int) -> Mapping[Partition, int]:
        """See the port."""
        return {
            partition: log.offset_since(self._connection, partition, offset_range, moment)
            for partition, offset_range in self.offset_ranges(topics).items()
        }

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        names = set(topics)
        rows = self._connection.execute('SELECT topic, partition, next FROM offsets WHERE "group" = ?', (group,))
        return {Partition(topic, number): offset for topic, number, offset in rows if topic in names}

    def members(self, group: str) -> Sequence[str]:
        """See the port."""
        return list(living(self._connection, group, SESSION_SECONDS, self._clock()))

    def close(self) -> None:
        """See the port."""
        self._connection.close()

    def _read_partition(self, partition: Partition, position: int, end: int) -> Generator[Record, None, int]:
        """Yield the records from `position` to `end`; return the next position."""
        while position < end:
            page = log.read_records(self._connection, partition, position, min(_PAGE_RECORDS, end - position))
            yield from page
            position = page[-1].offset + 1 if page else end
        return position
