"""What the doors must remember: how far a polled channel was read, and which idempotency keys were used for what."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, Integer, String, cast, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction


class Cursor(SQLModel, table=True):
    """How far a polled channel was read."""

    __tablename__ = "ingest_cursor"

    name: str = Field(primary_key=True)
    value: str


class IdempotencyKey(SQLModel, table=True):
    """The keyed digest of a key, and of the first payload sent under it."""

    __tablename__ = "ingest_idempotency_key"

    key: str = Field(primary_key=True)
    digest: str


class DetailsRequest(SQLModel, table=True):
    """The last message after which a sender (its keyed hash) was asked to say more."""

    __tablename__ = "ingest_asked_for_more"

    sender: str = Field(primary_key=True)
    message_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class DoorStore:
    """See the tables. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cursor(self, name: str) -> str | None:
        """The value last kept, if any."""
        with read_transaction(self._engine) as connection:
            query = select(col(Cursor.value)).where(col(Cursor.name) == name)
            return connection.execute(query).scalar_one_or_none()

    def move_cursor(self, name: str, value: str) -> None:
        """Keep a new value; durable when this returns."""
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, Cursor).values(name=name, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def increase_counter(self, name: str, amount: int) -> None:
        """Add to the number that is kept under a name; two at once both count."""
        with write_transaction(self._engine) as connection:
            total = cast(cast(col(Cursor.value), Integer) + amount, String)
            statement = insert_statement(connection, Cursor).values(name=name, value=str(amount))
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": total}))

    def claim_idempotency_key(self, key: str, digest: str) -> bool:
        """Whether this payload is the first under its key, or the same again; of two at once one is first."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                insert_statement(connection, IdempotencyKey).values(key=key, digest=digest).on_conflict_do_nothing()
            )
            query = select(col(IdempotencyKey.digest)).where(col(IdempotencyKey.key) == key)
            return connection.execute(query).scalar_one() == digest

    def claim_details_request(self, sender: str, message_id: UUID, at: datetime, window: timedelta) -> bool:
        """Whether to ask the sender of this message for more: not if another of theirs was asked about in `window`.

        Yes again for the same message, whose first answer may not have arrived; of two at once one is asked about.
        """
        row = {"sender": sender, "message_id": message_id, "at": at}
        mine = col(DetailsRequest.sender) == sender
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, DetailsRequest).values(row).on_conflict_do_nothing()
            if connection.execute(statement.returning(col(DetailsRequest.sender))).one_or_none():
                return True
            query = select(DetailsRequest.message_id, DetailsRequest.at).where(mine).with_for_update()
            last = connection.execute(query).one()
            if last.message_id != message_id and at - last.at > window:
                connection.execute(update(DetailsRequest).where(mine).values(row))
                return True
            return bool(last.message_id == message_id)
