"""The HTTP process as a client meets it, and the bus as its readers see it."""

import socket
import threading
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app.assembly.parts import Parts
from bus.errors import Retry
from bus.port import Outgoing, Producer
from messages import codec, topics
from messages.shapes import Channel, Quarantined, RawMessage, WireModel

_PATIENCE_SECONDS = 10.0

T = TypeVar("T", bound=WireModel)


@dataclass(frozen=True)
class DoorClient:
    """Where the doors are, and the parts behind them."""

    address: str
    parts: Parts

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        """GET."""
        return requests.get(self.address + path, timeout=_PATIENCE_SECONDS, headers=headers)

    def post(self, path: str, **request: Any) -> requests.Response:
        """POST, without following where the answer leads."""
        return requests.post(self.address + path, timeout=_PATIENCE_SECONDS, allow_redirects=False, **request)

    def raw_messages(self, channel: Channel) -> list[RawMessage]:
        """What a door published."""
        return raw_messages(self.parts, channel)

    def quarantined(self) -> list[Quarantined]:
        """What the doors kept aside."""
        return quarantined(self.parts)

    def published(self) -> int:
        """How many records stand on the bus, in whatever topic."""
        reader = self.parts.bus.reader()
        try:
            return sum(1 for _ in reader.read(topic.name for topic in reader.topics()))
        finally:
            reader.close()

    def opened(self, raw: RawMessage) -> bytes:
        """The provider's bytes in a raw message."""
        return self.parts.sealer.open(raw.body, raw.message_id)


class DoorServer:
    """A real server on a free port. The same for all tests, to save each its start; `app` is what it serves."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        assert self.app
        await self.app(scope, receive, send)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the block ends. The socket listens already: whatever is asked from now on is answered."""
        config = uvicorn.Config(
            self, log_config=None, access_log=False, ws="none", lifespan="off", timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [self._listener]}, name="doors")
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()


class FlakyProducer:
    """A bus's producer that is away at the calls in `away`, counted from 1."""

    def __init__(self, inner: Producer, away: Container[int]) -> None:
        self._inner = inner
        self._away = away
        self._calls = 0

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        self._calls += 1
        if self._calls in self._away:
            raise Retry("away")
        self._inner.publish(messages)

    def close(self) -> None:
        """See `bus.port.Producer`."""
        self._inner.close()


def raw_messages(parts: Parts, channel: Channel) -> list[RawMessage]:
    """What stands on a door's topic."""
    return _read(parts, topics.raw_topic(channel), RawMessage)


def quarantined(parts: Parts) -> list[Quarantined]:
    """What stands in quarantine."""
    return _read(parts, topics.QUARANTINE, Quarantined)


def assert_refused(response: requests.Response, status: int, reason: str) -> dict[str, str]:
    """Assert that the answer is a problem (RFC 9457) of this kind; returns what is said of each field."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["reason"]) == (status, reason)
    return {fault["field"]: fault["detail"] for fault in problem["errors"]}


def _read(parts: Parts, topic: str, shape: type[T]) -> list[T]:
    reader = parts.bus.reader()
    try:
        return [codec.decode(shape, record.value, record.headers) for record in reader.read([topic])]
    finally:
        reader.close()
