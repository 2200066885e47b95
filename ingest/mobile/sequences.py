"""What came of each device, and which numbers of its own count. Written only after the bus has the report."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, func
from sqlmodel import col, select

from config.database import insert_statement, read_transaction, write_transaction
from ingest.mobile.tables import DeviceMessage, DeviceSequence
from messages.tracking import read_tracking_number

# Gaps told at once, the lowest first: a device with more of them has long given up on our help.
MOST_GAPS = 1000


class Message(NamedTuple):
    """A report of a device that is on the bus."""

    message_id: UUID
    client_id: UUID | None
    thread: UUID | None
    tracking: str
    at: datetime


class SequenceCount(NamedTuple):
    """The highest number that came, and the ranges (first and last, both included) below it that did not."""

    highest: int
    missing: tuple[tuple[int, int], ...]


_MESSAGE = tuple(col(getattr(DeviceMessage, name)) for name in Message._fields)


class Sequences:
    """`device` is the name that it stands under. Every method may block, and raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, device: str, message: Message, sequence: int | None) -> None:
        """Remember a report that the bus has, and the number it came under; the first under a number stays."""
        with write_transaction(self._engine) as connection:
            row = {"device": device, **message._asdict()}
            connection.execute(insert_statement(connection, DeviceMessage).values(row).on_conflict_do_nothing())
            if sequence is not None:
                numbered = {"device": device, "sequence": sequence, "message_id": message.message_id}
                connection.execute(
                    insert_statement(connection, DeviceSequence).values(numbered).on_conflict_do_nothing()
                )

    def find(self, message_id: UUID) -> Message | None:
        """The report with this id."""
        with read_transaction(self._engine) as connection:
            row = connection.execute(select(*_MESSAGE).where(col(DeviceMessage.message_id) == message_id)).one_or_none()
        return Message(*row) if row else None

    def about(self, device: str, said: str) -> Message | None:
        """The report of this device that is meant by its client id or its number; another's is none."""
        try:
            wanted = col(DeviceMessage.client_id) == UUID(said)
        except ValueError:
            wanted = col(DeviceMessage.tracking) == read_tracking_number(said)
        with read_transaction(self._engine) as connection:
            query = select(*_MESSAGE).where(col(DeviceMessage.device) == device, wanted)
            row = connection.execute(query.order_by(col(DeviceMessage.at))).first()
        return Message(*row) if row else None

    def at(self, device: str, sequence: int) -> UUID | None:
        """The message that came under a number."""
        with read_transaction(self._engine) as connection:
            query = select(col(DeviceSequence.message_id)).where(
                col(DeviceSequence.device) == device, col(DeviceSequence.sequence) == sequence
            )
            return connection.execute(query).scalar_one_or_none()

    def count(self, device: str) -> SequenceCount:
        """How far a device's count came, and what is missing in it."""
        with read_transaction(self._engine) as connection:
            query = select(func.max(col(DeviceSequence.sequence))).where(col(DeviceSequence.device) == device)
            highest = connection.execute(query).scalar_one_or_none() or 0
            return SequenceCount(highest, _gaps(connection, device))

    def latest(self, device: str, most: int) -> Sequence[Message]:
        """The device's newest reports, newest first."""
        with read_transaction(self._engine) as connection:
            query = select(*_MESSAGE).where(col(DeviceMessage.device) == device)
            query = query.order_by(col(DeviceMessage.at).desc(), col(DeviceMessage.message_id)).limit(most)
            return [Message(*row) for row in connection.execute(query)]


def _gaps(connection: Connection, device: str) -> tuple[tuple[int, int], ...]:
    number = col(DeviceSequence.sequence)
    before = func.lag(number, 1, 0).over(order_by=number).label("before")
    pairs = select(number, before).where(col(DeviceSequence.device) == device).subquery()
    query = select(pairs.c.before, pairs.c.sequence).where(pairs.c.sequence > pairs.c.before + 1)
    rows = connection.execute(query.order_by(pairs.c.sequence).limit(MOST_GAPS))
    return tuple((low + 1, high - 1) for low, high in rows)
