"""HTTP addresses of the console: the page, its changes as server-sent events, and the latest snapshot as JSON."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from types import MappingProxyType

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from messages.channels import ChannelDirectory
from monitor.console.assets import Assets
from monitor.console.feed import Feed, chart_history
from monitor.console.view_model import ViewModel, ViewModelBuilder
from monitor.monitor_loop import MonitorLoop, Observation
from pages.responses import page_response
from pages.translation.language import LANGUAGES, current_language, in_language

# Largest number of open event streams. Further listeners get 503 and try again.
MAX_LISTENERS = 32
_RETRY_AFTER_SECONDS = 15
# From this age on, the page names the age of its snapshot at once, also without scripts. As in console.js.
_STALE_SECONDS = 30
# Time between two checks for a new snapshot.
_CHECK_SECONDS = 0.2
# After this many checks without an event (15 s) a comment is sent, so that proxies keep the connection open.
_CHECKS_PER_COMMENT = 75
_COMMENT = b":\n\n"
# A listener that accepts no data for this time is disconnected, such as a sleeping telephone. Its place becomes free.
SEND_TIMEOUT_SECONDS = 30.0
_HEADERS = MappingProxyType({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


class Console:
    """Shows the observations of the monitor loop, in the language of each request; takes no snapshot itself.

    `pages` finds the console's templates and has the global `nonce`. `epoch` is a text that no other process has.
    """

    def __init__(
        self,
        loop: MonitorLoop,
        pages: Environment,
        channels: ChannelDirectory,
        now: Callable[[], datetime],
        epoch: str,
    ) -> None:
        self._loop = loop
        self._pages = pages
        self._now = now
        build_view = ViewModelBuilder(pages, channels)
        self._feeds = {
            language: Feed(loop, partial(_build_in, language, build_view), f"{epoch}-{language}")
            for language in LANGUAGES
        }
        self._assets = Assets()
        self._listeners = 0

    def routes(self) -> APIRouter:
        """Return all routes, below `/ops`."""
        router = APIRouter(prefix="/ops", tags=["operations"])
        router.add_api_route("", self.page, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/", self.page, methods=["GET"], response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route("/state", self.state, methods=["GET"])
        # FastAPI looks for the status in the arguments of the response class, and `EventStream` has none.
        router.add_api_route("/events", self.events, methods=["GET"], status_code=200, response_class=EventStream)
        router.add_api_route("/static/{name}", self._assets.serve, methods=["GET"], include_in_schema=False)
        return router

    def page(self) -> Response:
        """Return the whole page; with status 503 before the first snapshot."""
        feed = self._feeds[current_language()]
        view = feed.latest_view()
        values = {
            "view": view.view_model if view else None,
            "id": view.id if view else feed.latest_id,
            "age": round((self._now() - view.observation.snapshot.at).total_seconds()) if view else 0,
            "stale_seconds": _STALE_SECONDS,
            "history": chart_history(self._loop.last_hour),
            "asset": self._assets.served_names,
        }
        return page_response(self._pages, "console.html", values, 200 if view else 503)

    async def events(self, request: Request, after: str = "") -> Response:
        """Stream the changes after the view with the id `after`. A browser that reconnects sends `Last-Event-ID`."""
        if self._listeners >= MAX_LISTENERS:
            return Response(status_code=503, headers={"Retry-After": str(_RETRY_AFTER_SECONDS)})
        self._listeners += 1
        feed = self._feeds[current_language()]
        return EventStream(self._follow(feed, request.headers.get("Last-Event-ID", after)), self._remove_listener)

    async def _follow(self, feed: Feed, view_id: str) -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n"
        checks_without_event = 0
        while not self._loop.is_stopping:
            events = b""
            if feed.latest_id != view_id:
                view_id, events = await asyncio.to_thread(feed.events_after, view_id)
            checks_without_event = 0 if events else checks_without_event + 1
            if events or checks_without_event % _CHECKS_PER_COMMENT == 0:
                yield events or _COMMENT
            await asyncio.sleep(_CHECK_SECONDS)

    def _remove_listener(self) -> None:
        self._listeners -= 1

    def state(self) -> JSONResponse:
        """Return the latest snapshot as JSON; 503 before the first."""
        observation = self._loop.latest
        return JSONResponse(state_json(observation), 200 if observation else 503)


def _build_in(language: str, build_view: ViewModelBuilder, observation: Observation) -> ViewModel:
    with in_language(language):
        return build_view(observation)


def state_json(observation: Observation | None) -> dict[str, object]:
    """Return the snapshot and its active alerts for programs; the alerts have the key `concerns`."""
    if observation is None:
        return {}
    alerts = [alert.model_dump(mode="json") for alert in observation.alerts]
    return {"number": observation.number, **observation.snapshot.model_dump(mode="json"), "concerns": alerts}


class EventStream(StreamingResponse):
    """Sends `events` to one listener; a slow one delays no other. Calls `on_end` once at the end, for any reason."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterable[bytes],
        on_end: Callable[[], None],
        send_timeout: float = SEND_TIMEOUT_SECONDS,
        headers: Mapping[str, str] = _HEADERS,
    ) -> None:
        super().__init__(events, headers=headers)
        self._on_end = on_end
        self._send_timeout = send_timeout

    async def stream_response(self, send: Send) -> None:
        """Send the events; end the stream if one of them can't be sent in time. See Starlette."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._send_timeout):
                await send(message)

        with suppress(TimeoutError):
            await super().stream_response(send_in_time)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream. See ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()
