"""Reads the reports of a telephone number from the recipients of replies, the contacts of the form and the ledger."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, union
from sqlmodel import col, select

from app.assembly.doors.parts import DoorParts
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from ingest.web.contact_proof.contacts import ContactStore
from ingest.web.own_reports_page import OwnReport
from sinks.replies.tables import RecipientRow

# Reports in the list, the newest ones.
MAX_REPORTS = 50


def own_reports(parts: DoorParts, contacts: ContactStore, number: str) -> Sequence[OwnReport]:
    """Return the reports of this number (E.164), the newest first: by SMS, and by the form if it was proven there."""
    sender = parts.wrapper.sender_hash(f"tel:{number}")
    by_sms = select(col(RecipientRow.complaint_id)).where(col(RecipientRow.sender) == sender)
    proven: Select[Any] = contacts.reports_of(number)
    by_form = select(col(ComplaintFact.id)).where(col(ComplaintFact.tracking).in_(proven))
    query = (
        select(col(ComplaintFact.tracking), col(ComplaintFact.message_id), col(ComplaintFact.received_at))
        .where(col(ComplaintFact.id).in_(union(by_sms, by_form)))
        .order_by(col(ComplaintFact.received_at).desc(), col(ComplaintFact.id))
        .limit(MAX_REPORTS)
    )
    with read_transaction(parts.engine) as connection:
        rows = connection.execute(query).all()
    statuses = parts.ledger.statuses([row.tracking for row in rows])
    return [
        OwnReport(row.tracking, row.received_at, statuses[row.tracking].sentence, parts.link_of(row.message_id))
        for row in rows
        if row.tracking in statuses
    ]


def own_reports_of(parts: DoorParts, contacts: ContactStore) -> partial[Sequence[OwnReport]]:
    """Return the function that reads the reports of a number."""
    return partial(own_reports, parts, contacts)
