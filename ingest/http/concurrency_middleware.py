"""ASGI middleware that limits the number of requests in progress, in all and for each client network."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.arrival import Refused
from ingest.http.admission import client_address
from ingest.http.client_networks import ClientNetwork, client_networks
from ingest.http.concurrency_limit import busy
from ingest.http.problems import RefusalResponder
from ingest.http.rejection_counter import RejectionCounter

# A health check must be answered even when the service is full: a full process is alive.
_HEALTH_CHECKS = {"/live", "/startup", "/ready"}
# Part of all places that one address or /64 network may take. A wider network may take twice as many. Four clients
# that never finish their requests are needed to take all places.
_SHARE = 4
_WIDE_SHARES = 2

_log = structlog.get_logger()


class ConcurrencyMiddleware:
    """Admits `max_requests` at once, which limits the memory that their bodies take. Other requests get 503.

    `check` raises `Refused` for a request that must not take a place at all. One client network gets a part of the
    places, so that slow requests of one client leave places for the others. The body of a refused request is not
    read. The text that a citizen typed into a form is still in the browser, and the error page says so.
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
        self._max_requests = max_requests
        self._check = check
        self._responder = responder
        self._rejections = rejections
        self._in_progress = 0
        self._in_progress_by_network: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection; see the ASGI specification."""
        if scope["type"] != "http" or scope["path"] in _HEALTH_CHECKS:
            await self._app(scope, receive, send)
            return
        networks = client_networks(client_address(scope))
        try:
            self._check(scope)
            self._check_places(networks)
        except Refused as refused:
            await self._refuse(refused, scope, receive, send)
            return
        with self._place(networks):
            await self._app(scope, receive, send)

    def _check_places(self, networks: tuple[ClientNetwork, ...]) -> None:
        """Raise `Refused` (503) if all places, or all places of one of these networks, are taken."""
        for network in networks:
            shares = min(network.budget, _WIDE_SHARES)
            if self._in_progress_by_network[network.name] >= max(1, self._max_requests * shares // _SHARE):
                _log.warning("door.share_reached", requests=self._in_progress)
                raise busy()
        if self._in_progress >= self._max_requests:
            _log.warning("door.limit_reached", requests=self._in_progress)
            raise busy()

    @contextmanager
    def _place(self, networks: tuple[ClientNetwork, ...]) -> Iterator[None]:
        """Hold one place until the block ends."""
        names = [network.name for network in networks]
        self._in_progress += 1
        self._in_progress_by_network.update(names)
        try:
            yield
        finally:
            self._in_progress -= 1
            self._in_progress_by_network.subtract(names)
            for name in names:
                if not self._in_progress_by_network[name]:
                    del self._in_progress_by_network[name]

    async def _refuse(self, refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        _log.info("door.refused", route="none", reason=refused.reason, status=refused.status)
        self._rejections.count(scope["path"], refused.reason)
        await self._responder.response(scope, refused)(scope, receive, send)
