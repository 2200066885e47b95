"""A look at the local bus."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bus.local import log
from bus.port import Partition, Record, Span, TopicSpec

_PAGE = 500
_LOOK_SECONDS = 0.2


class LocalReader:
    """See `bus.port.Reader`."""

    def __init__(self, connection: sqlite3.Connection, written: threading.Condition) -> None:
        self._connection = connection
        self._written = written

    def topics(self) -> Sequence[TopicSpec]:
        """See the port."""
        return log.topics(self._connection)

    def spans(self, topics: Iterable[str]) -> Mapping[Partition, Span]:
        """See the port."""
        return log.spans(self._connection, list(topics))

    def read(self, topics: Iterable[str], *, follow: bool = False) -> Iterator[Record]:
        """See the port."""
        names = list(topics)
        positions: dict[Partition, int] = {}
        while True:
            for partition, span in sorted(self.spans(names).items()):
                position = max(positions.get(partition, 0), span.start)
                while position < span.end:
                    page = log.read(self._connection, partition, position, min(_PAGE, span.end - position))
                    yield from page
                    position = page[-1].offset + 1 if page else span.end
                positions[partition] = position
            if not follow:
                return
            with self._written:
                self._written.wait(_LOOK_SECONDS)

    def committed(self, group: str, topics: Iterable[str]) -> Mapping[Partition, int]:
        """See the port."""
        wanted = set(topics)
        rows = self._connection.execute('SELECT topic, partition, next FROM offsets WHERE "group" = ?', (group,))
        return {Partition(topic, number): following for topic, number, following in rows if topic in wanted}

    def close(self) -> None:
        """See the port."""
        self._connection.close()
