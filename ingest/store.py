"""What the doors must remember: how far a polled channel was read, and which idempotency keys were used for what."""

from sqlalchemy import Engine
from sqlmodel import Field, SQLModel, col, select

from config.database import insert, reading, writing


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


class DoorStore:
    """See the tables. Every method may raise `DatabaseAway`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cursor(self, name: str) -> str | None:
        """The value last kept, if any."""
        with reading(self._engine) as connection:
            query = select(col(Cursor.value)).where(col(Cursor.name) == name)
            return connection.execute(query).scalar_one_or_none()

    def move_cursor(self, name: str, value: str) -> None:
        """Keep a new value; durable when this returns."""
        with writing(self._engine) as connection:
            statement = insert(connection, Cursor).values(name=name, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def claim(self, key: str, digest: str) -> bool:
        """Whether this payload is the first under its key, or the same again; of two at once one is first."""
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, IdempotencyKey).values(key=key, digest=digest).on_conflict_do_nothing()
            )
            query = select(col(IdempotencyKey.digest)).where(col(IdempotencyKey.key) == key)
            return connection.execute(query).scalar_one() == digest
