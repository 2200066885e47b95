"""Database tables of the doors: read cursors and counters, idempotency keys, requests for details, and notices."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Engine, Integer, String, cast, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, insertion_of_missing, read_transaction, write_transaction
from config.table_declaration import declared, deleted, kept
from ingest.grouped_writes import GroupedWrites


class Cursor(SQLModel, table=True):
    """Position up to which a polled channel was read, or a counter. `name` says of what."""

    __tablename__ = "ingest_cursor"
    __table_args__ = declared(kept("counters and positions"), retention="operation")

    name: str = Field(primary_key=True)
    value: str


class IdempotencyKey(SQLModel, table=True):
    """Keyed digest of an idempotency key, and of the first payload sent under it."""

    __tablename__ = "ingest_idempotency_key"
    __table_args__ = declared(
        kept("keyed digests; without them a report that is sent again would be a second one"), retention="exactly-once"
    )

    key: str = Field(primary_key=True)
    digest: str


class DetailsRequest(SQLModel, table=True):
    """Last message after which a sender (a keyed hash) was asked for more details."""

    __tablename__ = "ingest_asked_for_more"
    __table_args__ = declared(deleted("keyed hash of the sender"), retention="details-requests")

    sender: str = Field(primary_key=True)
    message_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class PublicNotice(SQLModel, table=True):
    """Message after which a sender (a keyed hash) was told that everybody may read reports."""

    __tablename__ = "ingest_public_notice"
    __table_args__ = declared(deleted("keyed hash of the sender"), retention="public-notices")

    sender: str = Field(primary_key=True)
    message_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class DoorStore:
    """Reads and writes the tables above. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._write = GroupedWrites(engine)

    def cursor(self, name: str) -> str | None:
        """Return the last value stored under `name`, `None` if there is none."""
        with read_transaction(self._engine) as connection:
            query = select(col(Cursor.value)).where(col(Cursor.name) == name)
            return connection.execute(query).scalar_one_or_none()

    def move_cursor(self, name: str, value: str) -> None:
        """Store a new value under `name`. It is durable when this returns."""
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, Cursor).values(name=name, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def raise_cursor(self, name: str, value: int) -> None:
        """Store `value` under `name` unless a higher one is stored. The database compares them, so no call lowers it.

        A process that was frozen for a while can thus not set back the cursor of the process that took over.
        """
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, Cursor).values(name=name, value=str(value))
            is_higher = cast(col(Cursor.value), BigInteger) < value
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"value": str(value)}, where=is_higher)
            )

    def increase_counter(self, name: str, amount: int) -> None:
        """Add `amount` to the number stored under `name`. Concurrent calls are all counted."""
        with write_transaction(self._engine) as connection:
            total = cast(cast(col(Cursor.value), Integer) + amount, String)
            statement = insert_statement(connection, Cursor).values(name=name, value=str(amount))
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": total}))

    def claim_idempotency_key(self, key: str, digest: str) -> bool:
        """Return True if `digest` is the first payload under `key`, or the same payload again.

        Of two concurrent calls with different payloads only one gets True.
        """

        def write(connection: Connection) -> bool:
            # The row, not the number of rows: on PostgreSQL that of an INSERT is unknown.
            insertion = insertion_of_missing(connection.dialect.name, IdempotencyKey, "key")
            if connection.execute(insertion, {"key": key, "digest": digest}).one_or_none():
                return True
            query = select(col(IdempotencyKey.digest)).where(col(IdempotencyKey.key) == key)
            return bool(connection.execute(query).scalar_one() == digest)

        return self._write(write)

    def claim_details_request(self, sender: str, message_id: UUID, at: datetime, window: timedelta) -> bool:
        """Return True if the sender of this message may be asked for details.

        The answer is False if another message of the sender led to such a request within `window`. It is True again
        for the same message, because the first acknowledgement may not have arrived. Of two concurrent messages one
        gets True.
        """
        row = {"sender": sender, "message_id": message_id, "at": at}
        of_sender = col(DetailsRequest.sender) == sender
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, DetailsRequest).values(row).on_conflict_do_nothing()
            if connection.execute(statement.returning(col(DetailsRequest.sender))).one_or_none():
                return True
            query = select(DetailsRequest.message_id, DetailsRequest.at).where(of_sender).with_for_update()
            last_request = connection.execute(query).one()
            if last_request.message_id != message_id and at - last_request.at > window:
                connection.execute(update(DetailsRequest).where(of_sender).values(row))
                return True
            return bool(last_request.message_id == message_id)

    def claim_public_notice(self, sender: str, message_id: UUID, at: datetime) -> bool:
        """Return True if the sender of this message was not told yet that reports are public, or after this message."""
        row = {"sender": sender, "message_id": message_id, "at": at}
        with write_transaction(self._engine) as connection:
            statement = insertion_of_missing(connection.dialect.name, PublicNotice, "sender")
            if connection.execute(statement, row).one_or_none():
                return True
            query = select(col(PublicNotice.message_id)).where(col(PublicNotice.sender) == sender)
            return bool(connection.execute(query).scalar_one() == message_id)
