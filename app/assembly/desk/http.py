"""The HTTP application of the desk: pages of agencies and staff below `/desk`, the interface below `/agency`."""

import secrets
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment
from starlette.types import ASGIApp, Receive, Scope, Send

from accounts.csrf import is_below
from app.pages.environment import page_environment
from app.pages.headers import PageHeaders
from app.pages.language import PageLanguage
from config.translation.translator import load_translator

# Addresses that the desk's application answers, also where it shares the port of the doors.
PREFIXES = ("/desk", "/agency")
_ROOT = Path(__file__).parents[3]
_TEMPLATES = [_ROOT / folder for folder in ("accounts/templates", "desk/pages/templates", "app/pages/staff/templates")]
_NONCE_BYTES = 16


def build() -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Satu Pintu desk", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(PageLanguage)
    app.add_middleware(PageHeaders, new_nonce=partial(secrets.token_urlsafe, _NONCE_BYTES))
    return app


def desk_templates() -> Environment:
    """Return the templates of all pages for persons who sign in."""
    return page_environment(_TEMPLATES, load_translator())


class SplitByPath:
    """ASGI application that gives each request to the application of its address. `others` gets the rest."""

    def __init__(self, applications: Mapping[str, ASGIApp], others: ASGIApp) -> None:
        self._applications = applications
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. The events of start and end of the server are for `others`."""
        path = scope.get("path", "")
        matches = (app for prefix, app in self._applications.items() if is_below(path, prefix))
        await next(matches, self._others)(scope, receive, send)
