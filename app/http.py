"""The one HTTP process: the doors, the status page and the health checks."""

import uuid
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import text

from app.assembly import Parts, utc_now
from app.pages import wib
from bus.port import Producer
from config.database import reading
from ingest.gate import Gate, answer_refusals
from ingest.mobile.door import MobileDoor
from ingest.sms.adapter import SmsAdapter
from ingest.sms.door import SmsDoor
from ingest.store import DoorStore
from ingest.web.door import WebDoor
from monitor import health
from sinks.ledger.page import StatusPage

_ROOT = Path(__file__).parent.parent
_TEMPLATES = [_ROOT / place for place in ("app/pages", "ingest/web/templates", "sinks/ledger/templates")]
_PING_SECONDS = 3.0


def build(parts: Parts, producer: Producer) -> FastAPI:
    """The application, with everything it needs passed in."""
    settings = parts.settings
    # The pages that FastAPI offers for its document load their scripts from elsewhere; the document itself is enough.
    app = FastAPI(title="SP4N-LAPOR! Satu Pintu", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    answer_refusals(app)
    gate = Gate(producer, utc_now)
    store = DoorStore(parts.engine)
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    pages.filters["wib"] = wib
    regions = [agency.name for agency in parts.registry.agencies.values() if agency.regional]
    sms = SmsAdapter(parts.wrapper, settings.reached_at, parts.secrets.twilio_tokens)
    app.include_router(WebDoor(gate, parts.wrapper, store, pages, regions, uuid.uuid4, settings.reached_at).routes())
    app.include_router(SmsDoor(gate, sms).routes())
    app.include_router(MobileDoor(gate, parts.wrapper, store, settings.reached_at).routes())
    app.include_router(StatusPage(parts.ledger, pages).routes())
    app.include_router(
        health.routes({"bus": lambda: parts.bus.ping(_PING_SECONDS), "database": lambda: ping_database(parts)})
    )
    return app


def ping_database(parts: Parts) -> None:
    """Raises `DatabaseAway`, or what else the database says."""
    with reading(parts.engine) as connection:
        connection.execute(text("SELECT 1"))
