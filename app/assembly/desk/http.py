"""The HTTP application of the desk: pages of agencies and staff below `/desk`, the interface below `/agency`."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from jinja2 import Environment
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from accounts.account_store import AccountStore
from accounts.appointments import active_stand_ins
from accounts.pages.people_pages import PEOPLE_NAVIGATION
from accounts.permissions import CASE_ROLES
from accounts.signed_in import SignedIn
from app.assembly.desk.accounts import build_account_pages, build_account_services
from app.assembly.desk.api import build_agency_api, build_agency_keys
from app.assembly.desk.parts import DeskParts
from app.assembly.desk.proposal_tables import proposal_tables
from app.assembly.desk.staff import STAFF_NAVIGATION, StaffPages
from app.assembly.desk.suggestions import StaffSuggestions
from app.assembly.desk.webhooks import agency_webhooks
from app.assembly.doors.counter import COUNTER_NAVIGATION, counter_desk
from app.assembly.oversight.pages import case_pages, overseer_pages
from app.assembly.parts import Parts
from app.assembly.reply_providers import direct_message_channels
from app.assembly.unexpected_errors import install_unexpected_handler
from app.training.page import NAVIGATION as TRAINING_NAVIGATION
from app.training.page import TrainingPage
from app.training.room import read_room
from bus.errors import Retry
from cases.clocks.working_calendar import WorkingCalendar
from desk.api.case_document import PREFIX
from desk.pages.desk_pages import NAVIGATION as AGENCY_NAVIGATION
from desk.pages.desk_pages import DeskPages
from desk.pages.integration.integration_pages import NAVIGATION as INTEGRATION_NAVIGATION
from desk.pages.integration.integration_pages import IntegrationPages
from desk.pages.parts import DeskPageParts, FindOfficers, Officer
from ingest.http.admission import ADDRESS_RATES, Admission
from ingest.http.concurrency_middleware import ConcurrencyMiddleware
from ingest.http.rate_limits import RateLimiter
from messages.channels import DoorFacts
from oversight.pages.address import OVERSIGHT
from oversight.pages.overseer_pages import NAVIGATION as OVERSIGHT_NAVIGATION
from pages.csrf import is_below
from pages.environment import page_environment
from pages.frame import NavigationEntry, SignedInPages
from pages.headers import PageHeaders, new_nonce
from pages.language import PageLanguage
from pages.problems import RefusalResponder
from pages.refusal_handlers import install_refusal_handlers, record_refusal
from pages.refusals import unavailable
from pages.refused import RefusedPages
from pages.rejection_counter import RejectionCounter
from pages.text_check import TextCheck
from pages.translation.translator import load_translator

# Addresses that the desk's application answers, also where it shares the port of the doors.
PREFIXES = ("/desk", "/agency", OVERSIGHT)
_ROOT = Path(__file__).parents[3]
_TEMPLATES = [
    _ROOT / folder
    for folder in (
        "accounts/templates",
        "desk/pages/templates",
        "desk/pages/integration/templates",
        "app/staff/templates",
        "oversight/pages/templates",
        "oversight/cases/templates",
        "ingest/counter/templates",
        "app/training/templates",
    )
]
# Refusals of the desk are counted apart from those of the doors.
_DESK = DoorFacts(name="desk", label="desk", title="The desk", address_prefix="/")
# Links of all pages for persons who sign in.
NAVIGATION: Sequence[NavigationEntry] = (
    *AGENCY_NAVIGATION,
    *COUNTER_NAVIGATION,
    *INTEGRATION_NAVIGATION,
    *OVERSIGHT_NAVIGATION,
    *STAFF_NAVIGATION,
    *PEOPLE_NAVIGATION,
)


def build(parts: Parts, desk: DeskParts) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Satu Pintu desk", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    room = read_room(parts.settings.home)
    navigation = (TRAINING_NAVIGATION, *NAVIGATION) if room else NAVIGATION
    pages = desk_templates(parts.deadlines.calendar, is_training=bool(room))
    responder = RefusalResponder(RefusedPages(pages).refused, ("/agency",))
    rejections = RejectionCounter([_DESK])
    install_refusal_handlers(app, responder, rejections)

    async def answer_bus_away(request: Request, _error: Exception) -> Response:
        """Answer that the bus is away: a person's act was not done."""
        refused = unavailable()
        record_refusal(request, refused)
        return responder.response(request.scope, refused)

    app.add_exception_handler(Retry, answer_bus_away)
    install_unexpected_handler(app, responder)
    # First: programs send most requests, and each route before theirs is compared with the address.
    api = build_agency_api(
        parts,
        desk.answers,
        desk.recommendation_answers,
        desk.institutions,
        desk.open_file,
        desk.audit_log.append,
        desk.answer_pictures,
        desk.units,
        desk.passing,
        desk.contributions,
        desk.divisions,
    )
    app.mount(PREFIX, api.application())
    accounts = build_account_services(parts, desk.audit_log.append)
    account_pages = build_account_pages(parts, accounts, pages, navigation, desk.institutions)
    account_pages.install(app)
    # Behind the limits of requests and forms: each request is counted, and no larger form is read.
    app.user_middleware.append(Middleware(TextCheck, responder=responder, rejections=rejections, reads_bodies=True))

    def officers(agency: str) -> Sequence[Officer]:
        persons = accounts.accounts.of_agency(agency)
        stand_ins = active_stand_ins(persons, parts.now())
        names = {account_id: stand_in.name for account_id, stand_in in stand_ins.items()}
        workers = (person for person in persons if person.role in CASE_ROLES)
        return [Officer(person.id, person.name, person.unit, names.get(person.id, "")) for person in workers]

    page_parts = desk_page_parts(parts, desk, officers, account_pages.signed_in, account_pages.signed_in_pages)
    app.include_router(DeskPages(page_parts, navigation).routes())
    record = desk.audit_log.append
    door_parts = counter_desk(
        parts, desk.publish_messages, record, account_pages.signed_in, account_pages.signed_in_pages
    )
    for channel in parts.installed_channels:
        for router in channel.desk_doors(parts.doors, door_parts):
            app.include_router(router)
    webhooks = agency_webhooks(parts.doors, record)
    integration = IntegrationPages(page_parts, webhooks, build_agency_keys(parts, record))
    app.include_router(integration.routes())
    staff_pages = StaffPages(
        parts,
        account_pages.signed_in,
        account_pages.signed_in_pages,
        desk.answers,
        desk.institutions,
        desk.audit_log,
        _suggestions(parts, desk),
    )
    app.include_router(staff_pages.routes())
    signed_in, pages_of_persons = account_pages.signed_in, account_pages.signed_in_pages
    if room:
        app.include_router(_training_page(parts, signed_in, pages_of_persons).routes())
    # Before the pages of scopes, whose addresses have any two parts.
    app.include_router(
        case_pages(parts, desk.institutions, desk.audit_log, desk.publish_messages, signed_in, pages_of_persons)
    )
    app.include_router(overseer_pages(parts, desk.audit_log, account_pages.signed_in, account_pages.signed_in_pages))
    rates = {**ADDRESS_RATES, **parts.settings.rates}
    limiter = RateLimiter(rates, counts_loopback=bool(parts.settings.public_url))
    app.add_middleware(
        ConcurrencyMiddleware,
        max_requests=parts.settings.requests_at_once,
        check=Admission(limiter, [_DESK], urlsplit(parts.settings.desk_reached_at).netloc).check,
        responder=responder,
        rejections=rejections,
    )
    app.add_middleware(PageLanguage)
    app.add_middleware(PageHeaders, new_nonce=partial(new_nonce, parts.randomness.token))
    return app


def desk_templates(calendar: WorkingCalendar, *, is_training: bool = False) -> Environment:
    """Return the templates of all pages for persons who sign in."""
    return page_environment(_TEMPLATES, load_translator(), calendar.is_provisional, is_training=is_training)


def _training_page(parts: Parts, signed_in: SignedIn, pages: SignedInPages) -> TrainingPage:
    return TrainingPage(
        engine=parts.engine,
        signed_in=signed_in,
        pages=pages,
        room=lambda: read_room(parts.settings.home),
        statuses=parts.ledger.statuses,
        link_of=parts.keys.link_of,
    )


def _suggestions(parts: Parts, desk: DeskParts) -> StaffSuggestions:
    return StaffSuggestions(parts.engine, lambda: desk.producer, desk.audit_log)


def desk_page_parts(
    parts: Parts, desk: DeskParts, officers: FindOfficers, signed_in: SignedIn, pages: SignedInPages
) -> DeskPageParts:
    """Return the parts of the agencies' pages."""
    return DeskPageParts(
        engine=parts.engine,
        signed_in=signed_in,
        pages=pages,
        answers=desk.answers,
        suggestions=_suggestions(parts, desk),
        recommendations=desk.recommendation_answers,
        divisions=desk.divisions,
        work=desk.case_work,
        units=desk.units,
        passing=desk.passing,
        contributions=desk.contributions,
        institutions=desk.institutions,
        regions=lambda: parts.tables.regions,
        topics=lambda: parts.tables.topic_names,
        proposals=proposal_tables(parts),
        channels=parts.channels,
        public_address=parts.settings.reached_at,
        direct_message_channels=direct_message_channels(parts.settings),
        officers=officers,
        stood_in_for=AccountStore(parts.engine, parts.now).stood_in_for,
        open_file=desk.open_file,
        open_contact=desk.open_contact,
        record=desk.audit_log.append,
        now=parts.now,
        deadlines=parts.deadlines,
        release=desk.release_acts,
        pictures=desk.answer_pictures,
    )


class SplitByPath:
    """ASGI application that gives each request to the application of its address. `others` gets the rest."""

    def __init__(self, applications: Mapping[str, ASGIApp], others: ASGIApp) -> None:
        self._applications = applications
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. The events of start and end of the server are for `others`."""
        path = scope.get("path", "")
        matches = (app for prefix, app in self._applications.items() if is_below(path, prefix))
        await next(matches, self._others)(scope, receive, send)
