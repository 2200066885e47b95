"""Answers that are to be sent, one for each SMS, until the SMSC has them.

Durable. What was handed over but not confirmed is tried again, so a crash or a lost confirmation may send one twice.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Engine, delete, func, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement, read_transaction, write_transaction

# Longer than aiosmpplib remembers what it sent: an answer without a confirmation is tried again then.
_CONFIRMED_WITHIN = timedelta(minutes=1)
_MOST_TRIES = 5
# A number that comes a day late helps nobody; and after that no message of this mark comes any more.
_USEFUL = timedelta(hours=24)

_log = structlog.get_logger()


class SmsAnswer(SQLModel, table=True):
    """One answer. `mark` names the SMS it answers; `content` is sealed; `due` is empty once nothing is left to do."""

    __tablename__ = "ingest_sms_answer"

    mark: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    due: datetime | None = Field(sa_type=UtcDateTime, index=True)
    tries: int
    content: str


class Waiting(NamedTuple):
    """An answer to send now."""

    mark: str
    content: str


class Outbox:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, mark: str, content: str, now: datetime) -> None:
        """Answer an SMS, if it was not answered before."""
        row = {"mark": mark, "at": now, "due": now, "tries": 0, "content": content}
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, SmsAnswer).values(row).on_conflict_do_nothing())

    def take(self, now: datetime) -> Waiting | None:
        """The answer that has waited longest, which is then left alone for a while; of two processes one gets it."""
        if not self._any(now):
            return None
        with write_transaction(self._engine) as connection:
            query = select(SmsAnswer.mark, SmsAnswer.content).where(col(SmsAnswer.due) <= now)
            query = query.order_by(col(SmsAnswer.due), col(SmsAnswer.mark))
            row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            taken = update(SmsAnswer).where(col(SmsAnswer.mark) == row.mark)
            connection.execute(taken.values(due=now + _CONFIRMED_WITHIN, tries=col(SmsAnswer.tries) + 1))
            return Waiting(row.mark, row.content)

    def done(self, mark: str) -> None:
        """Leave this one alone for good: the SMSC has it, or will never take it."""
        self._set(mark, {"due": None})

    def later(self, mark: str, due: datetime) -> None:
        """The SMSC was too busy: try again then, and don't count it."""
        self._set(mark, {"due": due, "tries": col(SmsAnswer.tries) - 1})

    def forget(self, now: datetime) -> None:
        """Give up what was tried often enough or is too old, and drop what no SMS can ask for again."""
        old = col(SmsAnswer.at) < now - _USEFUL
        spent = (col(SmsAnswer.tries) >= _MOST_TRIES) & (col(SmsAnswer.due) <= now)
        with write_transaction(self._engine) as connection:
            unsent = col(SmsAnswer.due).is_not(None) & (old | spent)
            given_up = connection.execute(select(func.count()).where(unsent)).scalar_one()
            connection.execute(update(SmsAnswer).where(unsent).values(due=None))
            connection.execute(delete(SmsAnswer).where(old))
        if given_up:
            _log.warning("smpp.answers_given_up", answers=given_up)

    def _any(self, now: datetime) -> bool:
        with read_transaction(self._engine) as connection:
            query = select(col(SmsAnswer.mark)).where(col(SmsAnswer.due) <= now).limit(1)
            return connection.execute(query).first() is not None

    def _set(self, mark: str, values: dict[str, object]) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(update(SmsAnswer).where(col(SmsAnswer.mark) == mark).values(values))
