"""Who works which partition: members and their leases, in the log's own file, so that a commit can check them.

A partition is leased to one member. It changes hands only when its owner lets go between two batches, or has not
been heard of for the session's length; a member whose lease went to another can't commit.
"""

import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from bus.errors import Fenced
from bus.local.log import transaction
from bus.port import Partition


class GroupMember:
    """One member's part in its group. All methods but `owned` open or need a transaction, as said."""

    def __init__(self, connection: sqlite3.Connection, group: str, name: str, session_seconds: float) -> None:
        self._connection = connection
        self._group = group
        self._name = name
        self._session = session_seconds
        self._epoch = 0

    def join(self, now: float) -> None:
        """Enter the group, fencing any earlier member of this name."""
        with transaction(self._connection):
            row = self._connection.execute(
                'INSERT INTO members VALUES (?, ?, 1, ?) ON CONFLICT ("group", name)'
                " DO UPDATE SET epoch = epoch + 1, seen = excluded.seen RETURNING epoch",
                (self._group, self._name, now),
            ).fetchone()
            self._epoch = row[0]
            # What an earlier life of this member held is ours at once: nobody need wait for its session to end.
            self._connection.execute(
                'UPDATE leases SET epoch = ? WHERE "group" = ? AND owner = ?', (self._epoch, self._group, self._name)
            )

    def share(self, partitions: Sequence[Partition], busy: AbstractSet[Partition], now: float) -> set[Partition]:
        """Say that we live, let go of what others should have, claim what is ours and free; returns what we hold.

        What we are `busy` with we keep until it is committed.
        """
        with transaction(self._connection):
            self._heartbeat(now)
            self._connection.execute(
                'DELETE FROM leases WHERE "group" = ? AND owner IN'
                ' (SELECT name FROM members WHERE "group" = ? AND seen NOT BETWEEN ? AND ?)',
                (self._group, self._group, *_alive(self._session, now)),
            )
            wanted = self._wanted(partitions, now)
            for partition in self.owned() - wanted - busy:
                self._connection.execute(
                    'DELETE FROM leases WHERE "group" = ? AND topic = ? AND partition = ?', (self._group, *partition)
                )
            self._connection.executemany(
                "INSERT OR IGNORE INTO leases VALUES (?, ?, ?, ?, ?)",
                [(self._group, *partition, self._name, self._epoch) for partition in wanted],
            )
        return self.owned()

    def owned(self) -> set[Partition]:
        """The partitions leased to this life of this member."""
        rows = self._connection.execute(
            'SELECT topic, partition FROM leases WHERE "group" = ? AND owner = ? AND epoch = ?',
            (self._group, self._name, self._epoch),
        )
        return {Partition(*row) for row in rows}

    def check(self, worked: set[Partition]) -> None:
        """Within a transaction: raise `Fenced` unless every partition worked on is still ours."""
        if lost := worked - self.owned():
            raise Fenced(f"{len(lost)} partitions of group {self._group} are no longer leased to {self._name}")

    def leave(self) -> None:
        """Give everything back, unless a later life of this member has already taken it."""
        with transaction(self._connection):
            mine = (self._group, self._name, self._epoch)
            self._connection.execute('DELETE FROM leases WHERE "group" = ? AND owner = ? AND epoch = ?', mine)
            # The row stays, long unseen, so that the epoch never starts anew and an old life stays fenced.
            self._connection.execute('UPDATE members SET seen = 0 WHERE "group" = ? AND name = ? AND epoch = ?', mine)

    def _heartbeat(self, now: float) -> None:
        alive = self._connection.execute(
            'UPDATE members SET seen = ? WHERE "group" = ? AND name = ? AND epoch = ?',
            (now, self._group, self._name, self._epoch),
        ).rowcount
        if not alive:
            raise Fenced(f"another member named {self._name} joined group {self._group}")

    def _wanted(self, partitions: Sequence[Partition], now: float) -> set[Partition]:
        names = living(self._connection, self._group, self._session, now)
        return set(partitions[names.index(self._name) :: len(names)])


def living(connection: sqlite3.Connection, group: str, session_seconds: float, now: float) -> list[str]:
    """The members of a group that were heard of within the session's length, by name."""
    rows = connection.execute(
        'SELECT name FROM members WHERE "group" = ? AND seen BETWEEN ? AND ? ORDER BY name',
        (group, *_alive(session_seconds, now)),
    )
    return [name for (name,) in rows]


def _alive(session_seconds: float, now: float) -> tuple[float, float]:
    """When a living member was last seen. In the future too: after a clock was set back the dead seem to live."""
    return now - session_seconds, now + session_seconds
