"""The embedded bus, assembled."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bus.errors import Retry
from bus.local import log
from bus.local.consumer import LocalConsumer
from bus.local.producer import LocalProducer
from bus.local.reader import LocalReader
from bus.port import Membership, TopicSpec
from bus.topic_faults import partition_faults


class LocalBus:
    """See `bus.port.Bus`. `path` is the SQLite file; `clock` gives seconds since 1970 UTC."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        # Wakes the consumers of this process after a write of this process. Other processes poll the file.
        self._written = threading.Condition()
        log.create(path)

    def ensure(self, topics: Iterable[TopicSpec]) -> None:
        """See the port. It also deletes records past their retention."""
        connection = log.connect(self._path)
        try:
            log.ensure(connection, topics)
            log.trim(connection, int(self._clock() * 1000))
        finally:
            connection.close()

    def differences(self, topics: Iterable[TopicSpec]) -> Sequence[str]:
        """See the port."""
        connection = log.connect(self._path)
        try:
            counts = {topic.name: topic.partitions for topic in log.topics(connection)}
        finally:
            connection.close()
        return [f"topic {fault.topic}: {fault.cause}" for fault in partition_faults(topics, counts)]

    def producer(self) -> LocalProducer:
        """See the port."""
        return LocalProducer(log.connect(self._path), self._written, self._clock)

    def consumer(self, membership: Membership) -> LocalConsumer:
        """See the port."""
        return LocalConsumer(log.connect(self._path), membership, self._written, self._clock)

    def reader(self) -> LocalReader:
        """See the port."""
        return LocalReader(log.connect(self._path), self._written, self._clock)

    def ping(self, timeout: float) -> None:
        """See the port."""
        try:
            connection = sqlite3.connect(self._path, timeout=timeout)
            try:
                connection.execute("SELECT count(*) FROM topics").fetchone()
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise Retry(f"local bus: {error}") from error
