"""The operations' port of a process: health and metrics, and the console where the monitor runs."""

import secrets
import socket
import threading
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from starlette.middleware.gzip import GZipMiddleware

from app.api_document.documented import Documented
from app.api_document.viewer import ApiViewer
from app.assembly.parts import Parts
from app.assembly.process_health import Doors, door_numbers, process_state, readiness
from app.clock import utc_now
from app.pages.allowed_hosts import AllowedHosts
from app.pages.headers import PageHeaders, nonce
from app.pages.language import PageLanguage, language_links
from config.translation.translator import CONSOLE_CATALOGS, install_translation, load_translator
from messages.channels import ChannelDirectory
from messages.shapes import iso
from monitor import health
from monitor.console.page import Console
from monitor.health import ProcessHealth
from monitor.metrics.exposition import Exposition
from monitor.monitor_loop import MonitorLoop

_TEMPLATES = Path(__file__).parents[2] / "monitor" / "console" / "templates"
_TITLE = "Satu Pintu operations"
_RANDOM_BYTES = 16
# Time for open requests to finish when the process stops.
_SHUTDOWN_SECONDS = 5


def build(parts: Parts, process_health: ProcessHealth, doors: Doors, monitor_loop: MonitorLoop | None) -> FastAPI:
    """Return the application; `monitor_loop` is `None` in a process without the monitor.

    It shows no person and no text of a report, but it is not for citizens: it listens on an address of its own.
    """
    app = Documented(_TITLE)
    settings = parts.settings
    app.add_middleware(AllowedHosts, bind_address=settings.ops_host, names=settings.ops_names)
    identity = {
        "at": lambda: iso(utc_now()),
        "instance": lambda: parts.settings.instance,
        "parts": process_health.worker_states,
    }
    figures = {**identity, **door_numbers(parts, doors)}
    app.include_router(health.operations_routes(process_health, readiness(parts, doors), figures))
    exposition = Exposition(
        lambda: process_state(parts, process_health, doors),
        lambda: monitor_loop.latest if monitor_loop else None,
        parts.watched_topics,
        utc_now,
    )
    app.include_router(exposition.routes())
    app.include_router(ApiViewer(_TITLE).routes())
    if monitor_loop:
        add_console(app, monitor_loop, parts.channels, settings.desk_reached_at)
    else:
        _add_page_headers(app)
    return app


def add_console(app: FastAPI, monitor_loop: MonitorLoop, channels: ChannelDirectory, desk_address: str) -> None:
    """Add the console to an application, at `/ops`. It links to the desk at `desk_address`."""
    console = Console(
        monitor_loop, console_templates(desk_address), channels, utc_now, secrets.token_hex(_RANDOM_BYTES)
    )
    app.include_router(console.routes())
    app.add_middleware(GZipMiddleware)
    app.add_middleware(PageLanguage)
    _add_page_headers(app)


def _add_page_headers(app: FastAPI) -> None:
    app.add_middleware(PageHeaders, new_nonce=partial(secrets.token_urlsafe, _RANDOM_BYTES))


def console_templates(desk_address: str) -> Environment:
    """Return the templates of the console. `desk_address` is the address of the desk, without a slash at its end."""
    templates = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    install_translation(templates, load_translator(CONSOLE_CATALOGS))
    templates.globals["nonce"] = nonce
    templates.globals["language_links"] = language_links
    templates.globals["desk_address"] = desk_address
    return templates


class OpsServer:
    """Serves the operations' port in a thread of its own, on `listener` if that is open already."""

    def __init__(
        self, app: FastAPI, host: str, port: int, stopping: threading.Event, listener: socket.socket | None = None
    ) -> None:
        config = uvicorn.Config(
            app, host, port, log_config=None, access_log=False, timeout_graceful_shutdown=_SHUTDOWN_SECONDS
        )
        self._server = uvicorn.Server(config)
        self._stopping = stopping
        self._sockets = [listener] if listener else None

    def run(self) -> None:
        """Serve until stopped."""
        threading.Thread(target=self._await_stop, name="ops-stop", daemon=True).start()
        self._server.run(self._sockets)

    def _await_stop(self) -> None:
        self._stopping.wait()
        self._server.should_exit = True
