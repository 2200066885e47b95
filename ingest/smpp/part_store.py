"""The parts that have arrived, until their message has gone on and can take no more.

Durable, and the same for all processes that are bound. aiosmpplib's own store is not used: it is in memory, and
keeps parts by their reference alone, whoever sent them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, text, tuple_, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction
from ingest.smpp.part_matching import Known, Patience, due_at, join

# Messages handed on in one go: what is in memory at once.
_AT_ONCE = 100
# How much longer than they are of use parts are kept; a clock may be set back.
_KEPT = timedelta(hours=1)


class SmsPart(SQLModel, table=True):
    """One part. `key` and `opened` are its message; `content` is sealed; `due` is empty once it has gone on."""

    __tablename__ = "ingest_sms_part"

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
    """A part as it arrives. `key` is the same for all parts with its sender, receiver, reference and count."""

    key: str
    number: int
    total: int
    digest: str
    content: str


class PartStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, patience: Patience) -> None:
        self._engine = engine
        self._patience = patience

    def add(self, part: Part, now: datetime) -> bool:
        """Keep a part, durably; whether it is one that was not there yet."""
        with write_transaction(self._engine) as connection:
            _alone(connection, part.key)
            columns = (SmsPart.opened, SmsPart.number, SmsPart.digest, SmsPart.at)
            rows = connection.execute(select(*columns).where(col(SmsPart.key) == part.key))
            known = [Known(*row) for row in rows]
            window = self._patience.window(part.total)
            joined = join(known, part.number, part.digest, now, window, self._patience.wait)
            if not joined.again:
                self._insert(connection, part, joined.opened, known, now)
            return not joined.again

    def _insert(
        self, connection: Connection, part: Part, opened: datetime, known: Sequence[Known], now: datetime
    ) -> None:
        numbers = {other.number for other in known if other.opened == opened} | {part.number}
        due = due_at(numbers, part.total, now, self._patience.wait)
        waiting = (*_of(part.key, opened), col(SmsPart.due).is_not(None))
        connection.execute(update(SmsPart).where(*waiting).values(due=due))
        row = SmsPart(opened=opened, at=now, due=due, **asdict(part))
        connection.execute(insert_statement(connection, SmsPart).values(row.model_dump()))

    def due(self, now: datetime) -> list[list[SmsPart]]:
        """Messages that are to go on now, those first that have waited longest: every part that is there, in order."""
        with read_transaction(self._engine) as connection:
            name = (col(SmsPart.key), col(SmsPart.opened))
            query = select(*name).where(col(SmsPart.due) <= now).group_by(*name)
            query = query.order_by(func.min(col(SmsPart.due)), *name).limit(_AT_ONCE)
            return [self._message(connection, key, opened) for key, opened in connection.execute(query).all()]

    def forwarded(self, message: Sequence[SmsPart]) -> None:
        """Note that these parts of a message have gone on; one that came meanwhile still has to."""
        first = message[0]
        numbers = [part.number for part in message]
        with write_transaction(self._engine) as connection:
            gone = (*_of(first.key, first.opened), col(SmsPart.number).in_(numbers))
            connection.execute(update(SmsPart).where(*gone).values(due=None))

    def waiting(self) -> int:
        """How many parts have not gone on yet."""
        with read_transaction(self._engine) as connection:
            query = select(func.count()).where(col(SmsPart.due).is_not(None))
            return int(connection.execute(query).scalar_one())

    def forget(self, now: datetime) -> None:
        """Drop what has gone on and can take no more parts."""
        before = now - self._patience.late - _KEPT
        old = select(SmsPart.key, SmsPart.opened).where(col(SmsPart.due).is_not(None))
        with write_transaction(self._engine) as connection:
            unused = (col(SmsPart.opened) < before, tuple_(col(SmsPart.key), col(SmsPart.opened)).not_in(old))
            connection.execute(delete(SmsPart).where(*unused))

    def _message(self, connection: Connection, key: str, opened: datetime) -> list[SmsPart]:
        table = SQLModel.metadata.tables[SmsPart.__tablename__]
        rows = connection.execute(table.select().where(*_of(key, opened)).order_by(table.c.number)).mappings()
        return [SmsPart(**row) for row in rows]


def _of(key: str, opened: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(SmsPart.key) == key, col(SmsPart.opened) == opened


def _alone(connection: Connection, key: str) -> None:
    """Of two processes with parts of one key, one at a time; on SQLite whoever writes is alone anyway."""
    if connection.dialect.name == "postgresql":
        lock = int.from_bytes(bytes.fromhex(key[:16]), "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
