"""Closes cases that an agency answered and to which no citizen has objected within the period.

The closing is an act like an officer's: recorded, stored, and published with the agency's key. The sender hears of it,
and may still object. A case at triage is not closed: no institution has handled it.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row, exists, select
from sqlmodel import col

from accounts.permissions import Actor, Role
from bus.errors import cause_of
from cases.clocks.deadlines import Deadlines
from cases.course.verdicts import SYSTEM_ACTOR
from config.database import DatabaseUnavailable, read_transaction
from desk.acts.answers import OfficerAnswers
from desk.acts.tables import DeskAct
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier
from messages.replies.reply_texts import unopposed_text
from messages.shapes import AnswerContent
from messages.topics import TRIAGE

_SYSTEM_ACCOUNT = UUID(int=0)
# An objection of the last minute, or one that the desk has not read yet, comes before the closing.
_GRACE = timedelta(days=1)
# Whoever got an answer so long ago does not expect news of it. Such a case is the agency's to close.
_LONGEST_PERIOD = timedelta(days=60)
# Cases of one search. The rest waits for the next one, so that senders' replies do not pile up.
_CASES_AT_ONCE = 20

_log = structlog.get_logger()


class UnopposedClosing:
    """A thread's function. `pause_seconds` is the time between two searches, `deadlines` has the period."""

    def __init__(
        self,
        engine: Engine,
        answers: OfficerAnswers,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause_seconds: float,
        deadlines: Deadlines,
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._now = now
        self._stopping = stopping
        self._pause_seconds = pause_seconds
        self._deadlines = deadlines

    def run(self) -> None:
        """Close until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            try:
                self.close_due()
            except DatabaseUnavailable as error:
                _log.warning("closing.waiting", cause=cause_of(error))

    def close_due(self) -> int:
        """Close cases whose period is over; return their number. Raises `DatabaseUnavailable`.

        A case that cannot be closed does not stop the others.
        """
        closed = 0
        for case in self._due_cases():
            if self._stopping.is_set():
                break
            try:
                closed += self._close(case)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - the next search tries this case again
                _log.error("closing.failed_unexpectedly", dispatch_id=str(case.dispatch_id), exc_info=error)
        return closed

    def _close(self, case: Row[Any]) -> bool:
        """Close a case as it was when it was found: an act or a message that came since is a conflict."""
        actor = Actor(_SYSTEM_ACCOUNT, SYSTEM_ACTOR, Role.OFFICER, case.agency)
        draft = AnswerContent(
            verdict="closed", text=unopposed_text(self._deadlines.objection_period(case.unopposed_since))
        )
        result = self._answers.give(actor, Tier(case.agency), case.tracking, case.version, draft)
        if result.fault is None:
            _log.info("case.closed_unopposed", dispatch_id=str(case.dispatch_id), agency=case.agency)
        return result.fault is None

    def _due_cases(self) -> Sequence[Row[Any]]:
        """Return the cases to close, those that wait longest first. A case with an act on its way is none."""
        now = self._now()
        # Working days are never fewer than days.
        shortest_period = timedelta(days=self._deadlines.objection_days(now)) + _GRACE
        is_pending = exists().where(
            col(DeskAct.dispatch_id) == col(DeskCase.dispatch_id), col(DeskAct.version) >= col(DeskCase.version)
        )
        names = ("dispatch_id", "agency", "tracking", "version", "unopposed_since")
        query = (
            select(*(col(getattr(DeskCase, name)) for name in names))
            .where(
                col(DeskCase.unopposed_since).between(now - _LONGEST_PERIOD, now - shortest_period),
                col(DeskCase.agency) != TRIAGE,
                ~is_pending,
            )
            .order_by(col(DeskCase.unopposed_since), col(DeskCase.dispatch_id))
            .limit(_CASES_AT_ONCE)
        )
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [row for row in rows if not self._deadlines.may_object(row.unopposed_since + _GRACE, now)]
