"""HTTP/1.1 connections of uvicorn with time limits for headers, bodies and unread answers. uvicorn itself has none.

Without limits a client that sends a byte from time to time holds its connection, and its place among the requests in
progress, for as long as it likes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from ingest.http.request_head import check_head

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Time limits of one connection, in seconds. The defaults suit phones on a slow network (2G, EDGE).

    `headers` begins with the connection or with the first byte of the next request. A body must arrive at
    `min_bytes_per_second` on average after `body_grace`, and completely within `body`. The largest form (25 MB) needs
    28 KB a second; the app continues an upload that was interrupted. `unread_answer` is the time in which a client
    must take some of an answer that is ready.
    """

    headers: float = 10.0
    body_grace: float = 20.0
    min_bytes_per_second: float = 1_000.0
    body: float = 900.0
    unread_answer: float = 30.0


class _Phase(Enum):
    """Part of a request that a connection waits for. The value is its name in the log."""

    NOTHING = "nothing"
    HEADERS = "headers"
    BODY = "body"


class _JoiningConnection(h11.Connection):
    """Checks the head of each request, and keeps the headers of an answer until its body begins.

    So headers and body of an answer are one write to the socket.
    """

    _headers = b""

    def next_event(self) -> Any:
        """See h11. Raises `h11.RemoteProtocolError` for a head that another program may read in another way."""
        if self.their_state is h11.IDLE and self.our_state is h11.IDLE:
            check_head(self.trailing_data[0])
        return super().next_event()

    def send(self, event: Any) -> Any:
        """See h11. The result is empty for the headers of an answer."""
        data = super().send(event)
        if isinstance(event, h11.Response):
            self._headers = data
            return b""
        if data is not None and self._headers:
            data, self._headers = self._headers + data, b""
        return data


class DeadlineProtocol(H11Protocol):
    """Connection that is closed when a deadline passes. A request in progress then ends as if its client had left.

    The arguments are those of uvicorn, and `deadlines`.
    """

    def __init__(self, *arguments: Any, deadlines: Deadlines, **named_arguments: Any) -> None:
        super().__init__(*arguments, **named_arguments)
        # With the limit of headers that uvicorn takes from h11, 16 KB.
        self.conn = _JoiningConnection(h11.SERVER)
        self._deadlines = deadlines
        self._phase = _Phase.NOTHING
        self._phase_began = 0.0
        self._phase_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._enter(_Phase.HEADERS)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._enter(_Phase.NOTHING)
        self._stop_unread_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._phase_bytes += len(data)
        super().data_received(data)
        self._follow_request()

    def on_response_complete(self) -> None:
        """See `H11Protocol`. The next request may have arrived already."""
        super().on_response_complete()
        self._follow_request()

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`. The client does not read the answer."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self._deadlines.unread_answer, self._end_unread)

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._stop_unread_timer()
        super().resume_writing()

    def _follow_request(self) -> None:
        """Enter the phase that follows from the state of the request."""
        if self.conn.their_state is h11.SEND_BODY:
            phase = _Phase.BODY
        elif self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            phase = _Phase.HEADERS
        elif self.conn.their_state is h11.IDLE and self._phase is _Phase.HEADERS:
            return
        else:
            phase = _Phase.NOTHING
        if phase is not self._phase:
            self._enter(phase)

    def _enter(self, phase: _Phase) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._phase, self._phase_began, self._phase_bytes = phase, self.loop.time(), 0
        if phase is not _Phase.NOTHING:
            self._timer = self.loop.call_at(self._deadline(), self._check_deadline)

    def _deadline(self) -> float:
        """Return the time at which the current phase must be complete, with the bytes that have arrived so far."""
        limits = self._deadlines
        if self._phase is _Phase.HEADERS:
            return self._phase_began + limits.headers
        return self._phase_began + min(limits.body, limits.body_grace + self._phase_bytes / limits.min_bytes_per_second)

    def _check_deadline(self) -> None:
        if self.flow.read_paused:
            # The service does not read, so the client cannot send. This time does not count.
            self._enter(self._phase)
        elif self.loop.time() < self._deadline():
            self._timer = self.loop.call_at(self._deadline(), self._check_deadline)
        else:
            _log.info("connection.timed_out", waited_for=self._phase.value)
            self.transport.close()

    def _end_unread(self) -> None:
        _log.info("connection.timed_out", waited_for="unread_answer")
        self.transport.abort()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer:
            self._unread_timer.cancel()
            self._unread_timer = None


def deadline_protocol(deadlines: Deadlines) -> Callable[..., asyncio.Protocol]:
    """Return the factory of connections with these deadlines, for `uvicorn.Config(http=…)`."""

    def connection(*arguments: Any, **named_arguments: Any) -> asyncio.Protocol:
        return DeadlineProtocol(*arguments, deadlines=deadlines, **named_arguments)

    return connection
