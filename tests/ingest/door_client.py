"""Client and server of the HTTP doors for tests, and readers of the topics they publish to."""

import asyncio
import socket
import threading
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import requests
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.assembly.parts import Parts
from bus.errors import Retry
from bus.port import Outgoing, Producer
from ingest.http.connection_deadlines import Deadlines, deadline_protocol
from messages import codec, topics
from messages.shapes import Channel, Quarantined, RawMessage, WireModel

_PATIENCE_SECONDS = 60.0

_WAIT_SECONDS = 60.0

T = TypeVar("T", bound=WireModel)


@dataclass(frozen=True)
class DoorClient:
    """Client of the doors at `address`, and the parts of the process behind them."""

    address: str
    parts: Parts

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        """Send a GET request."""
        return requests.get(self.address + path, timeout=_PATIENCE_SECONDS, headers=headers)

    def post(self, path: str, **request: Any) -> requests.Response:
        """Send a POST request. Of redirects only that to a form that was not sent is followed, as browsers do."""
        answer = requests.post(self.address + path, timeout=_PATIENCE_SECONDS, allow_redirects=False, **request)
        location = answer.headers.get("Location", "")
        return self.get(location, request.get("headers")) if location.startswith("/lapor/isian/") else answer

    def raw_messages(self, channel: Channel) -> list[RawMessage]:
        """Return the raw messages that a door published_count."""
        return raw_messages(self.parts, channel)

    def quarantined(self) -> list[Quarantined]:
        """Return the quarantined messages."""
        return quarantined(self.parts)

    def published_count(self) -> int:
        """Return the number of records on the bus, in all topics."""
        reader = self.parts.bus.reader()
        try:
            return sum(1 for _ in reader.read(topic.name for topic in reader.topics()))
        finally:
            reader.close()

    def open_body(self, raw: RawMessage) -> bytes:
        """Return the provider's bytes in a raw message."""
        return self.parts.sealer.open(raw.body, raw.message_id)


class DoorServer:
    """A real server on a free port that serves `app`. All tests share it, which saves its start."""

    def __init__(self, deadlines: Deadlines = Deadlines()) -> None:  # noqa: B008 - immutable
        self.app: ASGIApp | None = None
        self._deadlines = deadlines
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to `app`."""
        assert self.app
        await self.app(scope, receive, send)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the block ends. The socket listens already, so every later request is answered."""
        connections = cast("type[asyncio.Protocol]", deadline_protocol(self._deadlines))
        config = uvicorn.Config(
            self,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=5,
            http=connections,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [self._listener]}, name="doors")
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def requests_in_progress(served: DoorClient, host: DoorServer, addresses: Sequence[str]) -> Iterator[None]:
    """Hold one request of each address that waits for something. All are served after the block."""
    end, begun = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        begun.release()
        end.wait(_WAIT_SECONDS)

    cast(FastAPI, host.app).add_api_route("/waiting", wait)
    with ThreadPoolExecutor(len(addresses)) as pool:
        answers = [pool.submit(served.get, "/waiting", {"X-Forwarded-For": address}) for address in addresses]
        try:
            for _ in addresses:
                assert begun.acquire(timeout=_WAIT_SECONDS)
            yield
        finally:
            end.set()
        assert {answer.result().status_code for answer in answers} == {200}


class FlakyProducer:
    """A bus producer that raises `Retry` at the calls in `away`, counted from 1."""

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
    """Return the raw messages on the topic of a channel."""
    return _read(parts, topics.raw_topic(channel), RawMessage)


def quarantined(parts: Parts) -> list[Quarantined]:
    """Return the messages on the quarantine topic."""
    return _read(parts, topics.QUARANTINE, Quarantined)


def assert_refused(response: requests.Response, status: int, reason: str) -> dict[str, str]:
    """Assert that the answer is this problem (RFC 9457). Return the detail of each field error."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["reason"]) == (status, reason)
    return {error["field"]: error["detail"] for error in problem["errors"]}


def _read(parts: Parts, topic: str, shape: type[T]) -> list[T]:
    reader = parts.bus.reader()
    try:
        return [codec.decode(shape, record.value, record.headers) for record in reader.read([topic])]
    finally:
        reader.close()
