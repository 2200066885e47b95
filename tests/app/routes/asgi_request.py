"""Sends one request to an ASGI application in this process, as a server with any client would."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from starlette.types import ASGIApp

_EVENT_STREAM = "text/event-stream"


class Answer(NamedTuple):
    """Answer of an application. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def answer_of(
    application: ASGIApp,
    method: str,
    target: str,
    headers: Mapping[str, bytes],
    body: bytes = b"",
    client: tuple[str, int] = ("192.0.2.7", 50_000),
) -> Answer:
    """Return the answer. An exception of the application is raised. A client of an endless answer leaves at once."""
    path, _, query = target.partition("?")
    has_ended = asyncio.Event()
    starts: list[Any] = []
    parts: list[bytes] = []
    requests: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if requests:
            return requests.pop()
        await has_ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            starts.append(message)
            if _text_headers(message).get("content-type", "").startswith(_EVENT_STREAM):
                has_ended.set()
            return
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            has_ended.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        # As uvicorn: what is not UTF-8 is replaced.
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-length", str(len(body)).encode()),
            *((name.encode(), value) for name, value in headers.items()),
        ],
        "client": client,
        "server": ("127.0.0.1", 80),
    }
    await application(scope, receive, send)
    (start,) = starts
    return Answer(start["status"], _text_headers(start), b"".join(parts))


def _text_headers(start: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
