"""Loopback providers: each accepts the real provider's requests and records them. A script can make it fail."""

import json
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

JSON = {"Content-Type": "application/json"}
# Upper limit for a test that forgets to end a stall.
_MAX_STALL_SECONDS = 30.0


@dataclass(frozen=True)
class ReceivedRequest:
    """One received request. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Fields of a urlencoded body."""
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        """The JSON body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One answer.

    `has_effect`: the request has its usual effect first. `stall`: no answer until the event is set. `missing_bytes` are
    announced and not sent. `seconds_per_byte`: the answer is sent byte by byte.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    has_effect: bool = False
    stall: threading.Event | None = None
    missing_bytes: int = 0
    seconds_per_byte: float | None = None


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] = MappingProxyType({}), *, has_effect: bool = False
) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, json.dumps(body).encode(), {**JSON, **headers}, has_effect)


def html(status: int, *, has_effect: bool = False) -> Answer:
    """Return the error page of a proxy."""
    return Answer(status, b"<html><h1>Over capacity</h1></html>", {"Content-Type": "text/html"}, has_effect)


def broken() -> Answer:
    """Return an answer after the effect, with half of a JSON object."""
    return Answer(201, b'{"sid": "SM', JSON, has_effect=True)


def cut_off() -> Answer:
    """Return an answer after the effect whose connection ends in the middle."""
    return Answer(201, b'{"sid": "SM', JSON, has_effect=True, missing_bytes=100)


def stalled(until: threading.Event) -> Answer:
    """Return an answer after the effect that is not sent before `until` is set."""
    return Answer(201, b"{}", has_effect=True, stall=until)


@dataclass
class Loopback:
    """Loopback server. Requests are answered from `script` first; `None` in it means the usual answer.

    `requests` holds every received request.
    """

    url: str = ""
    script: deque[Answer | None] = field(default_factory=deque)
    requests: list[ReceivedRequest] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """Do what the provider does and return its answer."""
        raise NotImplementedError

    def uses_script(self, _request: ReceivedRequest) -> bool:
        """Return whether the script applies to this kind of request."""
        return True

    def answer(self, request: ReceivedRequest) -> Answer:
        """Return the answer to one request."""
        with self._lock:
            self.requests.append(request)
            scripted = self.script.popleft() if self.script and self.uses_script(request) else None
            if scripted is None:
                return self.usual_answer(request)
            if scripted.has_effect:
                self.usual_answer(request)
            return scripted


L = TypeVar("L", bound=Loopback)


@contextmanager
def serving(provider: L, tls: ssl.SSLContext | None = None) -> Iterator[L]:
    """Serve until the block ends, with TLS if a context is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    provider.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="loopback")
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(provider: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = provider.answer(self._request())
            if answer.stall is not None:
                answer.stall.wait(_MAX_STALL_SECONDS)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) + answer.missing_bytes))
            self.end_headers()
            # The client may have closed the connection.
            with suppress(OSError):
                self._write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def _request(self) -> ReceivedRequest:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            return ReceivedRequest(self.command, url.path, dict(parse_qsl(url.query)), headers, body)

        def _write(self, answer: Answer) -> None:
            if answer.seconds_per_byte is None:
                self.wfile.write(answer.body)
                return
            for number in range(len(answer.body)):
                self.wfile.write(answer.body[number : number + 1])
                self.wfile.flush()
                threading.Event().wait(answer.seconds_per_byte)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
