"""Closes cases that an agency answered and whose sender has not objected within the period.

The closing is an act like an officer's: recorded, stored, and published with the agency's key. The sender hears of it,
and may still object. A case at triage is not closed: no institution has handled it.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row, select
from sqlmodel import col

from accounts.permissions import Actor, Role
from config.database import DatabaseUnavailable, read_transaction
from desk.acts.answers import AnswerDraft, OfficerAnswers
from desk.read_model.tables import DeskCase
from messages.replies.reply_texts import UNOPPOSED_TEXT
from messages.topics import TRIAGE
from messages.working_days import OBJECTION_WORKING_DAYS, may_object

# The person in the record.
SYSTEM_NAME = "Sistem SP4N-LAPOR!"
_SYSTEM_ACCOUNT = UUID(int=0)
# Ten working days are never fewer days.
_SHORTEST_PERIOD = timedelta(days=OBJECTION_WORKING_DAYS)
# Cases of one search. The rest waits for the next one.
_CASES_AT_ONCE = 200

_log = structlog.get_logger()


class UnopposedClosing:
    """A thread's function. `pause_seconds` is the time between two searches."""

    def __init__(
        self,
        engine: Engine,
        answers: OfficerAnswers,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause_seconds: float,
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._now = now
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Close until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            try:
                self.close_due()
            except DatabaseUnavailable as error:
                _log.warning("closing.waiting", cause=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the cases wait for the next search
                _log.error("closing.failed_unexpectedly", exc_info=error)

    def close_due(self) -> int:
        """Close the cases whose period is over; return their number. Raises `DatabaseUnavailable`."""
        closed = 0
        for case in self._due_cases():
            if self._stopping.is_set():
                break
            actor = Actor(_SYSTEM_ACCOUNT, SYSTEM_NAME, Role.OFFICER, case.agency)
            result = self._answers.give(actor, case.agency, case.tracking, None, AnswerDraft("closed", UNOPPOSED_TEXT))
            if result.fault is None:
                closed += 1
                _log.info("case.closed_unopposed", dispatch_id=str(case.dispatch_id), agency=case.agency)
        return closed

    def _due_cases(self) -> Sequence[Row[Any]]:
        now = self._now()
        names = ("dispatch_id", "agency", "tracking", "unopposed_since")
        query = (
            select(*(col(getattr(DeskCase, name)) for name in names))
            .where(col(DeskCase.unopposed_since) <= now - _SHORTEST_PERIOD, col(DeskCase.agency) != TRIAGE)
            .order_by(col(DeskCase.unopposed_since), col(DeskCase.dispatch_id))
            .limit(_CASES_AT_ONCE)
        )
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [row for row in rows if not may_object(row.unopposed_since, now)]
