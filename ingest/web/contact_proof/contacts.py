"""Contacts of the form's reports, and which of them are proven.

They are a table of the door, not a message: the report is on the bus before its sender proves anything, and a proof
says nothing about the report. The sender of replies reads the table when it chooses the way of a reply.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, Select, func, select, update
from sqlmodel import col

from config.database import (
    DatabaseLock,
    changed_rows,
    has_row,
    insert_statement,
    lock_until_commit,
    read_transaction,
    write_transaction,
)
from ingest.web.contact_proof.addresses import address_digest, mailbox_digest
from ingest.web.contact_proof.decision import DAY, HOUR, FirstMailHistory, judge_first_mail
from ingest.web.contact_proof.tables import ContactRow
from messages.sealing import Sealed, Sealer, UnsealError
from pages.refusals import Refused

# Stores the first mail in the transaction of the contact.
QueueMail = Callable[[Connection], None]
# Counts a first mail for the network of a report's sender. Raises `Refused` above its rate.
CheckNetwork = Callable[[], None]
_LIMITS_OF_SERVICE = frozenset({"day-limit", "hour-limit", "network-limit"})

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReportContact:
    """Number (E.164) and mail address of a report's sender, each empty if not given, and whether they are proven."""

    phone: str = ""
    email: str = ""
    is_phone_proven: bool = False
    is_email_confirmed: bool = False


class ContactStore:
    """Reads and writes contacts. Every method may raise `DatabaseUnavailable`, and `contact` `UnsealError`."""

    def __init__(self, engine: Engine, sealer: Sealer, key: bytes, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._key = hmac.digest(key, b"contact proof", hashlib.sha256)
        self._now = now

    def add(
        self,
        tracking: str,
        message_id: UUID,
        phone: str,
        email: str,
        mails_per_day: int,
        check_network: CheckNetwork,
        queue_mail: QueueMail,
    ) -> bool:
        """Store the contact of a report, once. Return whether its address gets the mail that confirms it.

        `queue_mail` queues that mail: contact and mail are stored together or not at all. `mails_per_day` limits the
        first mails of the whole service, `check_network` those of the sender's network.
        """
        digest, now = mailbox_digest(self._key, email) if email else "", self._now()
        row = {
            "tracking": tracking, "message_id": message_id, "email_digest": digest,
            "phone_digest": address_digest(self._key, phone) if phone else "",
            "phone": self._seal(phone, message_id), "email": self._seal(email, message_id),
        }  # fmt: skip
        with write_transaction(self._engine) as connection:
            verdict = ""
            if email:
                lock_until_commit(connection, DatabaseLock.FIRST_MAILS)
                verdict = judge_first_mail(_mail_history(connection, digest, now), mails_per_day)
                if verdict == "allowed" and not _is_within_rate(check_network):
                    verdict = "network-limit"
            mailed_at = now if verdict == "allowed" else None
            statement = insert_statement(connection, ContactRow).values(row | {"mailed_at": mailed_at})
            inserted = connection.execute(statement.on_conflict_do_nothing().returning(col(ContactRow.tracking)))
            if inserted.one_or_none() is None:
                return False
            if verdict == "allowed":
                queue_mail(connection)
        if verdict in _LIMITS_OF_SERVICE:
            _log.warning("contact.mail_withheld", message_id=str(message_id), limit=verdict)
        return verdict == "allowed"

    def contact(self, tracking: str) -> ReportContact:
        """Return the contact of a report; an empty one if none is stored."""
        row = self._row(tracking)
        if row is None:
            return ReportContact()
        phone, email = (self._open(value, row.message_id) for value in (row.phone, row.email))
        return ReportContact(phone, email, row.phone_proven_at is not None, row.email_confirmed_at is not None)

    def proven_ways(self, tracking: str) -> frozenset[str]:
        """Return by which ways the sender of a report has proven to be reached: `sms`, `email`, both or none."""
        row = self._row(tracking)
        proven_at = {"sms": row.phone_proven_at, "email": row.email_confirmed_at} if row else {}
        return frozenset(way for way, time in proven_at.items() if time)

    def reports_of(self, phone: str) -> Select[Any]:
        """Return the query of the tracking numbers of the reports whose senders have proven this number (E.164)."""
        is_number = col(ContactRow.phone_digest) == address_digest(self._key, phone)
        return select(col(ContactRow.tracking)).where(is_number, col(ContactRow.phone_proven_at).is_not(None))

    def reports_of_address(self, email: str) -> Sequence[str]:
        """Return the tracking numbers of the reports that confirmed this mail address, in whatever letters.

        Another address of the same mailbox is another one: only its provider knows that they are one. A mailbox
        confirms few reports a day: see `judge_first_mail`.
        """
        columns = (col(ContactRow.tracking), col(ContactRow.message_id), col(ContactRow.email))
        is_mailbox = col(ContactRow.email_digest) == mailbox_digest(self._key, email)
        query = select(*columns).where(is_mailbox, col(ContactRow.email_confirmed_at).is_not(None))
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [row.tracking for row in rows if self._is_address(row.email, row.message_id, email)]

    def mark_phone_proven(self, tracking: str) -> None:
        """Record that the sender typed the code that was sent to the number of the report."""
        self._mark(tracking, col(ContactRow.phone_proven_at))

    def confirm_email(self, tracking: str) -> bool:
        """Record that the reader of the mail confirmed the address. Return whether the report has one."""
        return self._mark(tracking, col(ContactRow.email_confirmed_at))

    def _mark(self, tracking: str, column: Any) -> bool:
        """Set a time that is not set yet. Return whether the report has a contact."""
        of_report = col(ContactRow.tracking) == tracking
        with write_transaction(self._engine) as connection:
            statement = update(ContactRow).where(of_report).values({column: func.coalesce(column, self._now())})
            return changed_rows(connection.execute(statement)) > 0

    def _row(self, tracking: str) -> Any:
        columns = ContactRow.__table__.columns  # type: ignore[attr-defined]  # SQLModel has no type for it
        with read_transaction(self._engine) as connection:
            return connection.execute(select(*columns).where(col(ContactRow.tracking) == tracking)).one_or_none()

    def _is_address(self, sealed: str, message_id: UUID, email: str) -> bool:
        try:
            return self._open(sealed, message_id).lower() == email.lower()
        except UnsealError:
            # Its sender is forgotten, or another key sealed it.
            return False

    def _seal(self, value: str, message_id: UUID) -> str:
        return self._sealer.seal(value.encode(), message_id) if value else ""

    def _open(self, value: str, message_id: UUID) -> str:
        return self._sealer.open(Sealed(value), message_id).decode() if value else ""


def _is_within_rate(check_network: CheckNetwork) -> bool:
    try:
        check_network()
    except Refused:
        return False
    return True


def _mail_history(connection: Connection, email_digest: str, now: datetime) -> FirstMailHistory:
    to_address, is_mailed = col(ContactRow.email_digest) == email_digest, col(ContactRow.mailed_at).is_not(None)
    is_unconfirmed = col(ContactRow.email_confirmed_at).is_(None)
    unconfirmed = select(col(ContactRow.tracking)).where(to_address, is_mailed, is_unconfirmed)
    last_day = select(func.count()).select_from(ContactRow).where(col(ContactRow.mailed_at) > now - DAY)
    return FirstMailHistory(
        has_unconfirmed=has_row(connection, unconfirmed),
        to_address=connection.execute(last_day.where(to_address)).scalar_one(),
        in_all=connection.execute(last_day).scalar_one(),
        in_last_hour=connection.execute(last_day.where(col(ContactRow.mailed_at) > now - HOUR)).scalar_one(),
    )
