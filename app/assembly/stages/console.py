"""The console of operations at `/ops`, and the document of the operations' port at `/docs`."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from app.api_document.documented import Documented
from app.api_document.viewer import ApiViewer
from app.assembly.parts import Parts
from app.randomness import Randomness
from messages.channels import ChannelDirectory
from monitor.console.page import Console
from monitor.documented_routes import health_routes, metrics_routes
from monitor.health import HealthAnswers
from monitor.metrics.exposition import Exposition
from monitor.monitor_loop import MonitorLoop
from pages.environment import bare_environment
from pages.headers import PageHeaders, new_nonce
from pages.language import PageLanguage
from pages.translation.translator import CONSOLE_CATALOGS, load_translator

_TEMPLATES = Path(__file__).parents[3] / "monitor" / "console" / "templates"
_TITLE = "Satu Pintu operations"
_RANDOM_BYTES = 16


def console_application(
    parts: Parts, answers: HealthAnswers, exposition: Exposition, monitor_loop: MonitorLoop, allowed_hosts: Middleware
) -> FastAPI:
    """Return an application with health, metrics and the console, and with a document of them."""
    app = Documented(_TITLE)
    app.add_middleware(allowed_hosts.cls, *allowed_hosts.args, **allowed_hosts.kwargs)
    app.include_router(health_routes(answers))
    app.include_router(metrics_routes(exposition))
    app.include_router(ApiViewer(_TITLE).routes())
    surroundings = parts.now, parts.randomness
    add_console(app, monitor_loop, parts.channels, parts.settings.desk_reached_at, *surroundings)
    return app


def add_console(
    app: FastAPI,
    monitor_loop: MonitorLoop,
    channels: ChannelDirectory,
    desk_address: str,
    now: Callable[[], datetime],
    randomness: Randomness,
) -> None:
    """Add the console to an application, at `/ops`. It links to the desk at `desk_address`."""
    templates = console_templates(desk_address)
    console = Console(monitor_loop, templates, channels, now, randomness.token_hex(_RANDOM_BYTES))
    app.include_router(console.routes())
    app.add_middleware(GZipMiddleware)
    app.add_middleware(PageLanguage)
    app.add_middleware(PageHeaders, new_nonce=partial(new_nonce, randomness.token))


def console_templates(desk_address: str) -> Environment:
    """Return the templates of the console. `desk_address` is the address of the desk, without a slash at its end."""
    templates = bare_environment([_TEMPLATES], load_translator(CONSOLE_CATALOGS))
    templates.globals["desk_address"] = desk_address
    return templates
