"""Threads of their own for requests that calculate the hash of a password.

All other pages of a process share 40 threads. A burst of wrong sign-ins must take none of them.
"""

from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any

from anyio import CapacityLimiter, fail_after, to_thread
from starlette.responses import Response

# Each hash takes 64 MiB of memory (RFC 9106, 4: second recommended option) and a tenth of a second or more.
HASHES_AT_ONCE = 4
# Requests that wait have no thread. More than these are refused at once.
MAX_WAITING = 16
_PATIENCE_SECONDS = 3.0


class Busy(Exception):
    """Too many passwords are being checked at this moment. Trying again may help."""


class PasswordThreads:
    """Runs `HASHES_AT_ONCE` requests at a time. `MAX_WAITING` more wait for a few seconds, all others are refused."""

    def __init__(self) -> None:
        self._places = CapacityLimiter(HASHES_AT_ONCE)
        # One for each place, so that nobody waits for it.
        self._threads = CapacityLimiter(HASHES_AT_ONCE)

    def endpoint(self, endpoint: Callable[..., Response]) -> Callable[..., Coroutine[Any, Any, Response]]:
        """Return an endpoint with the same parameters that runs in these threads. It raises `Busy`."""

        @wraps(endpoint)
        async def run(*arguments: Any, **named_arguments: Any) -> Response:
            place = object()
            await self._take(place)
            try:
                call = partial(endpoint, *arguments, **named_arguments)
                return await to_thread.run_sync(call, limiter=self._threads)
            finally:
                self._places.release_on_behalf_of(place)

        return run

    async def _take(self, place: object) -> None:
        if self._places.statistics().tasks_waiting >= MAX_WAITING:
            raise Busy
        try:
            with fail_after(_PATIENCE_SECONDS):
                await self._places.acquire_on_behalf_of(place)
        except TimeoutError:
            raise Busy from None
