"""Queue of acknowledgements, one for each SMS, until the SMSC confirms them.

The queue is durable. An acknowledgement that was sent but not confirmed is sent again, so a crash or a lost
confirmation may send it twice.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Engine, delete, func, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, has_row, insert_statement, read_transaction, write_transaction
from config.table_declaration import declared, kept

# Time for the SMSC to confirm. Longer than aiosmpplib remembers what it sent; afterwards it is sent again.
_CONFIRMATION_TIMEOUT = timedelta(minutes=1)
_MAX_TRIES = 5
# A tracking number that arrives a day late is of no use. After a day no SMS with the same mark arrives either.
_RETENTION = timedelta(hours=24)

_log = structlog.get_logger()


class SmsAnswer(SQLModel, table=True):
    """Row of one acknowledgement.

    `mark` identifies the SMS that it acknowledges. `content` is sealed. `due` is empty once nothing is left to do.
    """

    __tablename__ = "ingest_sms_answer"
    __table_args__ = declared(kept("sealed, for hours"), retention="sms-parts")

    mark: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    due: datetime | None = Field(sa_type=UtcDateTime, index=True)
    tries: int
    content: str


class DueAcknowledgement(NamedTuple):
    """Acknowledgement to send now. `content` is sealed."""

    mark: str
    content: str


class AcknowledgementQueue:
    """Stores acknowledgements and hands them out when they are due. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, mark: str, content: str, now: datetime) -> None:
        """Queue the acknowledgement of an SMS, unless that SMS has one already."""
        row = {"mark": mark, "at": now, "due": now, "tries": 0, "content": content}
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, SmsAnswer).values(row).on_conflict_do_nothing())

    def take_due(self, now: datetime) -> DueAcknowledgement | None:
        """Return the acknowledgement that is due for the longest time, or `None`.

        It is not due again before the confirmation timeout. Of two processes, only one gets it.
        """
        if not self._has_due(now):
            return None
        with write_transaction(self._engine) as connection:
            query = select(SmsAnswer.mark, SmsAnswer.content).where(col(SmsAnswer.due) <= now)
            query = query.order_by(col(SmsAnswer.due), col(SmsAnswer.mark))
            row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            statement = update(SmsAnswer).where(col(SmsAnswer.mark) == row.mark)
            connection.execute(statement.values(due=now + _CONFIRMATION_TIMEOUT, tries=col(SmsAnswer.tries) + 1))
            return DueAcknowledgement(row.mark, row.content)

    def close(self, mark: str) -> None:
        """Never send this one again: the SMSC accepted it, or will never accept it."""
        self._update(mark, {"due": None})

    def postpone(self, mark: str, due: datetime) -> None:
        """Send this one again at `due`, without counting the last try: the SMSC was too busy."""
        self._update(mark, {"due": due, "tries": col(SmsAnswer.tries) - 1})

    def delete_expired(self, now: datetime) -> None:
        """Abandon what was tried often enough or is too old. Delete rows that no SMS can refer to any more."""
        is_old = col(SmsAnswer.at) < now - _RETENTION
        has_no_tries_left = (col(SmsAnswer.tries) >= _MAX_TRIES) & (col(SmsAnswer.due) <= now)
        with write_transaction(self._engine) as connection:
            is_abandoned = col(SmsAnswer.due).is_not(None) & (is_old | has_no_tries_left)
            abandoned_count = connection.execute(select(func.count()).where(is_abandoned)).scalar_one()
            connection.execute(update(SmsAnswer).where(is_abandoned).values(due=None))
            connection.execute(delete(SmsAnswer).where(is_old))
        if abandoned_count:
            _log.warning("smpp.acknowledgements_abandoned", acknowledgements=abandoned_count)

    def _has_due(self, now: datetime) -> bool:
        with read_transaction(self._engine) as connection:
            return has_row(connection, select(col(SmsAnswer.mark)).where(col(SmsAnswer.due) <= now))

    def _update(self, mark: str, values: dict[str, object]) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(update(SmsAnswer).where(col(SmsAnswer.mark) == mark).values(values))
