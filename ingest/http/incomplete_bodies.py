"""Reads small bodies before their requests take a place, so that slow clients keep no places from others."""

from collections import deque
from collections.abc import Iterable, Sequence

from starlette.types import Message, Receive, Scope

from ingest.http.client_networks import ClientNetwork
from ingest.http.client_shares import ClientShares

# Each request that waits for its body takes a connection and a few kilobytes: far less than a request in progress.
_BODIES_PER_PLACE = 5
# Of these, as many of one network as before: a network gets a quarter of the places.
_PLACES_PER_SHARE = 4
# Bytes of all bodies that are incomplete, and of one network.
_MAX_BYTES, _MAX_BYTES_OF_NETWORK = 64_000_000, 4_000_000


class IncompleteBodies:
    """Bodies of at most `small_bytes` that are arriving. Their number and their bytes have limits.

    How long a body may take is decided by `connection_deadlines`.
    """

    def __init__(self, max_requests: int, small_bytes: int) -> None:
        self._small_bytes = small_bytes
        self._bodies = ClientShares("bodies", max_requests * _BODIES_PER_PLACE, max_requests // _PLACES_PER_SHARE)
        self._bytes = ClientShares("body-bytes", _MAX_BYTES, _MAX_BYTES_OF_NETWORK)

    async def read(self, scope: Scope, receive: Receive, networks: Sequence[ClientNetwork]) -> tuple[Receive, bool]:
        """Return what the application receives from, and True if the request need not wait for more of its body.

        Nothing is read of a body that is announced as large. A client that leaves is no reason to drop what it sent:
        an upload in parts keeps it. Raises `Refused` (503) above a limit.
        """
        announced_bytes = _announced_bytes(scope)
        if announced_bytes == 0:
            return receive, True
        if announced_bytes is not None and announced_bytes > self._small_bytes:
            return receive, False
        with self._bodies.holding(networks):
            return await self._read(receive, networks)

    async def _read(self, receive: Receive, networks: Sequence[ClientNetwork]) -> tuple[Receive, bool]:
        body = bytearray()
        try:
            while len(body) <= self._small_bytes:
                message = await receive()
                if message["type"] != "http.request":
                    return _replay([_request(body, more_body=True), message], receive), True
                content: bytes = message.get("body", b"")
                if not message.get("more_body"):
                    return _replay([_request(body + content, more_body=False)], receive), True
                self._bytes.take(networks, len(content))
                body += content
            return _replay([_request(body, more_body=True)], receive), False
        finally:
            self._bytes.give_back(networks, len(body))


def _announced_bytes(scope: Scope) -> int | None:
    """Return the length of the body; None if the client did not say it (`Transfer-Encoding`)."""
    length = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            length = int(value)
    return length


def _request(body: bytes | bytearray, *, more_body: bool) -> Message:
    return {"type": "http.request", "body": bytes(body), "more_body": more_body}


def _replay(messages: Iterable[Message], receive: Receive) -> Receive:
    """Return a function that gives these messages first, and then what arrives."""
    remaining = deque(messages)

    async def replay() -> Message:
        return remaining.popleft() if remaining else await receive()

    return replay
