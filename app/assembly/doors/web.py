"""Builds the web doors: the form with its JSON twin, and Open311."""

from collections.abc import Iterable
from functools import partial

from app.assembly.doors.contact import contact_store, contact_ways, form_contact, mail_proof, phone_proof
from app.assembly.doors.documented_responses import PAGE_RESPONSES
from app.assembly.doors.open311 import Open311PublicView, look_up
from app.assembly.doors.own_reports import report_contacts
from app.assembly.doors.parts import DoorParts
from app.assembly.installed_channel import HttpDoor, HttpParts
from app.assembly.reply_providers import sms_provider
from ingest.web.contact_proof.pages import ContactPages
from ingest.web.door import WebDoor
from ingest.web.follow_ups.door import FollowUpDoor
from ingest.web.form_drafts import FormDrafts
from ingest.web.form_files import FormFiles
from ingest.web.form_token import FormTokens
from ingest.web.information_pages import InformationPages, Operator
from ingest.web.open311.door import Open311Door
from ingest.web.open311.store import RequestStore
from ingest.web.own_reports_page import OwnReportPages
from language.masking import Kind, find_personal
from sinks.public.queries import PublicReports


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
        parts.place_at,
        FormDrafts(parts.engine, parts.now, parts.randomness.token),
    )
    proof = phone_proof(parts, sms_provider, http.new_id)
    contact_pages = ContactPages(http.gate, tokens, contact_store(parts), proof, http.pages)
    contacts = report_contacts(parts, proof, mail_proof(parts, http.new_id))
    own_report_pages = OwnReportPages(http.gate, contacts, http.pages)
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
