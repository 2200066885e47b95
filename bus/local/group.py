"""Members of a group and their leases of partitions, in the log's own file, so that a commit can check them.

A partition is leased to one member. It goes to another member only when its owner releases it between two batches, or
when the owner's session has ended. A member that has lost its lease cannot commit.
"""

import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from bus.errors import Fenced
from bus.local.log import transaction
from bus.port import Partition

# A member renews its session this many times before the session would end.
_RENEWALS_PER_SESSION = 3


class Leases(NamedTuple):
    """Partitions that are leased to a member. Those in `kept` were never leased to another one since the last share."""

    owned: AbstractSet[Partition]
    kept: AbstractSet[Partition]


class GroupMember:
    """One member of a group.

    `join`, `share` and `leave` open a transaction, `check` needs one.
    """

    def __init__(self, connection: sqlite3.Connection, group: str, name: str, session_seconds: float) -> None:
        self._connection = connection
        self._group = group
        self._name = name
        self._session = session_seconds
        self._epoch = 0
        # The living members and the time at the last share after which this member had exactly its fair share.
        self._settled_with: dict[str, int] = {}
        self._settled_at = float("-inf")

    def join(self, now: float) -> None:
        """Join the group and fence any earlier member of this name."""
        with transaction(self._connection):
            row = self._connection.execute(
                'INSERT INTO members VALUES (?, ?, 1, ?) ON CONFLICT ("group", name)'
                " DO UPDATE SET epoch = epoch + 1, seen = excluded.seen RETURNING epoch",
                (self._group, self._name, now),
            ).fetchone()
            self._epoch = row[0]
            # The leases of an earlier process of this member pass to this one at once, without waiting for its session.
            self._connection.execute(
                'UPDATE leases SET epoch = ? WHERE "group" = ? AND owner = ?', (self._epoch, self._group, self._name)
            )

    def is_settled(self, now: float) -> bool:
        """Return False if `share` is due: for the session, for members that came or went, or for our share.

        A new topic waits for the next renewal of the session.
        """
        if not 0 <= now - self._settled_at < self._session / _RENEWALS_PER_SESSION:
            return False
        return living(self._connection, self._group, self._session, now) == self._settled_with

    def share(self, partitions: Sequence[Partition], busy: AbstractSet[Partition], now: float) -> Leases:
        """Renew the session, release surplus leases, claim free partitions of our share; return the leases.

        Partitions in `busy` have an uncommitted batch, and stay leased until it is committed. Raises `Fenced` if one of
        them was leased to another member meanwhile.
        """
        with transaction(self._connection):
            self._heartbeat(now)
            self._connection.execute(
                'DELETE FROM leases WHERE "group" = ? AND owner IN'
                ' (SELECT name FROM members WHERE "group" = ? AND seen NOT BETWEEN ? AND ?)',
                (self._group, self._group, *_alive(self._session, now)),
            )
            members = living(self._connection, self._group, self._session, now)
            fair_share = set(partitions[sorted(members).index(self._name) :: len(members)])
            previous = self.owned()
            if lost := busy - previous:
                raise Fenced(f"{len(lost)} partitions of group {self._group} were leased to another member")
            for partition in previous - fair_share - busy:
                self._connection.execute(
                    'DELETE FROM leases WHERE "group" = ? AND topic = ? AND partition = ?', (self._group, *partition)
                )
            self._connection.executemany(
                "INSERT OR IGNORE INTO leases VALUES (?, ?, ?, ?, ?)",
                [(self._group, *partition, self._name, self._epoch) for partition in fair_share - previous],
            )
            owned = self.owned()
        self._settled_with = members if owned == fair_share else {}
        self._settled_at = now
        return Leases(owned, owned & previous)

    def owned(self) -> set[Partition]:
        """Return the partitions leased to this process of this member."""
        rows = self._connection.execute(
            'SELECT topic, partition FROM leases WHERE "group" = ? AND owner = ? AND epoch = ?',
            (self._group, self._name, self._epoch),
        )
        return {Partition(*row) for row in rows}

    def check(self, processed: set[Partition]) -> None:
        """Raise `Fenced` unless every processed partition is still leased to us. Needs a transaction."""
        identity = (self._name, self._epoch)
        lost = [partition for partition in processed if self._owner(partition) != identity]
        if lost:
            raise Fenced(f"{len(lost)} partitions of group {self._group} are no longer leased to {self._name}")

    def leave(self) -> None:
        """Release all leases, unless a later process of this member has them."""
        with transaction(self._connection):
            identity = (self._group, self._name, self._epoch)
            self._connection.execute('DELETE FROM leases WHERE "group" = ? AND owner = ? AND epoch = ?', identity)
            # The row stays with an old time: the epoch never starts again, and an earlier process stays fenced.
            self._connection.execute(
                'UPDATE members SET seen = 0 WHERE "group" = ? AND name = ? AND epoch = ?', identity
            )

    def _heartbeat(self, now: float) -> None:
        alive = self._connection.execute(
            'UPDATE members SET seen = ? WHERE "group" = ? AND name = ? AND epoch = ?',
            (now, self._group, self._name, self._epoch),
        ).rowcount
        if not alive:
            raise Fenced(f"another member named {self._name} joined group {self._group}")

    def _owner(self, partition: Partition) -> tuple[str, int] | None:
        """Return the name and the epoch of the member that has the partition."""
        row: tuple[str, int] | None = self._connection.execute(
            'SELECT owner, epoch FROM leases WHERE "group" = ? AND topic = ? AND partition = ?',
            (self._group, *partition),
        ).fetchone()
        return row


def living(connection: sqlite3.Connection, group: str, session_seconds: float, now: float) -> dict[str, int]:
    """Return the epoch of each member of a group whose session has not ended, by name."""
    rows = connection.execute(
        'SELECT name, epoch FROM members WHERE "group" = ? AND seen BETWEEN ? AND ? ORDER BY name',
        (group, *_alive(session_seconds, now)),
    )
    return dict(rows.fetchall())


def _alive(session_seconds: float, now: float) -> tuple[float, float]:
    """Return the times between which a living member was last seen.

    Times in the future count too, for after a clock was set back they are those of living members.
    """
    return now - session_seconds, now + session_seconds
