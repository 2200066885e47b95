"""The operations' port of one process: how it is; where the monitor runs, also what that sees of all."""

import secrets
import threading
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from starlette.middleware.gzip import GZipMiddleware

from app.assembly.parts import Parts
from app.assembly.process_health import Doors, process_state, readiness_parts
from app.clock import utc_now
from app.pages.headers import PageHeaders, nonce
from messages.channels import ChannelDirectory
from messages.shapes import iso
from monitor import health
from monitor.console.page import Console
from monitor.health import ProcessHealth
from monitor.metrics.exposition import Exposition
from monitor.monitor_loop import MonitorLoop

_TEMPLATES = Path(__file__).parents[2] / "monitor" / "console" / "templates"
_RANDOM_BYTES = 16


def build(parts: Parts, pulse: ProcessHealth, doors: Doors, watching: MonitorLoop | None) -> FastAPI:
    """The application; `watching` is there where the monitor runs.

    It shows no person and no text, but it is not for citizens: it listens on an address of its own.
    """
    app = FastAPI(title="Satu Pintu operations", docs_url=None, redoc_url=None, redirect_slashes=False)
    checks, doors, numbers = readiness_parts(parts, doors)
    own = {"at": lambda: iso(utc_now()), "instance": lambda: parts.settings.instance, "parts": pulse.worker_states}
    app.include_router(health.routes(pulse, checks, doors, {**own, **numbers}))
    exposition = Exposition(
        lambda: process_state(parts, pulse, doors),
        lambda: watching.latest if watching else None,
        parts.watched_topics,
        utc_now,
    )
    app.include_router(exposition.routes())
    if watching:
        show(app, watching, parts.channels)
    return app


def show(app: FastAPI, watching: MonitorLoop, channels: ChannelDirectory) -> None:
    """Put the console on an application: what `watching` sees, at `/ops`."""
    console = Console(watching, pages(), channels, utc_now, secrets.token_hex(_RANDOM_BYTES))
    app.include_router(console.routes())
    app.add_middleware(GZipMiddleware)
    app.add_middleware(PageHeaders, new_nonce=partial(secrets.token_urlsafe, _RANDOM_BYTES))


def pages() -> Environment:
    """The console's templates."""
    made = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    made.globals["nonce"] = nonce
    return made


class OpsServer:
    """Runs in a thread of its own, beside whatever else the process serves."""

    def __init__(self, app: FastAPI, host: str, port: int, stopping: threading.Event) -> None:
        config = uvicorn.Config(app, host, port, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        self._stopping = stopping

    def run(self) -> None:
        """Serve until stopped."""
        threading.Thread(target=self._watch, name="ops-stop", daemon=True).start()
        self._server.run()

    def _watch(self) -> None:
        self._stopping.wait()
        self._server.should_exit = True
