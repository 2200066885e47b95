"""Published reports of each device, and the device's own sequence numbers. Written only after the bus has a report."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, func
from sqlmodel import col, select

from config.database import insertion_of_missing, read_transaction, statement_transaction
from ingest.grouped_writes import GroupedWrites
from ingest.mobile.tables import DeviceMessage, DeviceSequence
from messages.tracking import read_tracking_number

# Ranges of missing numbers in one answer, the lowest first. No working app has more of them.
MAX_GAPS = 1000


class PublishedReport(NamedTuple):
    """A report of a device that is on the bus."""

    message_id: UUID
    client_id: UUID | None
    thread: UUID | None
    tracking: str
    at: datetime


class SequenceCount(NamedTuple):
    """Highest sequence number of a device, and the missing ranges below it (first and last number included)."""

    highest: int
    missing: tuple[tuple[int, int], ...]


_REPORT_COLUMNS = tuple(col(getattr(DeviceMessage, name)) for name in PublishedReport._fields)
_BY_MESSAGE = select(*_REPORT_COLUMNS).where(col(DeviceMessage.message_id) == bindparam("message_id"))


class Sequences:
    """Reads and writes the reports of devices. `device` is a device's hash.

    Every method may block, and may raise `DatabaseUnavailable`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._write = GroupedWrites(engine)

    def record_report(self, device: str, report: PublishedReport, sequence: int | None) -> None:
        """Store a report that the bus has, and its sequence number. The first report under a number stays.

        On PostgreSQL a process that ends may leave the number out; the app then sends the report again.
        """
        report_row = {"device": device, **report._asdict()}
        sequence_row = {"device": device, "sequence": sequence, "message_id": report.message_id}

        def write(connection: Connection) -> None:
            connection.execute(insertion_of_missing(connection.dialect.name, DeviceMessage), report_row)
            if sequence is not None:
                connection.execute(insertion_of_missing(connection.dialect.name, DeviceSequence), sequence_row)

        self._write(write)

    def find_report(self, message_id: UUID) -> PublishedReport | None:
        """Return the report that has this message id."""
        with statement_transaction(self._engine, reads_only=True) as connection:
            row = connection.execute(_BY_MESSAGE, {"message_id": message_id}).one_or_none()
        return PublishedReport(*row) if row else None

    def find_referenced_report(self, device: str, reference: str) -> PublishedReport | None:
        """Return the report of this device with the client id or tracking number `reference`.

        A report of another device is never returned.
        """
        try:
            is_referenced = col(DeviceMessage.client_id) == UUID(reference)
        except ValueError:
            is_referenced = col(DeviceMessage.tracking) == read_tracking_number(reference)
        with statement_transaction(self._engine, reads_only=True) as connection:
            query = select(*_REPORT_COLUMNS).where(col(DeviceMessage.device) == device, is_referenced)
            row = connection.execute(query.order_by(col(DeviceMessage.at))).first()
        return PublishedReport(*row) if row else None

    def message_at(self, device: str, sequence: int) -> UUID | None:
        """Return the id of the message that has this sequence number."""
        with statement_transaction(self._engine, reads_only=True) as connection:
            query = select(col(DeviceSequence.message_id)).where(
                col(DeviceSequence.device) == device, col(DeviceSequence.sequence) == sequence
            )
            return connection.execute(query).scalar_one_or_none()

    def count(self, device: str) -> SequenceCount:
        """Return the highest sequence number of a device and the missing ranges below it."""
        with read_transaction(self._engine) as connection:
            query = select(func.max(col(DeviceSequence.sequence))).where(col(DeviceSequence.device) == device)
            highest = connection.execute(query).scalar_one_or_none() or 0
            return SequenceCount(highest, _missing_ranges(connection, device))

    def latest_reports(self, device: str, limit: int) -> Sequence[PublishedReport]:
        """Return the device's newest reports, newest first."""
        with read_transaction(self._engine) as connection:
            query = select(*_REPORT_COLUMNS).where(col(DeviceMessage.device) == device)
            query = query.order_by(col(DeviceMessage.at).desc(), col(DeviceMessage.message_id)).limit(limit)
            return [PublishedReport(*row) for row in connection.execute(query)]


def _missing_ranges(connection: Connection, device: str) -> tuple[tuple[int, int], ...]:
    number = col(DeviceSequence.sequence)
    previous_number = func.lag(number, 1, 0).over(order_by=number).label("previous")
    pairs = select(number, previous_number).where(col(DeviceSequence.device) == device).subquery()
    query = select(pairs.c.previous, pairs.c.sequence).where(pairs.c.sequence > pairs.c.previous + 1)
    rows = connection.execute(query.order_by(pairs.c.sequence).limit(MAX_GAPS))
    return tuple((previous + 1, number - 1) for previous, number in rows)
