"""Server-sent events over HTTP: one stream for each who listens, none of which waits for another."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

# Who takes nothing for so long is let go: a telephone that sleeps need not keep the place.
PATIENCE_SECONDS = 30.0
_HEADERS = MappingProxyType({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


class EventStream(StreamingResponse):
    """Sends what `events` gives; calls `ended` when it is over, however it ends."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterable[bytes],
        ended: Callable[[], None],
        patience: float = PATIENCE_SECONDS,
        headers: Mapping[str, str] = _HEADERS,
    ) -> None:
        super().__init__(events, headers=headers)
        self._ended = ended
        self._patience = patience

    async def stream_response(self, send: Send) -> None:
        """See Starlette."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        with suppress(TimeoutError):
            await super().stream_response(patiently)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()
