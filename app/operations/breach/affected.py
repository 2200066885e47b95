"""Reports whose data a component could have shown, with the way by which the service reaches each sender. No words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, and_, or_
from sqlmodel import col, select

from app.operations.breach.components import Component
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from desk.read_model.tables import DeskCase
from desk.webhooks.tables import DeliveryRow
from ingest.web.contact_proof.tables import ContactRow
from messages.topics import RETENTION_DAYS
from privacy.tables import PersonReport
from sinks.replies.tables import RecipientRow

_ROWS_AT_ONCE = 1_000

# `reply`: a message on the channel of the report. `contact`: the number or address that the form has, sealed.
# `own-page`: nothing but the page of the own link.
Reach = Literal["reply", "contact", "own-page"]


@dataclass(frozen=True, slots=True)
class AffectedReport:
    """One report. `person` is the keyed hash of its sender, empty if no table knows it."""

    number: str
    channel: str
    received_at: datetime
    anonim: bool
    rahasia: bool
    person: str
    reach: Reach


def affected_reports(engine: Engine, component: Component, since: datetime, agency: str) -> Iterator[AffectedReport]:
    """Yield the reports that the component has had since a moment, by number. `agency` limits desk and webhook.

    A report whose words were purged or forgotten before `since` is left out where only tables had them. Raises
    `DatabaseUnavailable`.
    """
    columns: list[Any] = [
        *(ComplaintFact.tracking, ComplaintFact.channel, ComplaintFact.received_at, ComplaintFact.anonim),
        *(ComplaintFact.rahasia, PersonReport.sender, RecipientRow.contact, ContactRow.message_id),
    ]
    query = (
        select(*columns)
        .select_from(ComplaintFact)
        .outerjoin(PersonReport, col(PersonReport.complaint_id) == col(ComplaintFact.id))
        .outerjoin(RecipientRow, col(RecipientRow.complaint_id) == col(ComplaintFact.id))
        .outerjoin(
            ContactRow,
            and_(
                col(ContactRow.tracking) == col(ComplaintFact.tracking),
                or_(col(ContactRow.phone) != "", col(ContactRow.email) != ""),
            ),
        )
        .where(_had_report(component, since, agency))
        .order_by(col(ComplaintFact.tracking))
        .limit(_ROWS_AT_ONCE)
    )
    last = ""
    while True:
        with read_transaction(engine) as connection:
            page = connection.execute(query.where(col(ComplaintFact.tracking) > last)).all()
        for number, channel, received_at, anonim, rahasia, sender, contact, form_contact in page:
            reach: Reach = "reply" if contact else "contact" if form_contact else "own-page"
            yield AffectedReport(number, channel, received_at, anonim, rahasia, sender or "", reach)
        if len(page) < _ROWS_AT_ONCE:
            return
        last = page[-1][0]


def _had_report(component: Component, since: datetime, agency: str) -> ColumnElement[bool]:
    if component == "door-host":
        return col(ComplaintFact.received_at) >= since
    if component == "bus":
        return col(ComplaintFact.received_at) >= since - timedelta(days=RETENTION_DAYS)
    if component == "webhook":
        notices = select(col(DeliveryRow.number)).where(col(DeliveryRow.changed_at) >= since)
        notices = notices.where(col(DeliveryRow.agency) == agency) if agency else notices
        return col(ComplaintFact.tracking).in_(notices)
    if component == "backup":
        # A back-up may be older than any purge.
        return col(ComplaintFact.id).is_not(None)
    had_words = or_(col(PersonReport.forgotten_at).is_(None), col(PersonReport.forgotten_at) >= since)
    if component == "desk-account" and agency:
        cases = select(col(DeskCase.complaint_id)).where(col(DeskCase.agency) == agency)
        return and_(had_words, col(ComplaintFact.id).in_(cases))
    return had_words
