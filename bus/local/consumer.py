"""A group member on the local bus: outputs and offsets are one SQLite transaction."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from bus.local import log
from bus.local.group import GroupMember
from bus.port import Membership, Outgoing, Partition, Record

# A member without a sign of life for this long loses its partitions. Every poll is a sign of life.
SESSION_SECONDS = 30.0
# Pause between two looks at the members of the group.
_SHARE_SECONDS = 1.0
# Longest delay until a record of another process is noticed: soon after other records, and at rest. A record of this
# process wakes the consumer at once.
_BUSY_POLL_SECONDS, _REST_POLL_SECONDS = 0.01, 0.05
# A consumer that has waited for so long without a record is at rest.
_BUSY_SECONDS = 1.0


class LocalConsumer:
    """See `bus.port.Consumer`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        membership: Membership,
        written: threading.Condition,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._group = membership.group
        self._topics = membership.topics
        self._written = written
        self._clock = clock
        self._member = GroupMember(connection, membership.group, membership.member, SESSION_SECONDS)
        self._positions: dict[Partition, int] = {}
        self._polled: set[Partition] = set()
        # Ends of the partitions that may have records after our positions.
        self._unread: dict[Partition, int] = {}
        self._seen_append = log.FIRST_LOOK
        # Changes with each commit of another connection to the file; `None` after a commit of our own.
        self._seen_version: int | None = None
        # Seconds without a record.
        self._waited = 0.0
        self._shared_at = float("-inf")
        self._member.join(clock())

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """See the port."""
        self._share()
        records = self._fetch(limit)
        waited = 0.0
        while not records and waited < timeout:
            pause = _BUSY_POLL_SECONDS if self._waited < _BUSY_SECONDS else _REST_POLL_SECONDS
            step = min(pause, timeout - waited)
            with self._written:
                self._written.wait(step)
            waited += step
            self._waited += step
            self._share()
            records = self._fetch(limit)
        if records:
            self._waited = 0.0
        return records

    def commit(self, outputs: Iterable[Outgoing]) -> None:
        """See the port."""
        messages = list(outputs)
        if not messages and not self._polled:
            return
        for message in messages:
            message.check()
        with log.transaction(self._connection):
            self._member.check(self._polled)
            log.append(self._connection, messages, int(self._clock() * 1000))
            self._connection.executemany(
                'INSERT INTO offsets VALUES (?, ?, ?, ?) ON CONFLICT ("group", topic, partition)'
                " DO UPDATE SET next = excluded.next",
                [(self._group, *partition, self._positions[partition]) for partition in self._polled],
            )
        self._polled.clear()
        self._seen_version = None
        with self._written:
            self._written.notify_all()

    def rewind(self) -> None:
        """See the port."""
        self._polled.clear()
        self._positions.clear()
        self._begin(self._member.owned())

    def close(self) -> None:
        """See the port."""
        try:
            self._member.leave()
        finally:
            self._connection.close()

    def _share(self) -> None:
        now = self._clock()
        # If the clock is set back, the sharing must go on at once.
        if 0 <= now - self._shared_at < _SHARE_SECONDS:
            return
        self._shared_at = now
        if self._member.is_settled(now):
            return
        partitions = sorted(log.offset_ranges(self._connection, self._topics))
        leases = self._member.share(partitions, self._polled, now)
        # Another member may have processed more of a partition that comes back.
        for partition in self._positions.keys() - leases.kept:
            del self._positions[partition]
        self._begin(leases.owned - self._positions.keys())

    def _begin(self, partitions: AbstractSet[Partition]) -> None:
        """Set the position of each partition to the group's committed offset, or to its start."""
        if not partitions:
            return
        rows = self._connection.execute('SELECT topic, partition, next FROM offsets WHERE "group" = ?', (self._group,))
        committed = {Partition(topic, number): offset for topic, number, offset in rows}
        for partition in partitions:
            self._positions[partition] = committed.get(partition, 0)
        self._seen_append, self._seen_version = log.FIRST_LOOK, None

    def _look(self) -> None:
        """Add the partitions with new records to `_unread`. The file is asked only if it has changed."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version == self._seen_version:
            return
        self._seen_version = version
        ends, self._seen_append = log.ends_since(self._connection, self._seen_append)
        self._unread |= ends

    def _fetch(self, limit: int) -> list[Record]:
        self._look()
        self._unread = {
            partition: end
            for partition, end in sorted(self._unread.items())
            if self._positions.get(partition, end) < end
        }
        records: list[Record] = []
        for index, partition in enumerate(self._unread):
            # An equal share for each, so that a flood in one partition does not delay the others.
            share = max(1, (limit - len(records)) // (len(self._unread) - index))
            batch = log.read_records(self._connection, partition, self._positions[partition], share)
            if not batch:
                # The records up to the end were deleted after their retention.
                self._positions[partition] = self._unread[partition]
            records += batch[: limit - len(records)]
            if len(records) >= limit:
                break
        for record in records:
            partition = Partition(record.topic, record.partition)
            self._positions[partition] = record.offset + 1
            self._polled.add(partition)
        return records
