"""The console's addresses: the page, what changes on it from look to look, and what was seen last as JSON."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, Response

from messages.channels import ChannelDirectory
from monitor.console.assets import Assets
from monitor.console.event_stream import EventStream
from monitor.console.feed import Feed
from monitor.console.history import history
from monitor.console.view_model import Draw
from monitor.monitor_loop import View, Watching

# So many may listen at once; the next is told to come again.
MOST_LISTENERS = 32
_AGAIN_SECONDS = 15
_LOOK_SECONDS = 0.2
# A comment now and then, so that nothing between here and the browser takes the silence for an end.
_SIGN_OF_LIFE = 75
_NO_STORE = {"Cache-Control": "no-store"}


class Console:
    """Shows what `watching` saw; it looks at nothing itself.

    `pages` finds the console's templates and has the global `nonce`; `epoch` is a text that no other process has.
    """

    def __init__(
        self,
        watching: Watching,
        pages: Environment,
        channels: ChannelDirectory,
        now: Callable[[], datetime],
        epoch: str,
    ) -> None:
        self._watching = watching
        self._pages = pages
        self._now = now
        self._feed = Feed(watching, Draw(pages, channels), epoch)
        self._assets = Assets()
        self._listeners = 0

    def routes(self) -> APIRouter:
        """All below `/ops`."""
        router = APIRouter(prefix="/ops", tags=["operations"])
        for path in ("", "/"):
            router.add_api_route(path, self.page, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route("/state", self._state, methods=["GET"])
        router.add_api_route("/events", self.events, methods=["GET"], response_class=EventStream)
        router.add_api_route("/static/{name}", self._assets.answer, methods=["GET"], include_in_schema=False)
        return router

    def page(self) -> Response:
        """Everything on one page; 503 before the first look."""
        shown = self._feed.shown()
        text = self._pages.get_template("console.html").render(
            shown=shown,
            id=shown.id if shown else self._feed.id,
            age=round((self._now() - shown.view.seen.at).total_seconds()) if shown else 0,
            history=history(self._watching.points),
            asset=self._assets.named,
        )
        return HTMLResponse(text, 200 if shown else 503, _NO_STORE)

    async def events(self, request: Request, after: str = "") -> Response:
        """What changes from the look `after` on; the browser says by itself where it was when it comes again."""
        if self._listeners >= MOST_LISTENERS:
            return Response(status_code=503, headers={**_NO_STORE, "Retry-After": str(_AGAIN_SECONDS)})
        self._listeners += 1
        return EventStream(self._follow(request.headers.get("Last-Event-ID", after)), self._left)

    async def _follow(self, known: str) -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\n"
        silent = 0
        while not self._watching.ended:
            sent = b""
            if self._feed.id != known:
                known, sent = await asyncio.to_thread(self._feed.following, known)
            silent = 0 if sent else silent + 1
            if sent or silent % _SIGN_OF_LIFE == 0:
                yield sent or b":\n\n"
            await asyncio.sleep(_LOOK_SECONDS)

    def _left(self) -> None:
        self._listeners -= 1

    def _state(self) -> JSONResponse:
        """What was seen last; 503 before the first look."""
        view = self._watching.view
        return JSONResponse(state(view), 200 if view else 503)


def state(view: View | None) -> dict[str, object]:
    """What is shown, for programs: the snapshot and what needs a person."""
    if view is None:
        return {}
    concerns = [one.model_dump(mode="json") for one in view.standing]
    return {"number": view.number, **view.seen.model_dump(mode="json"), "concerns": concerns}
