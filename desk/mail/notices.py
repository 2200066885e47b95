"""Notices to officers: citizens wrote (at most one e-mail an hour for an agency), and a webhook was switched off."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, select, update
from sqlmodel import col

from config.database import insert_statement, read_transaction, statement_chunks, write_transaction
from desk.change_age import KEPT_AGE
from desk.changes import CaseChange
from desk.mail.composer import MailComposer
from desk.mail.message import DEFAULT_LIFETIME
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipients
from desk.mail.tables import NoticeRow
from desk.mail.texts import DeskLinks, notice_text, switched_off_text

NOTICE_INTERVAL: Final = timedelta(hours=1)
# An older change comes from a replay or a long outage. The digest counts its case.
_NOTIFIED_AGE = timedelta(days=1)


class NoticeQueue:
    """Stores what citizens wrote, within the transaction of the read model. `now` is the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def add(self, connection: Connection, changes: Sequence[CaseChange]) -> None:
        """Store the changes that officers are notified of. A change that was stored before is left as it is."""
        oldest = self._now() - _NOTIFIED_AGE
        rows = [
            {"change_id": change.id, "agency": change.agency, "number": change.number, "changed_at": change.at}
            for change in changes
            if change.kind == "citizen-wrote" and change.at >= oldest
        ]
        for chunk in statement_chunks(rows):
            connection.execute(insert_statement(connection, NoticeRow).on_conflict_do_nothing(), list(chunk))


class NoticeJob:
    """Makes the notices that are due."""

    def __init__(
        self,
        engine: Engine,
        recipients: Recipients,
        links: DeskLinks,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._recipients = recipients
        self._links = links
        self._composer = composer
        self._outbox = outbox
        self._now = now

    def step(self) -> int:
        """Store the notices that are due; return the number of e-mails. Raises `DatabaseUnavailable`."""
        now = self._now()
        return sum(self._make(agency, now) for agency in self._due_agencies(now))

    def switched_off(self, agency: str, event_id: str, reason: str) -> None:
        """Tell the coordinators that a webhook was switched off. The same event is told once."""
        text = switched_off_text(reason, self._links)
        readers = self._recipients.coordinators(agency)
        expires_at = self._now() + DEFAULT_LIFETIME
        self._outbox.add(self._composer.compose("webhook-off", (event_id,), readers, text, expires_at))

    def sweep(self) -> None:
        """Delete rows that no replay can repeat any more."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(NoticeRow).where(col(NoticeRow.changed_at) < self._now() - KEPT_AGE))

    def _due_agencies(self, now: datetime) -> list[str]:
        notified_at = col(NoticeRow.notified_at)
        pending = select(col(NoticeRow.agency)).where(notified_at.is_(None)).distinct()
        recent = select(col(NoticeRow.agency)).where(notified_at > now - NOTICE_INTERVAL).distinct()
        with read_transaction(self._engine) as connection:
            agencies = set(connection.execute(pending).scalars()) - set(connection.execute(recent).scalars())
        return sorted(agencies)

    def _make(self, agency: str, now: datetime) -> int:
        readers = self._recipients.officers(agency)
        with write_transaction(self._engine) as connection:
            pending = col(NoticeRow.agency) == agency, col(NoticeRow.notified_at).is_(None)
            statement = update(NoticeRow).where(*pending).values(notified_at=now)
            marked: Sequence[Any] = connection.execute(
                statement.returning(col(NoticeRow.change_id), col(NoticeRow.number), col(NoticeRow.changed_at))
            ).all()
            if not marked:
                # Another process was faster.
                return 0
            rows = sorted(marked, key=lambda row: (row.changed_at, row.change_id))
            text = notice_text(list(dict.fromkeys(row.number for row in rows)), self._links)
            first_change: UUID = rows[0].change_id
            cause = (agency, str(first_change))
            mails = self._composer.compose("notice", cause, readers, text, now + DEFAULT_LIFETIME)
            self._outbox.add_within(connection, mails)
        return len(mails)
