"""Stores what officers decide about the public view: a report may be read by everybody, or by nobody.

A withdrawal takes effect at once. A release takes effect with the next batch: the sinks derive the report, because only
they mask words.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Engine, delete, select
from sqlmodel import col

from cases.clocks.public_day import public_day
from config.database import DatabaseLock, insert_statement, lock_until_commit, read_transaction, write_transaction
from sinks.public.tables import PublicRelease, PublicReport

# `desk.acts.public_release` says what each means: the desk imports no sink.
PublicState: TypeAlias = Literal["shown", "next-day", "withdrawn", "hidden"]


class PublicReleases:
    """The decisions of officers. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def state(self, complaint_id: UUID) -> PublicState:
        """Return the state of a report in the public view."""
        days = select(col(PublicReport.shown_from), col(PublicReport.shown_until)).where(
            col(PublicReport.complaint_id) == complaint_id
        )
        decision = select(col(PublicRelease.is_released), col(PublicRelease.is_derived)).where(
            col(PublicRelease.complaint_id) == complaint_id
        )
        today = public_day(self._now())
        with read_transaction(self._engine) as connection:
            versions = connection.execute(days).all()
            decided = connection.execute(decision).one_or_none()
        if decided and not decided.is_released:
            return "withdrawn"
        if any(row.shown_from <= today and (row.shown_until is None or row.shown_until > today) for row in versions):
            return "shown"
        is_planned = any(row.shown_from > today for row in versions)
        return "next-day" if is_planned or (decided and not decided.is_derived) else "hidden"

    def decide(self, complaint_id: UUID, agency: str, hop: int, *, is_released: bool, at: datetime) -> None:
        """Store the decision of an officer of the agency that has the report with this hop."""
        row = {
            "complaint_id": complaint_id,
            "agency": agency,
            "hop": hop,
            "is_released": is_released,
            "decided_at": at,
            "is_derived": False,
        }
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.PUBLIC_REPORTS)
            statement = insert_statement(connection, PublicRelease)
            changed = {name: statement.excluded[name] for name in row if name != "complaint_id"}
            connection.execute(statement.on_conflict_do_update(index_elements=["complaint_id"], set_=changed), row)
            if not is_released:
                connection.execute(delete(PublicReport).where(col(PublicReport.complaint_id) == complaint_id))
