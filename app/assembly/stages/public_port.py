"""The public port of a process: its doors, its desk, or both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import uvicorn
from starlette.types import ASGIApp

from app.assembly.parts import Parts
from app.assembly.process_health import Doors
from bus.port import Producer
from config.settings import Settings
from ingest.http.connection_deadlines import Deadlines, deadline_protocol
from monitor.health import ProcessHealth

if TYPE_CHECKING:
    from app.assembly.desk.parts import DeskParts


def public_application(
    parts: Parts, producer: Producer | None, desk: DeskParts | None, health: ProcessHealth, doors: Doors
) -> ASGIApp:
    """Return the application. `producer` is that of the doors; a process without doors or without a desk has `None`."""
    doors_application: ASGIApp | None = None
    if producer:
        from app.assembly import http

        doors_application = http.build(parts, producer, health, doors)
    if desk:
        from app.assembly.desk import http as desk_http

        desk_application = desk_http.build(parts, desk)
        if doors_application is None:
            return desk_application
        return desk_http.SplitByPath(dict.fromkeys(desk_http.PREFIXES, desk_application), doors_application)
    if doors_application is None:
        raise ValueError("a process without doors and desk has no public port")
    return doors_application


def server_config(app: ASGIApp, settings: Settings, deadlines: Deadlines = Deadlines()) -> uvicorn.Config:  # noqa: B008 - immutable
    """Return the configuration of the HTTP server; only trusted proxies may name the address of a client."""
    return uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
        # uvicorn's type is a class. It calls the value as a function.
        http=cast("type[asyncio.Protocol]", deadline_protocol(deadlines)),
        # A WebSocket would have another protocol, without deadlines.
        ws="none",
        forwarded_allow_ips=settings.trusted_proxies,
    )
