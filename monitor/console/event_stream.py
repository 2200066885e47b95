"""HTTP response with server-sent events. Each listener has its own stream; a slow listener delays no other."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

# A listener that accepts no data for this time is disconnected, such as a sleeping telephone. Its place becomes free.
SEND_TIMEOUT_SECONDS = 30.0
_HEADERS = MappingProxyType({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


class EventStream(StreamingResponse):
    """Sends `events`. Calls `on_end` once at the end of the stream, for any reason."""

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
