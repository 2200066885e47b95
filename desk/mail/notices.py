"""Notices to officers: what citizens wrote, deadlines, and a webhook that was switched off.

An agency gets at most one e-mail an hour about cases.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, select, update
from sqlmodel import col

from config.database import insert_statement, read_transaction, statement_chunks, write_transaction
from desk.change_age import KEPT_AGE
from desk.changes import CaseChange, ChangeKind
from desk.mail.composer import MailComposer
from desk.mail.message import DEFAULT_LIFETIME, Mail
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient, Recipients
from desk.mail.tables import NoticeRow
from desk.mail.texts import (
    NOTICE_OPENINGS,
    REMINDER_OPENINGS,
    DeskLinks,
    notice_text,
    reminder_text,
    switched_off_text,
)

NOTICE_INTERVAL: Final = timedelta(hours=1)
# An older change comes from a replay or a long outage. The digest counts its case.
_NOTIFIED_AGE = timedelta(days=1)


class NoticeQueue:
    """Stores changes that officers are notified of, in the transaction of the read model. `now` is the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def add(self, connection: Connection, changes: Sequence[CaseChange]) -> None:
        """Store the changes that officers are notified of. A change that was stored before is left as it is."""
        oldest = self._now() - _NOTIFIED_AGE
        rows = [
            {
                "change_id": change.id,
                "kind": change.kind,
                "agency": change.agency,
                "number": change.number,
                "changed_at": change.at,
            }
            for change in changes
            if change.kind in {*NOTICE_OPENINGS, *REMINDER_OPENINGS} and change.at >= oldest
        ]
        for chunk in statement_chunks(rows):
            connection.execute(insert_statement(connection, NoticeRow).on_conflict_do_nothing(), list(chunk))


class NoticeJob:
    """Makes the notices that are due. `agency_name` returns the name of an agency by its code."""

    def __init__(
        self,
        engine: Engine,
        recipients: Recipients,
        links: DeskLinks,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
        agency_name: Callable[[str], str],
    ) -> None:
        self._engine = engine
        self._recipients = recipients
        self._links = links
        self._composer = composer
        self._outbox = outbox
        self._now = now
        self._agency_name = agency_name

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
        officers, heads = self._recipients.officers(agency), self._heads(agency)
        with write_transaction(self._engine) as connection:
            pending = col(NoticeRow.agency) == agency, col(NoticeRow.notified_at).is_(None)
            statement = update(NoticeRow).where(*pending).values(notified_at=now)
            marked: Sequence[Any] = connection.execute(
                statement.returning(
                    *(col(getattr(NoticeRow, name)) for name in ("change_id", "kind", "number", "changed_at"))
                )
            ).all()
            if not marked:
                # Another process was faster.
                return 0
            rows = sorted(marked, key=lambda row: (row.changed_at, row.change_id))
            mails = [*self._notices(agency, rows, officers, now), *self._reminders(agency, rows, heads, now)]
            self._outbox.add_within(connection, mails)
        return len(mails)

    def _heads(self, agency: str) -> Sequence[Recipient]:
        """Return who is reminded: coordinators of the agency, else officers, and all overseers."""
        return [
            *(self._recipients.coordinators(agency) or self._recipients.officers(agency)),
            *self._recipients.overseers(),
        ]

    def _notices(
        self, agency: str, rows: Sequence[Any], officers: Sequence[Recipient], now: datetime
    ) -> Sequence[Mail]:
        """Return the e-mails to officers about what citizens wrote and about deadlines."""
        told = [row for row in rows if row.kind in NOTICE_OPENINGS]
        if not told:
            return ()
        text = notice_text({kind: _numbers(rows, kind) for kind in NOTICE_OPENINGS}, self._links)
        cause = (agency, str(told[0].change_id))
        return self._composer.compose("notice", cause, officers, text, now + DEFAULT_LIFETIME)

    def _reminders(self, agency: str, rows: Sequence[Any], heads: Sequence[Recipient], now: datetime) -> Sequence[Mail]:
        """Return the e-mails about what is three times overdue, and about recommendations without an answer."""
        mails: list[Mail] = []
        for kind in REMINDER_OPENINGS:
            late = [row for row in rows if row.kind == kind]
            if late:
                text = reminder_text(kind, self._agency_name(agency), _numbers(rows, kind))
                cause = (agency, str(late[0].change_id))
                mails += self._composer.compose("reminder", cause, heads, text, now + DEFAULT_LIFETIME)
        return mails


def _numbers(rows: Sequence[Any], kind: ChangeKind) -> Sequence[str]:
    """Return the numbers of the cases with a change of this kind, each once."""
    return list(dict.fromkeys(row.number for row in rows if row.kind == kind))
