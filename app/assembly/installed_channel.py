"""A channel of the service, and the types of what its doors get from a process and give back.

It lists no channel: `app/assembly/channels.py` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from messages.channels import ChannelFacts
from messages.replies.report_states import ShownState

if TYPE_CHECKING:
    import threading
    from datetime import datetime

    from fastapi import APIRouter
    from jinja2 import Environment

    from app.assembly.doors.parts import DoorParts
    from bus.port import Producer
    from config.settings import Settings
    from ingest.counter.desk import CounterDesk
    from ingest.door_store import DoorStore
    from ingest.http.gate import Gate
    from normalize.reader_table import Reader
    from sinks.ledger.status import StatusReader
    from sinks.replies.providers.provider import ReplyProvider

_NO_RESPONSES: Mapping[int | str, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class HttpParts:
    """Parts that all HTTP doors of a process share. `pages` finds the templates; `new_id` gives a random UUID."""

    gate: Gate
    store: DoorStore
    pages: Environment
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]


class HttpDoor(NamedTuple):
    """Addresses of a door. `responses` are the refusals that the OpenAPI document names for each of them.

    `is_busy`: most requests of the service are for this door. Its direct routes are looked for before all other routes.
    """

    router: APIRouter
    responses: Mapping[int | str, dict[str, Any]] = _NO_RESPONSES
    is_busy: bool = False


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


# At most so many replies in so long.
Window = tuple[int, timedelta]


class ReplyRoute(NamedTuple):
    """The provider of replies on one channel, and the limits of the channel.

    `provider` returns `None` where the settings name none, and raises `Stop` on settings that can't be used.
    """

    provider: Callable[[DoorParts], ReplyProvider | None]
    windows: Callable[[Settings], Sequence[Window]]


if TYPE_CHECKING:
    HttpDoorBuilder = Callable[[DoorParts, HttpParts], Iterable[HttpDoor]]
    BackgroundDoorBuilder = Callable[[DoorParts, Producer, threading.Event], Iterable[BackgroundDoor]]
    DeskDoorBuilder = Callable[[DoorParts, CounterDesk], Iterable[APIRouter]]


def no_http_doors(_parts: DoorParts, _http: HttpParts) -> Iterable[HttpDoor]:
    """Return no door: the channel has no address."""
    return ()


def no_background_doors(_parts: DoorParts, _producer: Producer, _stopping: threading.Event) -> Iterable[BackgroundDoor]:
    """Return no door: everything of the channel comes over HTTP."""
    return ()


def no_desk_doors(_parts: DoorParts, _desk: CounterDesk) -> Iterable[APIRouter]:
    """Return no door: nobody has to sign in."""
    return ()


def no_windows(_settings: Settings) -> Sequence[Window]:
    """Return no limit of the channel's own."""
    return []


NO_REPLIES = ReplyRoute(lambda _parts: None, no_windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledChannel:
    """A channel of this service.

    `reader` makes a draft of the channel's raw messages. `format_readers` returns the readers of content types that
    have one of their own. `http_doors` and `background_doors` build the doors of a process, `desk_doors`
    those among the pages of the desk. `numbers` are what `/ready` shows of them beside open and shut. `replies` is how
    the service writes to senders.
    """

    facts: ChannelFacts
    reader: Reader
    format_readers: Callable[[DoorParts], Mapping[str, Reader]] = lambda _parts: {}
    http_doors: HttpDoorBuilder = no_http_doors
    desk_doors: DeskDoorBuilder = no_desk_doors
    background_doors: BackgroundDoorBuilder = no_background_doors
    numbers: tuple[DoorNumber, ...] = ()
    replies: ReplyRoute = NO_REPLIES


def state_of(ledger: StatusReader, now: Callable[[], datetime], tracking: str) -> ShownState | None:
    """Return the state of a tracking number, and nothing else of it; `None` where the ledger does not know it (yet).

    Anybody may ask for any number.
    """
    whole_status = ledger.status(tracking)
    status = whole_status.for_everybody(now()) if whole_status else None
    return ShownState(status.whole_state, status.sentence) if status else None
