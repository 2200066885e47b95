"""Fills an empty local bus with archived records, at their offsets."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bus.local import log
from bus.port import Partition, Record, TopicSpec


class LocalRestorer:
    """See `bus.port.Restorer`. `path` is the SQLite file."""

    def __init__(self, path: Path) -> None:
        self._connection = log.connect(path)

    def open_topics(self, specs: Sequence[TopicSpec]) -> None:
        """See the port."""
        log.ensure(self._connection, specs)

    def close_topics(self, topics: Sequence[str]) -> None:
        """See the port. Nothing is needed."""

    def append(self, records: Sequence[Record]) -> None:
        """See the port."""
        with log.transaction(self._connection):
            log.insert_records(self._connection, records)

    def advance_ends(self, ends: Mapping[Partition, int]) -> None:
        """Give the next record of each partition at least this offset. Call it after `append`."""
        with log.transaction(self._connection):
            log.advance_ends(self._connection, ends)

    def commit(self, group: str, offsets: Mapping[Partition, int]) -> None:
        """See the port."""
        rows = [(group, *partition, offset) for partition, offset in offsets.items()]
        with log.transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """See the port."""
        self._connection.close()
