"""Reads requests for all HTTP doors within limits, and publishes what a door accepted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, TypeVarTuple

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from bus.errors import Reject, Retry, Stop, cause_of
from bus.port import Outgoing
from ingest.arrival import Arrival
from ingest.http.acceptance import Acceptance
from ingest.http.rate_limits import RateLimiter
from ingest.wrap import OpenMessage, accepted_record
from messages.shapes import RawMessage
from pages.clients import client_address
from pages.refusals import Refused, unavailable
from pages.sizes import readable_size

# A report is at most 10,000 characters; sealed and in JSON it still fits a record of the bus (1 MB).
MAX_BODY_BYTES = 256_000
_MB = 1_000_000
# A usual report is smaller, and read in less than a millisecond.
_SMALL_BODY_BYTES = 32_000

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

_log = structlog.get_logger()


class Gate:
    """Reads arrivals, checks rates, and hands accepted messages over. `now` is the clock."""

    def __init__(self, acceptance: Acceptance, now: Callable[[], datetime], limiter: RateLimiter) -> None:
        self._acceptance = acceptance
        self._now = now
        self._limiter = limiter

    def check_rate(self, door: str, sender: str, cost: int = 1) -> None:
        """Count one request, or `cost` units. Raise `Refused` (429) if this sender has used up the rate of the door."""
        self._limiter.check_rate(door, sender, cost)

    async def read_arrival(self, request: Request, max_bytes: int = MAX_BODY_BYTES) -> Arrival:
        """Read the whole request. Raise `Refused` (413) before more than `max_bytes` are in memory."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise Refused("too_large", limit=readable_size(max_bytes))
        return self.arrival(request, bytes(body))

    def arrival(self, request: Request, body: bytes) -> Arrival:
        """Return the arrival of a request whose body was read already."""
        scope = request.scope
        query: str = scope["query_string"].decode("latin-1")
        target = f"{scope['path']}?{query}" if query else scope["path"]
        # The first header of a name counts.
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        return Arrival(target, headers, body, self._now(), client_address(scope))

    async def read(
        self, read_arrival: Callable[[Arrival, *Arguments], Result], arrival: Arrival, *arguments: *Arguments
    ) -> Result:
        """Return what a function makes of an arrival. A large one is read in a thread: it keeps no other waiting."""
        if len(arrival.body) <= _SMALL_BODY_BYTES:
            return read_arrival(arrival, *arguments)
        return await run_in_threadpool(read_arrival, arrival, *arguments)

    async def accept(self, message: OpenMessage, record_of: Callable[[RawMessage], Outgoing] = accepted_record) -> None:
        """Seal a message, and return when the bus has stored its record durably.

        Raises `Refused`: 503 if the bus is away, 413 if it can never take the message.
        """
        with _refusing():
            await self._acceptance.accept(message, record_of)

    def accept_in_thread(self, message: OpenMessage) -> None:
        """Accept a message from a thread that may wait for the bus. Raises as `accept`."""
        with _refusing():
            self._acceptance.accept_in_thread(message, accepted_record)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn the errors of a producer into refusals."""
    try:
        yield
    except (Retry, Stop) as error:
        _log.error("door.publish_failed", cause=cause_of(error))
        raise unavailable() from error
    except Reject as error:
        raise Refused("too_large", limit=readable_size(MAX_BODY_BYTES)) from error


def megabytes(size: int) -> int:
    """Return a number of bytes in units of the rate `file-megabytes`: megabytes, each begun one counted."""
    return -(-size // _MB)
