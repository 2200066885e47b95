"""Builds the web doors: the form with its JSON twin, Open311, and the list of own reports by a proven contact."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, union
from sqlmodel import col, select

from app.assembly.doors.contact import contact_store, contact_ways, form_contact, mail_proof, phone_proof
from app.assembly.doors.documented_responses import PAGE_RESPONSES
from app.assembly.doors.open311 import Open311PublicView, look_up
from app.assembly.doors.parts import DoorParts
from app.assembly.installed_channel import HttpDoor, HttpParts
from app.assembly.reply_providers import sms_provider
from cases.facts.tables import ComplaintFact
from config.conditions import is_one_of
from config.database import read_transaction
from ingest.web.contact_proof.addresses import mail_address, mobile_number
from ingest.web.contact_proof.code_proof import CodeProof
from ingest.web.contact_proof.contacts import ContactStore
from ingest.web.contact_proof.pages import ContactPages
from ingest.web.door import WebDoor
from ingest.web.follow_ups.door import FollowUpDoor
from ingest.web.form_files import FormFiles
from ingest.web.form_token import FormTokens
from ingest.web.information_pages import InformationPages, Operator
from ingest.web.open311.door import Open311Door
from ingest.web.open311.store import RequestStore
from ingest.web.own_reports_page import OwnReport, OwnReportPages, ReportContacts
from language.masking import Kind, find_personal
from sinks.public.queries import PublicReports
from sinks.replies.tables import RecipientRow

# Reports in the list, the newest ones.
MAX_REPORTS = 50


def web_doors(parts: DoorParts, http: HttpParts) -> Iterable[HttpDoor]:
    """Return the form, the pages beside it, and Open311."""
    settings = parts.settings
    tokens = FormTokens(parts.secrets.sender_key, settings.reached_at)
    follow_ups = FollowUpDoor(
        http.gate,
        parts.wrapper,
        FormFiles(parts.attachments, tokens, http.gate.check_rate),
        tokens,
        http.pages,
        parts.secrets.link_key,
        http.new_id,
    )
    form = WebDoor(
        http.gate,
        parts.wrapper,
        parts.attachments,
        tokens,
        http.pages,
        parts.regions,
        http.new_id,
        settings.reached_at,
        parts.link_of,
        form_contact(parts, tokens, http.gate.check_rate),
        partial(_region_of_public, PublicReports(parts.engine, parts.now)) if settings.public_view else _no_region,
        _has_number,
    )
    proof = phone_proof(parts, sms_provider, http.new_id)
    contact_pages = ContactPages(http.gate, tokens, contact_store(parts), proof, http.pages)
    report_contacts = _report_contacts(parts, proof, mail_proof(parts, http.new_id))
    own_report_pages = OwnReportPages(http.gate, report_contacts, http.pages)
    open311 = Open311Door(
        http.gate,
        parts.wrapper,
        http.store,
        RequestStore(parts.engine),
        parts.services,
        [key.get_secret_value() for key in settings.open311_keys],
        partial(look_up, parts.ledger, parts.now),
        http.new_id,
        http.now,
        settings.reached_at,
        _public_requests(parts) if settings.public_view else None,
    )
    operator = Operator(settings.operator_name, settings.operator_address, settings.operator_email)
    information = InformationPages(
        http.pages,
        operator,
        contact_ways(parts),
        parts.retention.rows_of_citizens(),
        settings.reached_at,
        parts.now,
    )
    # Open311 describes its refusals itself, in its own format.
    return (
        HttpDoor(form.routes(), PAGE_RESPONSES, is_busy=True),
        HttpDoor(follow_ups.routes()),
        HttpDoor(contact_pages.routes(), PAGE_RESPONSES),
        HttpDoor(own_report_pages.routes(), PAGE_RESPONSES),
        HttpDoor(information.routes(), PAGE_RESPONSES),
        HttpDoor(open311.routes()),
    )


def _region_of_public(reports: PublicReports, public_id: str) -> str:
    report = reports.find(public_id)
    return report.region if report else ""


def _no_region(_public_id: str) -> str:
    return ""


def _has_number(text: str) -> bool:
    return any(span.kind == Kind.NUMBER for span in find_personal(text))


def _public_requests(parts: DoorParts) -> Open311PublicView:
    reports = PublicReports(parts.engine, parts.now)
    return Open311PublicView(reports, parts.ledger.agency_names, parts.regions, lambda: parts.topic_names)


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


def _report_contacts(
    parts: DoorParts, phones: CodeProof | None, mailboxes: CodeProof | None
) -> Sequence[ReportContacts]:
    """Return the kinds of contacts that the service can send a code to."""
    contacts, kinds = contact_store(parts), []
    if phones:
        kinds.append(ReportContacts("sms", mobile_number, phones, partial(own_reports, parts, contacts)))
    if mailboxes:
        kinds.append(ReportContacts("email", mail_address, mailboxes, partial(own_reports_by_email, parts, contacts)))
    return kinds
