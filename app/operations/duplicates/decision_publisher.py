"""Publishes the decisions about suggestions that are stored and whose publishing did not succeed at once."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Engine, Row, literal_column, select, update
from sqlmodel import col

from app.operations.duplicates.tables import DuplicateDecision
from bus.errors import Retry, cause_of
from config.database import DatabaseUnavailable, read_transaction, write_transaction
from messages.shapes import Correction

# The request of the person publishes by itself; its time is not up yet.
_REQUEST_PATIENCE = timedelta(seconds=30)

_log = structlog.get_logger()


class DecisionPublisher:
    """A thread's function. `publish` publishes a correction and returns when the bus has it."""

    def __init__(
        self,
        engine: Engine,
        publish: Callable[[Correction], None],
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause_seconds: float,
    ) -> None:
        """Create. `pause_seconds` is the time between two searches for waiting decisions."""
        self._engine = engine
        self._publish = publish
        self._now = now
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Publish until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            self.publish_waiting()

    def publish_waiting(self) -> None:
        """Publish the decisions that wait. After an error they wait for the next search."""
        try:
            for row in self._waiting(self._now() - _REQUEST_PATIENCE):
                self._publish(Correction.model_validate_json(row.correction))
                self._mark_published(row)
        except (Retry, DatabaseUnavailable) as error:
            _log.warning("decisions.waiting", cause=cause_of(error))
        except Exception as error:  # noqa: BLE001 - the decisions wait for the next search
            _log.error("decisions.failed_unexpectedly", exc_info=error)

    def _waiting(self, stored_before: datetime) -> Sequence[Row[Any]]:
        """Return the decisions of before a time that the bus lacks, oldest first."""
        columns = (col(getattr(DuplicateDecision, name)) for name in ("complaint_id", "suggested_id", "correction"))
        # The literal condition lets SQLite use the partial index.
        is_waiting: ColumnElement[bool] = literal_column("correction <> ''")
        decided_at = col(DuplicateDecision.decided_at)
        with read_transaction(self._engine) as connection:
            query = select(*columns).where(is_waiting, decided_at < stored_before).order_by(decided_at)
            return connection.execute(query).all()

    def _mark_published(self, row: Row[Any]) -> None:
        is_pair = (
            col(DuplicateDecision.complaint_id) == row.complaint_id,
            col(DuplicateDecision.suggested_id) == row.suggested_id,
        )
        with write_transaction(self._engine) as connection:
            connection.execute(update(DuplicateDecision).where(*is_pair).values(correction=""))
