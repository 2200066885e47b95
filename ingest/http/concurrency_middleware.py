"""ASGI middleware that limits the number of requests in progress, in all and for each client network."""

from collections.abc import Callable
from contextlib import ExitStack

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.http.client_networks import client_networks
from ingest.http.client_shares import ClientShares
from ingest.http.gate import MAX_BODY_BYTES
from ingest.http.incomplete_bodies import IncompleteBodies
from pages.clients import client_address
from pages.problems import RefusalResponder
from pages.refusals import Refused
from pages.rejection_counter import RejectionCounter

# A health check must be answered even when the service is full: a full process is alive.
_HEALTH_CHECKS = {"/live", "/startup", "/ready"}
# Part of all places that one address or /64 network may take.
_SHARE = 4
# Part of all places that requests with large bodies (files) may take: they are read while they hold a place, so slow
# ones leave places for all others. One network gets a part of these.
_LARGE, _LARGE_SHARE = 2, 8

_log = structlog.get_logger()


class ConcurrencyMiddleware:
    """Admits `max_requests` at once, which limits the memory that their bodies take. Other requests get 503.

    `check` raises `Refused` for a request that must not take a place at all. A request takes a place when its body is
    complete, or when it is known to be large. One client network gets a part of the places, so that one client leaves
    places for the others. The body of a refused request is not read. The text that a citizen typed into a form is still
    in the browser, and the error page says so.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_requests: int,
        check: Callable[[Scope], None],
        responder: RefusalResponder,
        rejections: RejectionCounter,
    ) -> None:
        self._app = app
        self._check = check
        self._responder = responder
        self._rejections = rejections
        self._places = ClientShares("places", max_requests, max_requests // _SHARE)
        self._large_bodies = ClientShares("large-bodies", max_requests // _LARGE, max_requests // _LARGE_SHARE)
        self._incomplete_bodies = IncompleteBodies(max_requests, MAX_BODY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection; see the ASGI specification."""
        if scope["type"] != "http" or scope["path"] in _HEALTH_CHECKS:
            await self._app(scope, receive, send)
            return
        networks = client_networks(client_address(scope))
        with ExitStack() as held:
            try:
                self._check(scope)
                self._places.check(networks)
                receive_body, is_complete = await self._incomplete_bodies.read(scope, receive, networks)
                if not is_complete:
                    held.enter_context(self._large_bodies.holding(networks))
                held.enter_context(self._places.holding(networks))
            except Refused as refused:
                await self._refuse(refused, scope, receive, send)
                return
            await self._app(scope, receive_body, send)

    async def _refuse(self, refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        _log.info("door.refused", route="none", reason=refused.reason, status=refused.status)
        self._rejections.count(scope["path"], refused.reason)
        await self._responder.response(scope, refused)(scope, receive, send)
