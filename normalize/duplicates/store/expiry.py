"""Expiry of what complaints are compared by: when normalizers delete expired rows, and which keys they check for it.

Expired rows are never read, so a row that is deleted late changes no decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Delete, delete
from sqlmodel import col, select

from normalize.duplicates.store.tables import ComparableRow, LookupKeyRow

# Older complaints are no longer compared. The same delivery, and the same text of one sender, are recognised for ever.
COMPARISON_PERIOD = timedelta(days=200)
# A normalizer deletes expired rows with its first batch, and then after so many messages or so much time.
MESSAGES_BETWEEN_DELETIONS = 200
TIME_BETWEEN_DELETIONS = timedelta(hours=1)
# Expired complaints that are deleted at a time: more than are added until then, so the table stops growing.
_DELETED_COMPLAINTS = 5_000
# Keys that are checked for expiry for each message: several times as many as it adds.
_CHECKED_KEYS = 64
_FIRST_KEY = -(1 << 63)
_KEY_COUNT = 1 << 64
# Its multiples modulo 2^64 are evenly spread (golden section: Knuth, The Art of Computer Programming 3, 6.4).
_GOLDEN_RATIO = 0x9E3779B97F4A7C15


@dataclass(slots=True)
class DeletionSchedule:
    """Tells one normalizer with which of its batches it deletes expired rows.

    Small batches would otherwise delete nothing with five statements each. The time is that of the arrivals.
    """

    _messages: int = 0
    _deleted_at: datetime | None = None

    def due_messages(self, message_count: int, at: datetime) -> int:
        """Return how many messages have come since the last deletion if one is due with this batch, else 0.

        The batch has `message_count` messages, and the earliest came `at`. Without messages nothing is due.
        """
        messages = self._messages + message_count
        is_due = message_count and (
            self._deleted_at is None
            or messages >= MESSAGES_BETWEEN_DELETIONS
            or abs(at - self._deleted_at) >= TIME_BETWEEN_DELETIONS
        )
        return messages if is_due else 0

    def record(self, message_count: int, at: datetime) -> None:
        """Take a batch that was written: call it after the commit."""
        if self.due_messages(message_count, at):
            self._messages, self._deleted_at = 0, at
        else:
            self._messages += message_count


def delete_expired_complaints(connection: Connection, expiry: datetime, next_number: int, message_count: int) -> None:
    """Delete a part of the rows that came before `expiry`: the oldest complaints, and keys of one stretch.

    Each call checks another stretch of keys, in proportion to the messages since the last one. `next_number` is that of
    the next complaint. It spreads the stretches evenly: all keys are checked before a third as many complaints have
    come as are stored.
    """
    expired_numbers = (
        select(ComparableRow.number)
        .where(col(ComparableRow.at) < expiry)
        .order_by(col(ComparableRow.at))
        .limit(_DELETED_COMPLAINTS)
    )
    connection.execute(delete(ComparableRow).where(col(ComparableRow.number).in_(expired_numbers)))
    key, key_count = col(LookupKeyRow.key), message_count * _CHECKED_KEYS
    first_key = next_number * _GOLDEN_RATIO % _KEY_COUNT + _FIRST_KEY
    deletion: Delete = delete(LookupKeyRow).where(col(LookupKeyRow.at) < int(expiry.timestamp()))
    end_key = _key_after(connection, first_key, key_count)
    if end_key is not None:
        connection.execute(deletion.where(key >= first_key, key < end_key))
        return
    connection.execute(deletion.where(key >= first_key))
    # Behind the last key the stretch goes on at the first.
    end_key = _key_after(connection, _FIRST_KEY, key_count)
    connection.execute(deletion if end_key is None else deletion.where(key < end_key))


def _key_after(connection: Connection, first_key: int, count: int) -> int | None:
    """Return the key `count` rows after the first one, or `None` if there are fewer rows."""
    key = col(LookupKeyRow.key)
    query = select(LookupKeyRow.key).where(key >= first_key).order_by(key).offset(count).limit(1)
    return connection.execute(query).scalar_one_or_none()
