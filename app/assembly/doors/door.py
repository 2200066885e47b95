"""Types that the builders of all doors share: what they get from a process, and what they give back."""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from fastapi import APIRouter
from jinja2 import Environment
from sqlalchemy import Engine

from app.clock import utc_now
from bus.port import Producer
from config.reference.open311_services import Open311Services
from config.reference.regions import Regions
from config.secrets import Secrets
from config.settings import Settings
from ingest.door_store import DoorStore
from ingest.files.attachments import Attachments
from ingest.http.gate import Gate
from ingest.http.problems import documented_refusals
from ingest.mobile.devices import Devices
from ingest.smpp.part_store import PartStore
from ingest.wrap import Wrapper
from messages.sealing import Sealer
from sinks.ledger.status import Ledger

# How the OpenAPI document shows a refusal for which a door has no own description: as a problem, and as a page.
PROBLEM_RESPONSES: Mapping[int | str, dict[str, Any]] = documented_refusals("default")
PAGE_RESPONSES: Mapping[int | str, dict[str, Any]] = documented_refusals("default", page=True)
_NO_RESPONSES: Mapping[int | str, dict[str, Any]] = {}


class DoorParts(Protocol):
    """Parts of a process that a door may need; see `app.assembly.parts.Parts`."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102 - see `Parts`, as for all below
    @property
    def secrets(self) -> Secrets: ...  # noqa: D102
    @property
    def engine(self) -> Engine: ...  # noqa: D102
    @property
    def sealer(self) -> Sealer: ...  # noqa: D102
    @property
    def wrapper(self) -> Wrapper: ...  # noqa: D102
    @property
    def attachments(self) -> Attachments: ...  # noqa: D102
    @property
    def regions(self) -> Regions: ...  # noqa: D102
    @property
    def services(self) -> Open311Services: ...  # noqa: D102
    @property
    def devices(self) -> Devices: ...  # noqa: D102
    @property
    def sms_parts(self) -> PartStore: ...  # noqa: D102
    @property
    def ledger(self) -> Ledger: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class HttpParts:
    """Parts that all HTTP doors of a process share. `pages` finds the templates; `new_id` gives a random UUID."""

    gate: Gate
    store: DoorStore
    pages: Environment
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], UUID] = uuid.uuid4


class HttpDoor(NamedTuple):
    """Addresses of a door. `responses` are the refusals that the OpenAPI document names for each of them."""

    router: APIRouter
    responses: Mapping[int | str, dict[str, Any]] = _NO_RESPONSES


class BackgroundDoor(NamedTuple):
    """A door without addresses. `why_shut` returns an empty text while it is open. `threads` are to be run, by name."""

    name: str
    why_shut: Callable[[], str]
    threads: tuple[tuple[str, Callable[[], None]], ...]


class DoorNumber(NamedTuple):
    """A number that `/ready` shows for a door, read from the database."""

    door: str
    name: str
    read: Callable[[DoorParts], object]


HttpDoorBuilder = Callable[[DoorParts, HttpParts], Iterable[HttpDoor]]
BackgroundDoorBuilder = Callable[[DoorParts, Producer, threading.Event], Iterable[BackgroundDoor]]


def no_http_doors(_parts: DoorParts, _http: HttpParts) -> Iterable[HttpDoor]:
    """Return no door: the channel has no address."""
    return ()


def no_background_doors(_parts: DoorParts, _producer: Producer, _stopping: threading.Event) -> Iterable[BackgroundDoor]:
    """Return no door: everything of the channel comes over HTTP."""
    return ()


def state_of(ledger: Ledger, tracking: str) -> str | None:
    """Return the state of a tracking number, and nothing else of it; `None` where the ledger does not know it (yet)."""
    status = ledger.status(tracking)
    return status.state if status else None
