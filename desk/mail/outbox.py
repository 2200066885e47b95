"""Outbox of e-mails: each is stored once by its id, and sent by one process at a time. Several may share it.

    waiting -> sent | failed | expired

A process that dies while it sends leaves its lease behind; the e-mail is sent again when that has ended.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, or_, select, update
from sqlmodel import col

from config.database import changed_rows, insert_statement, read_transaction, statement_chunks, write_transaction
from desk.change_age import KEPT_AGE
from desk.mail.message import Mail
from desk.mail.smtp import MailResult
from desk.mail.tables import MailRow
from messages.sealing import Sealed, Sealer

# Waits after failed attempts; the last one repeats until the e-mail expires.
RETRY_DELAYS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
)
# Kinds of e-mail that go first, the most urgent one before the others: somebody waits for a link or a code.
_URGENT_KINDS: Final = ("danger", "account-link", "code")
# An attempt takes some timeouts of 15 s at most. An older lease belongs to a dead process.
LEASE_LENGTH: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """New status of an e-mail after an attempt, and the time of the next attempt while it waits."""

    status: str
    next_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """E-mail that this process sends, with the number of earlier attempts."""

    mail: Mail
    lease: str
    earlier_attempts: int


def decide_outcome(result: MailResult, earlier_attempts: int, expires_at: datetime, now: datetime) -> MailOutcome:
    """Return what follows from an attempt. Pure."""
    if not result.error:
        return MailOutcome("sent", now)
    if result.permanent:
        return MailOutcome("failed", now)
    next_at = now + RETRY_DELAYS[min(earlier_attempts, len(RETRY_DELAYS) - 1)]
    return MailOutcome("expired" if next_at >= expires_at else "waiting", next_at)


class MailOutbox:
    """Stores e-mails, sealed: a link in one may let its reader in. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, sealer: Sealer, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._now = now

    def add(self, mails: Sequence[Mail]) -> None:
        """Store e-mails. One whose id is stored already is left as it is."""
        with write_transaction(self._engine) as connection:
            self.add_within(connection, mails)

    def add_within(self, connection: Connection, mails: Sequence[Mail]) -> None:
        """Store e-mails in a transaction. One whose id is stored already is left as it is."""
        now = self._now()
        for chunk in statement_chunks([self._row(mail, now) for mail in mails]):
            connection.execute(insert_statement(connection, MailRow).on_conflict_do_nothing(), list(chunk))

    def claim(self, lease: str) -> ClaimedMail | None:
        """Claim an e-mail of an urgent kind, else the one that has waited longest.

        Return `None` if none is due, or another process was faster. Raises `UnsealError` if this process cannot open
        it; its lease delays the next try.
        """
        now = self._now()
        query = select(MailRow.__table__).where(_is_due(now)).order_by(col(MailRow.next_at), col(MailRow.id)).limit(1)  # type: ignore[attr-defined]  # SQLModel has no type for it
        with read_transaction(self._engine) as connection:
            # None of these waits behind thousands of digests.
            queries = (*(query.where(col(MailRow.kind) == kind) for kind in _URGENT_KINDS), query)
            rows = (connection.execute(urgent_first).one_or_none() for urgent_first in queries)
            row: Any = next((row for row in rows if row is not None), None)
        if row is None:
            return None
        leased = {"lease": lease, "leased_until": now + LEASE_LENGTH}
        with write_transaction(self._engine) as connection:
            # Another process may have claimed it since.
            statement = update(MailRow).where(col(MailRow.id) == row.id, _is_due(now)).values(leased)
            if changed_rows(connection.execute(statement)) == 0:
                return None
        to, subject, body = self._open(row.content, row.id)
        mail = Mail(row.id, row.kind, to, subject, body, row.expires_at)
        return ClaimedMail(mail, lease, row.attempts)

    def finish(self, claimed: ClaimedMail, result: MailResult) -> MailOutcome:
        """Store what follows from an attempt, unless another process has the e-mail now. Return it."""
        now = self._now()
        outcome = decide_outcome(result, claimed.earlier_attempts, claimed.mail.expires_at, now)
        finished = {} if outcome.status == "waiting" else {"content": "", "finished_at": now}
        changes = {
            "status": outcome.status, "next_at": outcome.next_at, "attempts": claimed.earlier_attempts + 1,
            "error": result.error, "lease": "", "leased_until": None, **finished,
        }  # fmt: skip
        is_claimed = and_(col(MailRow.id) == claimed.mail.id, col(MailRow.lease) == claimed.lease)
        with write_transaction(self._engine) as connection:
            connection.execute(update(MailRow).where(is_claimed).values(changes))
        return outcome

    def sweep(self) -> int:
        """Expire e-mails that are too late, and delete old finished ones. Return the number of expired ones."""
        now = self._now()
        waiting, finished = col(MailRow.status) == "waiting", col(MailRow.status).in_(("sent", "failed", "expired"))
        expired = {"status": "expired", "content": "", "finished_at": now, "lease": "", "leased_until": None}
        late = update(MailRow).where(waiting, col(MailRow.expires_at) <= now)
        with write_transaction(self._engine) as connection:
            count = changed_rows(connection.execute(late.values(expired)))
            connection.execute(delete(MailRow).where(finished, col(MailRow.made_at) < now - KEPT_AGE))
        return count

    def _row(self, mail: Mail, now: datetime) -> dict[str, Any]:
        content = json.dumps([mail.to, mail.subject, mail.body]).encode()
        return {
            "id": mail.id, "kind": mail.kind, "content": self._sealer.seal(content, mail.id), "status": "waiting",
            "attempts": 0, "made_at": now, "next_at": now, "expires_at": mail.expires_at, "lease": "", "error": "",
        }  # fmt: skip

    def _open(self, content: str, message_id: UUID) -> tuple[str, str, str]:
        to, subject, body = json.loads(self._sealer.open(Sealed(content), message_id))
        return to, subject, body


def _is_due(now: datetime) -> ColumnElement[bool]:
    leased_until = col(MailRow.leased_until)
    free = or_(leased_until.is_(None), leased_until <= now)
    is_waiting = and_(col(MailRow.status) == "waiting", col(MailRow.next_at) <= now, col(MailRow.expires_at) > now)
    return and_(is_waiting, free)
