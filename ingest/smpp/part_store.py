"""Store of the parts that arrived. A part stays until its message is forwarded and can take no more parts.

The store is durable, and shared by all processes that are bound. aiosmpplib's own store is not used: it is in memory,
and distinguishes parts by their reference alone, whoever the sender is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, tuple_, update
from sqlmodel import Field, SQLModel, col, select

from config.conditions import is_one_of
from config.database import UtcDateTime, insert_statement, lock_keys_until_commit, read_transaction, write_transaction
from config.table_declaration import declared, kept
from ingest.smpp.part_matching import PartDeadlines, StoredPart, match_part, message_due_at

# Messages that are forwarded at once. Limits how many are in memory.
_BATCH = 100
# Parts are kept for this long after they are of use, because a clock may be set back.
_EXTRA_RETENTION = timedelta(hours=1)
# Hexadecimal digits of the key that make a PostgreSQL lock number (64 bits).
_LOCK_DIGITS = 16


class SmsPart(SQLModel, table=True):
    """Row of one part.

    `key` and `opened` identify its message. `content` is sealed. `due` is empty once the part is forwarded.
    """

    __tablename__ = "ingest_sms_part"
    __table_args__ = declared(kept("sealed, until its message is complete"), retention="sms-parts")

    key: str = Field(primary_key=True)
    opened: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    number: int = Field(primary_key=True)
    total: int
    digest: str
    at: datetime = Field(sa_type=UtcDateTime)
    due: datetime | None = Field(sa_type=UtcDateTime, index=True)
    content: str


@dataclass(frozen=True, slots=True)
class Part:
    """Part as it arrives. `key` is the same for all parts with its sender, receiver, reference and count."""

    key: str
    number: int
    total: int
    digest: str
    content: str


class PartStore:
    """Stores parts and returns the messages that are due. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, deadlines: PartDeadlines) -> None:
        self._engine = engine
        self._deadlines = deadlines

    def add(self, part: Part, now: datetime) -> bool:
        """Store a part durably. Return False if it is a redelivery."""
        with write_transaction(self._engine) as connection:
            _lock_key(connection, part.key)
            columns = (SmsPart.opened, SmsPart.number, SmsPart.digest, SmsPart.at)
            rows = connection.execute(select(*columns).where(col(SmsPart.key) == part.key))
            stored_parts = [StoredPart(*row) for row in rows]
            window = self._deadlines.window(part.total)
            match = match_part(stored_parts, part.number, part.digest, now, window, self._deadlines.wait)
            if not match.is_redelivery:
                self._insert(connection, part, match.opened, stored_parts, now)
            return not match.is_redelivery

    def _insert(
        self,
        connection: Connection,
        part: Part,
        opened: datetime,
        stored_parts: Sequence[StoredPart],
        now: datetime,
    ) -> None:
        numbers = {stored.number for stored in stored_parts if stored.opened == opened} | {part.number}
        due = message_due_at(numbers, part.total, now, self._deadlines.wait)
        unforwarded = (*_is_message(part.key, opened), col(SmsPart.due).is_not(None))
        connection.execute(update(SmsPart).where(*unforwarded).values(due=due))
        row = SmsPart(opened=opened, at=now, due=due, **asdict(part))
        connection.execute(insert_statement(connection, SmsPart).values(row.model_dump()))

    def due_messages(self, now: datetime) -> list[list[SmsPart]]:
        """Return messages to forward now, longest due first: for each, all stored parts in order."""
        with read_transaction(self._engine) as connection:
            message = (col(SmsPart.key), col(SmsPart.opened))
            query = select(*message).where(col(SmsPart.due) <= now).group_by(*message)
            query = query.order_by(func.min(col(SmsPart.due)), *message).limit(_BATCH)
            return [_read_message(connection, key, opened) for key, opened in connection.execute(query).all()]

    def mark_forwarded(self, message: Sequence[SmsPart]) -> None:
        """Record that these parts of a message are forwarded. A part that arrived meanwhile stays due."""
        first = message[0]
        numbers = [part.number for part in message]
        with write_transaction(self._engine) as connection:
            forwarded = (*_is_message(first.key, first.opened), is_one_of(col(SmsPart.number), numbers))
            connection.execute(update(SmsPart).where(*forwarded).values(due=None))

    def count_waiting(self) -> int:
        """Return how many parts are not forwarded yet."""
        with read_transaction(self._engine) as connection:
            query = select(func.count()).where(col(SmsPart.due).is_not(None))
            return int(connection.execute(query).scalar_one())

    def delete_expired(self, now: datetime) -> None:
        """Delete the parts of messages that are forwarded and can take no more parts."""
        oldest_useful = now - self._deadlines.completion - _EXTRA_RETENTION
        unforwarded = select(SmsPart.key, SmsPart.opened).where(col(SmsPart.due).is_not(None))
        with write_transaction(self._engine) as connection:
            is_expired = (
                col(SmsPart.opened) < oldest_useful,
                tuple_(col(SmsPart.key), col(SmsPart.opened)).not_in(unforwarded),
            )
            connection.execute(delete(SmsPart).where(*is_expired))


def _read_message(connection: Connection, key: str, opened: datetime) -> list[SmsPart]:
    table = SQLModel.metadata.tables[SmsPart.__tablename__]
    query = table.select().where(*_is_message(key, opened)).order_by(table.c.number)
    return [SmsPart(**row) for row in connection.execute(query).mappings()]


def _is_message(key: str, opened: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(SmsPart.key) == key, col(SmsPart.opened) == opened


def _lock_key(connection: Connection, key: str) -> None:
    """Let only one process at a time work on parts with this key. On SQLite there is only one writer anyway."""
    lock_keys_until_commit(connection, [int.from_bytes(bytes.fromhex(key[:_LOCK_DIGITS]), "big", signed=True)])
