"""Readings of cases by overseers, in the audit log: a reading is a reveal (`messages.reveals`)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, select
from sqlmodel import col

from accounts.permissions import Actor, actor_label
from app.operations.audit.rows import AuditLogRow
from app.operations.recorder import Recorder
from config.database import read_transaction
from messages.reveals import read_reveal_subject, reveal_end, reveal_subject
from messages.shapes import iso
from oversight.cases.readings import Reading

READ_ACTION: Final = "oversight.read_case"


class CaseReadings:
    """See `oversight.cases.readings.Readings`. `log` is the audit log for persons who have signed in."""

    def __init__(self, engine: Engine, log: Recorder) -> None:
        self._engine = engine
        self._log = log

    def begin(self, actor: Actor, complaint_id: UUID, why: str, at: datetime) -> None:
        """See the protocol."""
        subject = reveal_subject(str(complaint_id), actor.role, iso(reveal_end(actor.role, at)))
        self._log.append(READ_ACTION, subject, actor_label(actor), why, at)

    def latest(self, actor: Actor, complaint_id: UUID, since: datetime) -> Reading | None:
        """See the protocol. It reads the person's readings from the newest back to `since`."""
        query = (
            select(col(AuditLogRow.at), col(AuditLogRow.subject))
            .where(col(AuditLogRow.action) == READ_ACTION, col(AuditLogRow.actor) == actor_label(actor))
            .order_by(col(AuditLogRow.seq).desc())
        )
        oldest = iso(since)
        with read_transaction(self._engine) as connection, connection.execute(query) as rows:
            for at, subject in rows:
                if at < oldest:
                    return None
                reveal = read_reveal_subject(subject)
                if reveal.case == str(complaint_id):
                    return Reading(datetime.fromisoformat(at), datetime.fromisoformat(reveal.until))
        return None
