"""ASGI middleware that limits the number of requests in progress."""

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.http.concurrency_limit import busy
from ingest.http.problems import RefusalResponder
from ingest.http.rejection_counter import RejectionCounter

# A health check must be answered even when the service is full: a full process is alive.
_HEALTH_CHECKS = {"/live", "/startup", "/ready"}

_log = structlog.get_logger()


class ConcurrencyMiddleware:
    """Admits `max_requests` at once, which limits the memory that their bodies take. Other requests get 503.

    The body of a refused request is not read. The text that a citizen typed into a form is still in the browser, and
    the error page says so.
    """

    def __init__(
        self, app: ASGIApp, max_requests: int, responder: RefusalResponder, rejections: RejectionCounter
    ) -> None:
        self._app = app
        self._max_requests = max_requests
        self._responder = responder
        self._rejections = rejections
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection; see the ASGI specification."""
        if scope["type"] != "http" or scope["path"] in _HEALTH_CHECKS:
            await self._app(scope, receive, send)
            return
        if self._in_progress >= self._max_requests:
            await self._refuse(scope, receive, send)
            return
        self._in_progress += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_progress -= 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        _log.warning("door.limit_reached", requests=self._in_progress)
        refused = busy()
        self._rejections.count(scope["path"], refused.reason)
        await self._responder.response(scope, refused)(scope, receive, send)
