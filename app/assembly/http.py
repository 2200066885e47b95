"""The one HTTP application of a process: the doors, the status page and the health checks."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from jinja2 import Environment

from app.api_document.documented import Documented
from app.api_document.viewer import ApiViewer
from app.assembly.doors.documented_responses import PAGE_RESPONSES
from app.assembly.doors.public_view import public_pages
from app.assembly.installed_channel import HttpParts
from app.assembly.oversight.pages import public_figures
from app.assembly.parts import Parts
from app.assembly.pictures import open_file
from app.assembly.process_health import Doors, readiness
from app.assembly.unexpected_errors import install_unexpected_handler
from app.training.room import read_room
from bus.port import Producer
from cases.clocks.deadlines import Deadlines
from desk.read_model.sender_deadline import sender_deadline
from ingest.door_store import DoorStore
from ingest.http.acceptance import Acceptance
from ingest.http.admission import Admission
from ingest.http.concurrency_middleware import ConcurrencyMiddleware
from ingest.http.direct_routes import direct_routes
from ingest.http.gate import Gate
from ingest.mobile.openapi import SCHEMES
from ingest.web.open311.render import Open311Errors
from language.masking import mask_with_labels
from monitor.documented_routes import health_routes
from monitor.health import ProcessHealth, public_answers
from pages.environment import page_environment
from pages.headers import PageHeaders, new_nonce
from pages.language import PageLanguage
from pages.problems import RefusalResponder
from pages.refusal_handlers import install_refusal_handlers, record_refusal
from pages.refusals import Refused
from pages.refused import refused_page
from pages.text_check import TextCheck
from pages.translation.translator import load_translator
from sinks.ledger.own.own_page import OwnPage
from sinks.ledger.own.own_report import OwnReports
from sinks.ledger.page import StatusPage

_ROOT = Path(__file__).parents[2]
_TEMPLATES = [
    _ROOT / folder
    for folder in (
        "ingest/web/templates",
        "sinks/ledger/templates",
        "sinks/public/templates",
        "oversight/pages/templates",
        "oversight/public/templates",
    )
]
_TITLE = "SP4N-LAPOR! Satu Pintu"


def build(parts: Parts, producer: Producer, process_health: ProcessHealth, doors: Doors) -> FastAPI:
    """Return the application. `doors` are all doors of this process, with those that have no address."""
    settings = parts.settings
    app = Documented(_TITLE)
    app.schemes = SCHEMES
    pages = page_templates(parts.deadlines, parts.now, is_training=bool(read_room(parts.settings.home)))
    pages.globals["public_view"] = settings.public_view
    pages.globals["public_figures"] = settings.public_figures
    # Programs never get a refusal as a page.
    program_addresses = tuple(door.address_prefix for door in parts.channels.doors.values() if door.only_programs)
    responder = RefusalResponder(partial(refused_page, pages), program_addresses)
    install_refusal_handlers(app, responder, parts.doors.rejection_counter)

    install_unexpected_handler(app, responder)
    limiter = parts.doors.door_rates
    # Behind the limits: each request is counted. What is in a report is its reader's matter.
    app.add_middleware(TextCheck, responder=responder, rejections=parts.doors.rejection_counter, reads_bodies=False)
    app.add_middleware(
        ConcurrencyMiddleware,
        max_requests=settings.requests_at_once,
        check=Admission(
            limiter, parts.channels.doors.values(), urlsplit(settings.reached_at).netloc, parts.doors.network_shares
        ).check,
        responder=responder,
        rejections=parts.doors.rejection_counter,
    )
    app.add_middleware(Open311Errors)
    app.add_middleware(PageLanguage)
    app.add_middleware(PageHeaders, new_nonce=partial(new_nonce, parts.randomness.token))
    gate = Gate(Acceptance(parts.wrapper, producer, parts.threads.pool), parts.now, limiter)
    http = HttpParts(gate, DoorStore(parts.engine), pages, parts.now, parts.randomness.new_id)
    channel_doors = [door for channel in parts.installed_channels for door in channel.http_doors(parts.doors, http)]
    for door in channel_doors:
        if door.is_busy:
            app.router.routes.extend(direct_routes(door.router))
    # Before the doors: it is asked most often, and each route before it is compared with the address.
    app.include_router(StatusPage(parts.ledger, pages, parts.now).routes(), responses=dict(PAGE_RESPONSES))
    for door in channel_doors:
        app.include_router(door.router, responses=dict(door.responses))
    app.include_router(_own_page(parts, pages).routes(), responses=dict(PAGE_RESPONSES))
    if settings.public_view:
        app.include_router(public_pages(parts, pages).routes(), responses=dict(PAGE_RESPONSES))
    if settings.public_figures:
        app.include_router(public_figures(parts, pages).routes())
    app.include_router(health_routes(public_answers(process_health, readiness(parts, doors))))
    app.include_router(ApiViewer(_TITLE).routes())
    return app


def _own_page(parts: Parts, pages: Environment) -> OwnPage:
    def record(request: Request, reason: str) -> None:
        record_refusal(request, Refused(reason))

    reports = OwnReports(parts.engine, parts.ledger, mask_with_labels)
    key, new_id = parts.secrets.link_key, parts.randomness.new_id
    deadline, open_own = partial(sender_deadline, parts.engine), partial(open_file, parts.engine, parts.sealer)
    return OwnPage(reports, pages, key, parts.now, new_id, record, parts.deadlines, deadline, open_own)


def page_templates(deadlines: Deadlines, now: Callable[[], datetime], *, is_training: bool = False) -> Environment:
    """Return the templates of all pages for citizens.

    They have two functions besides those of `page_environment`: `usual_period` of a clock that begins now, and
    `objection_period` after an answer.
    """
    pages = page_environment(_TEMPLATES, load_translator(), deadlines.calendar.is_provisional, is_training=is_training)
    pages.globals["usual_period"] = lambda clock: deadlines.usual_period(clock, now())
    pages.globals["objection_period"] = deadlines.objection_period
    return pages
