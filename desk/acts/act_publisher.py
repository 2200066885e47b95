"""Publishes the answers whose act is stored and whose publishing did not succeed at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, select
from sqlmodel import col

from bus.port import Outgoing
from config.database import DatabaseUnavailable, read_transaction
from desk.acts.answers import Publish, mark_published
from desk.acts.tables import DeskAct
from messages import codec
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS

_ACTS_AT_ONCE = 100
# The officer's request publishes by itself; its time is not up yet.
_REQUEST_PATIENCE = timedelta(seconds=30)

_log = structlog.get_logger()


class ActPublisher:
    """A thread's function. `retries` are the errors of `publish` after which it tries again."""

    def __init__(
        self,
        engine: Engine,
        publish: Publish,
        now: Callable[[], datetime],
        stopping: threading.Event,
        seconds: float,
        retries: tuple[type[Exception], ...],
    ) -> None:
        """Create. `seconds` is the pause between two looks for acts."""
        self._engine = engine
        self._publish = publish
        self._now = now
        self._stopping = stopping
        self._seconds = seconds
        self._retries: tuple[type[Exception], ...] = (*retries, DatabaseUnavailable)

    def run(self) -> None:
        """Publish until stopped."""
        while not self._stopping.wait(self._seconds):
            try:
                self.publish_waiting()
            except self._retries as error:
                _log.warning("acts.waiting", cause=type(error).__name__)

    def publish_waiting(self) -> int:
        """Publish the acts that wait, oldest first; return their number. Raises the errors of bus and database."""
        query = (
            select(col(DeskAct.id), col(DeskAct.answer))
            .where(col(DeskAct.published_at).is_(None), col(DeskAct.at) < self._now() - _REQUEST_PATIENCE)
            .order_by(col(DeskAct.at))
            .limit(_ACTS_AT_ONCE)
        )
        with read_transaction(self._engine) as connection:
            acts = connection.execute(query).all()
        for act in acts:
            self._publish(AgencyAnswer.model_validate_json(act.answer))
            mark_published(self._engine, [act.id], self._now())
        return len(acts)


def answer_message(answer: AgencyAnswer) -> Outgoing:
    """Return the message of an answer."""
    return Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(answer.complaint_id), f"/desk/{answer.agency}"))
