"""Reads the reports of a proven contact from the recipients of replies, the contacts of the form and the ledger."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, union
from sqlmodel import col, select

from app.assembly.doors.contact import contact_store
from app.assembly.doors.parts import DoorParts
from cases.facts.tables import ComplaintFact
from config.conditions import is_one_of
from config.database import read_transaction
from ingest.web.contact_proof.addresses import mail_address, mobile_number
from ingest.web.contact_proof.code_proof import CodeProof
from ingest.web.contact_proof.contacts import ContactStore
from ingest.web.own_reports_page import OwnReport, ReportContacts
from sinks.replies.tables import RecipientRow

# Reports in the list, the newest ones.
_MAX_REPORTS = 50


def own_reports(parts: DoorParts, contacts: ContactStore, number: str) -> Sequence[OwnReport]:
    """Return the reports of this number (E.164), the newest first: by SMS, and by the form if it was proven there."""
    sender = parts.wrapper.sender_hash(f"tel:{number}")
    by_sms = select(col(RecipientRow.complaint_id)).where(col(RecipientRow.sender) == sender)
    proven: Select[Any] = contacts.reports_of(number)
    by_form = select(col(ComplaintFact.id)).where(col(ComplaintFact.tracking).in_(proven))
    return _listed_reports(parts, col(ComplaintFact.id).in_(union(by_sms, by_form)))


def own_reports_by_email(parts: DoorParts, contacts: ContactStore, address: str) -> Sequence[OwnReport]:
    """Return the reports by the form that confirmed this mail address, the newest first."""
    return _listed_reports(parts, is_one_of(col(ComplaintFact.tracking), contacts.reports_of_address(address)))


def _listed_reports(parts: DoorParts, condition: ColumnElement[bool]) -> Sequence[OwnReport]:
    query = (
        select(col(ComplaintFact.tracking), col(ComplaintFact.message_id), col(ComplaintFact.received_at))
        .where(condition)
        .order_by(col(ComplaintFact.received_at).desc(), col(ComplaintFact.id))
        .limit(_MAX_REPORTS)
    )
    with read_transaction(parts.engine) as connection:
        rows = connection.execute(query).all()
    statuses = parts.ledger.statuses([row.tracking for row in rows])
    return [
        OwnReport(
            row.tracking, row.received_at, statuses[row.tracking].sentence_to_sender, parts.link_of(row.message_id)
        )
        for row in rows
        if row.tracking in statuses
    ]


def report_contacts(
    parts: DoorParts, phones: CodeProof | None, mailboxes: CodeProof | None
) -> Sequence[ReportContacts]:
    """Return the kinds of contacts that the service can send a code to."""
    contacts, kinds = contact_store(parts), []
    if phones:
        kinds.append(ReportContacts("sms", mobile_number, phones, partial(own_reports, parts, contacts)))
    if mailboxes:
        kinds.append(ReportContacts("email", mail_address, mailboxes, partial(own_reports_by_email, parts, contacts)))
    return kinds
