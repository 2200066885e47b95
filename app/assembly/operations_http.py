"""The operations' port of a process: health and metrics, and the console where the monitor runs."""

import socket
import threading
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.assembly.parts import Parts
from app.assembly.process_health import Doors, door_numbers, process_state, readiness
from app.threads import StartThread
from messages.shapes import iso
from monitor.health import HealthAnswers, ProcessHealth, operations_answers
from monitor.metrics.exposition import Exposition
from monitor.monitor_loop import MonitorLoop
from pages.allowed_hosts import AllowedHosts
from pages.headers import PageHeaders, new_nonce

# Time for open requests to finish when the process stops.
_SHUTDOWN_SECONDS = 5


def build(parts: Parts, process_health: ProcessHealth, doors: Doors, monitor_loop: MonitorLoop | None) -> Starlette:
    """Return the application; `monitor_loop` is `None` in a process without the monitor.

    It shows no person and no text of a report, but it is not for citizens: it listens on an address of its own.
    Only with the monitor it has pages and a document. FastAPI would take 6 MB of every other process.
    """
    settings = parts.settings
    identity = {
        "at": lambda: iso(parts.now()),
        "instance": lambda: parts.settings.instance,
        "parts": process_health.worker_states,
    }
    figures = {**identity, **door_numbers(parts, doors)}
    answers = operations_answers(process_health, readiness(parts, doors), figures)
    exposition = Exposition(
        lambda: process_state(parts, process_health, doors),
        lambda: monitor_loop.latest if monitor_loop else None,
        parts.service_topics.watched,
        parts.now,
    )
    allowed_hosts = Middleware(AllowedHosts, bind_address=settings.ops_host, names=settings.ops_names)
    if monitor_loop is None:
        headers = Middleware(PageHeaders, new_nonce=partial(new_nonce, parts.randomness.token))
        return Starlette(routes=_plain_routes(answers, exposition), middleware=[headers, allowed_hosts])

    from app.assembly.stages.console import console_application

    return console_application(parts, answers, exposition, monitor_loop, allowed_hosts)


def _plain_routes(answers: HealthAnswers, exposition: Exposition) -> list[Route]:
    async def live(_request: Request) -> Response:
        return await answers.live()

    async def startup(_request: Request) -> Response:
        return await answers.startup()

    async def ready(_request: Request) -> Response:
        return await answers.ready()

    def metrics(request: Request) -> Response:
        return exposition.answer(request.headers.get("accept", ""))

    return [
        Route("/live", live),
        Route("/startup", startup),
        Route("/ready", ready),
        Route("/metrics", metrics),
    ]


class OpsServer:
    """Serves the operations' port in a thread of its own, on `listener` if that is open already."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        stopping: threading.Event,
        start_thread: StartThread,
        listener: socket.socket | None = None,
    ) -> None:
        config = uvicorn.Config(
            app, host, port, log_config=None, access_log=False, timeout_graceful_shutdown=_SHUTDOWN_SECONDS
        )
        self._server = uvicorn.Server(config)
        self._stopping = stopping
        self._start_thread = start_thread
        self._sockets = [listener] if listener else None

    def run(self) -> None:
        """Serve until stopped."""
        self._start_thread(self._await_stop, "ops-stop")
        self._server.run(self._sockets)

    def _await_stop(self) -> None:
        self._stopping.wait()
        self._server.should_exit = True
