"""Seals contacts of later reports again, before a key of a forgotten person is destroyed.

A report may come after the request and before the key is retired: the person writes anew, and a stage needs some time.
Its contact has the key that is to be destroyed. Without it nobody could reply to the sender.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, update
from sqlmodel import col, select

from bus.errors import Retry
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from config.database import read_transaction, write_transaction
from messages.sealing import Sealed, Sealer, UnknownKeyError, UnsealError
from privacy.tables import PersonReport
from sinks.replies.tables import RecipientRow

# Tables with contacts.
_TABLES: Sequence[type[CaseWords | RecipientRow]] = (CaseWords, RecipientRow)


class _Contact(NamedTuple):
    """A stored contact, and the message that it was sealed for."""

    table: type[CaseWords | RecipientRow]
    complaint_id: UUID
    message_id: UUID
    sender: str
    contact: Sealed


def reseal_contacts(engine: Engine, sealer: Sealer, senders: Sequence[str]) -> int:
    """Seal the contacts of reports that are not forgotten with the present keys of their senders. Return their number.

    Raises `DatabaseUnavailable`, and `Retry` for a root key that this process lacks: no key may be destroyed then.
    """
    with read_transaction(engine) as connection:
        contacts = _contacts(connection, senders)
    try:
        sealer.prepare_sealing({contact.sender for contact in contacts})
        changes = [(contact, sealed) for contact in contacts if (sealed := _resealed(sealer, contact))]
    except UnknownKeyError as error:
        raise Retry(f"key {error} is missing: contacts cannot be sealed again") from error
    if changes:
        with write_transaction(engine) as connection:
            for contact, sealed in changes:
                _replace(connection, contact, sealed)
    return len(changes)


def _contacts(connection: Connection, senders: Sequence[str]) -> list[_Contact]:
    contacts: list[_Contact] = []
    is_later = is_one_of(col(PersonReport.sender), senders), col(PersonReport.forgotten_at).is_(None)
    for table in _TABLES:
        contact = col(table.contact)
        names = ("complaint_id", "message_id", "sender")
        columns: Sequence[Any] = (*(col(getattr(PersonReport, name)) for name in names), contact)
        is_about = col(table.complaint_id) == col(PersonReport.complaint_id)
        rows = connection.execute(select(*columns).join(table, is_about).where(*is_later, contact != ""))
        contacts += [_Contact(table, *row) for row in rows]
    return contacts


def _resealed(sealer: Sealer, contact: _Contact) -> Sealed | None:
    """Return the contact sealed again; `None` for one that has the present key, or that nobody can open."""
    try:
        plain = sealer.open(contact.contact, contact.message_id)
    except UnknownKeyError:
        raise
    except UnsealError:
        return None
    sealed = sealer.seal_for(contact.sender, plain, contact.message_id)
    return None if sealed == contact.contact else sealed


def _replace(connection: Connection, contact: _Contact, sealed: Sealed) -> None:
    table = contact.table
    is_unchanged = col(table.complaint_id) == contact.complaint_id, col(table.contact) == contact.contact
    connection.execute(update(table).where(*is_unchanged).values(contact=sealed))
