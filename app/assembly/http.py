"""The one HTTP process: the doors, the status page and the health checks."""

import secrets
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader

from app.assembly.mobile import states
from app.assembly.open311 import look_up
from app.assembly.openapi import Documented
from app.assembly.parts import Parts, utc_now
from app.assembly.process_health import Doors, looked_at
from app.pages import wib
from app.pages.headers import PageHeaders, nonce
from app.pages.refused import refused_page
from bus.port import Producer
from ingest.door_store import DoorStore
from ingest.http.concurrency_middleware import ConcurrencyMiddleware
from ingest.http.gate import Gate
from ingest.http.problems import RefusalResponder, documented_refusals
from ingest.http.rate_limits import RateLimiter
from ingest.http.refusal_handlers import install_refusal_handlers
from ingest.mobile.door import MobileDoor
from ingest.mobile.openapi import SCHEMES
from ingest.mobile.sequences import Sequences
from ingest.mobile.uploads import Uploads
from ingest.sms.adapter import SmsAdapter
from ingest.sms.door import SmsDoor
from ingest.sms.media import MediaFetcher
from ingest.sms_acknowledgement import SmsAcknowledgements
from ingest.web.door import WebDoor
from ingest.web.form_token import FormTokens
from ingest.web.open311.door import Open311Door
from ingest.web.open311.render import Open311Errors
from ingest.web.open311.store import RequestStore
from monitor import health
from monitor.health import Pulse
from sinks.ledger.page import StatusPage
from sinks.ledger.status import Ledger
from sinks.replies.outbox import Outbox
from sinks.replies.status_callback import StatusCallback, signed_by

_ROOT = Path(__file__).parents[2]
_TEMPLATES = [_ROOT / place for place in ("app/pages", "ingest/web/templates", "sinks/ledger/templates")]
_NONCE_BYTES = 16
# Where programs alone are met, and nobody is shown a page.
_PROGRAMS = ("/mobile/", "/sms/", "/open311/")
# What the addresses of a door may answer besides what it says of them itself in the OpenAPI document.
_REFUSED = documented_refusals("default")
_SHOWN = documented_refusals("default", page=True)
_UNHEARD: dict[int | str, dict[str, Any]] = {
    status: {"description": "Not Twilio's; nothing is said."} for status in (403, 413)
}


def build(parts: Parts, producer: Producer, pulse: Pulse, doors: Doors) -> FastAPI:
    """The application, with everything it needs passed in. `doors` are all of this process, HTTP's and others'."""
    settings = parts.settings
    # The pages that FastAPI offers for its document load their scripts from elsewhere; the document itself is enough.
    title = "SP4N-LAPOR! Satu Pintu"
    app = Documented(title=title, version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.schemes = SCHEMES
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    pages.filters["wib"] = wib
    pages.globals["nonce"] = nonce
    responder = RefusalResponder(partial(refused_page, pages), _PROGRAMS)
    install_refusal_handlers(app, responder, parts.rejection_counter)
    app.add_middleware(
        ConcurrencyMiddleware,
        max_requests=settings.requests_at_once,
        responder=responder,
        rejections=parts.rejection_counter,
    )
    app.add_middleware(Open311Errors)
    app.add_middleware(PageHeaders, new_nonce=partial(secrets.token_urlsafe, _NONCE_BYTES))
    gate = Gate(producer, utc_now, RateLimiter(settings.rates))
    store = DoorStore(parts.engine)
    sms = SmsAdapter(parts.wrapper, settings.reached_at, parts.secrets.twilio_tokens, parts.secrets.twilio_keys)
    form_tokens = FormTokens(parts.secrets.sender_key, settings.reached_at)
    web = WebDoor(
        gate,
        parts.wrapper,
        store,
        parts.attachments,
        form_tokens,
        pages,
        parts.regions,
        uuid.uuid4,
        settings.reached_at,
    )
    app.include_router(web.routes(), responses=_SHOWN)
    open311 = Open311Door(
        gate,
        parts.wrapper,
        store,
        RequestStore(parts.engine),
        parts.services,
        [key.get_secret_value() for key in settings.open311_keys],
        partial(look_up, parts.ledger),
        uuid.uuid4,
        utc_now,
        settings.reached_at,
    )
    app.include_router(open311.routes())
    media = MediaFetcher(settings.twilio_url, parts.attachments)
    app.include_router(
        SmsDoor(gate, sms, media, SmsAcknowledgements(store, partial(state_of, parts.ledger))).routes(),
        responses=_REFUSED,
    )
    told = signed_by(settings.reached_at, parts.secrets.twilio_tokens, parts.secrets.twilio_keys)
    app.include_router(StatusCallback(Outbox(parts.engine), told, utc_now).routes(), responses=_REFUSED | _UNHEARD)
    app.include_router(_mobile(parts, gate, store).routes(), responses=_REFUSED)
    app.include_router(StatusPage(parts.ledger, pages).routes(), responses=_SHOWN)
    app.include_router(health.routes(pulse, *looked_at(parts, doors)))
    return app


def _mobile(parts: Parts, gate: Gate, store: DoorStore) -> MobileDoor:
    return MobileDoor(
        gate,
        parts.wrapper,
        store,
        parts.devices,
        Sequences(parts.engine),
        Uploads(parts.engine, parts.sealer, parts.attachments),
        parts.regions,
        partial(states, parts.ledger),
        parts.settings.reached_at,
    )


def state_of(ledger: Ledger, tracking: str) -> str | None:
    """The state of a tracking number, and nothing else of it; `None` where it is not in the ledger (yet)."""
    status = ledger.status(tracking)
    return status.state if status else None
