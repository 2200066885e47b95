"""Providers on loopback: each takes what the real one takes, keeps it, and can be told to fail before or after that."""

import json
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
# A test that forgets to end a stall ends all the same.
_LONGEST_STALL_SECONDS = 30.0


@dataclass(frozen=True)
class Asked:
    """One request; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a urlencoded body."""
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        """The JSON body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """An answer. `taken`: the request has its usual effect first. With `stall` none comes, and the end when it is set.

    `lacking` bytes are promised and not sent. With `drip` it comes byte by byte, so many seconds apart.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    taken: bool = False
    stall: threading.Event | None = None
    lacking: int = 0
    drip: float | None = None


def shaped(
    body: object, status: int = 200, headers: Mapping[str, str] = MappingProxyType({}), *, taken: bool = False
) -> Answer:
    """Any JSON."""
    return Answer(status, json.dumps(body).encode(), {**JSON, **headers}, taken)


def html(status: int, *, taken: bool = False) -> Answer:
    """What a proxy says."""
    return Answer(status, b"<html><h1>Over capacity</h1></html>", {"Content-Type": "text/html"}, taken)


def broken() -> Answer:
    """Taken, and half of an object."""
    return Answer(201, b'{"sid": "SM', JSON, taken=True)


def cut_off() -> Answer:
    """Taken, and a connection that ends in the middle."""
    return Answer(201, b'{"sid": "SM', JSON, taken=True, lacking=100)


def stalled(until: threading.Event) -> Answer:
    """Taken, and then no word."""
    return Answer(201, b"{}", taken=True, stall=until)


@dataclass
class Loopback:
    """`script` is answered first, one request each; `None` in it means: as usual. `asked` holds every request."""

    url: str = ""
    script: deque[Answer | None] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def usual(self, asked: Asked) -> Answer:
        """What the provider does and says."""
        raise NotImplementedError

    def scripted(self, _asked: Asked) -> bool:
        """Whether the script is for this kind of request."""
        return True

    def answer(self, asked: Asked) -> Answer:
        """What to say to one request."""
        with self._lock:
            self.asked.append(asked)
            planned = self.script.popleft() if self.script and self.scripted(asked) else None
            if planned is None:
                return self.usual(asked)
            if planned.taken:
                self.usual(asked)
            return planned


L = TypeVar("L", bound=Loopback)


@contextmanager
def serving(made: L) -> Iterator[L]:
    """Serve until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="loopback")
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(made: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = made.answer(self._asked())
            if said.stall is not None:
                said.stall.wait(_LONGEST_STALL_SECONDS)
                return
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body) + said.lacking))
            self.end_headers()
            # Whoever asked may have given up.
            with suppress(OSError):
                self._write(said)

        def do_GET(self) -> None:
            self.do_POST()

        def _asked(self) -> Asked:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Asked(self.command, url.path, dict(parse_qsl(url.query)), headers, body)

        def _write(self, said: Answer) -> None:
            if said.drip is None:
                self.wfile.write(said.body)
                return
            for number in range(len(said.body)):
                self.wfile.write(said.body[number : number + 1])
                self.wfile.flush()
                threading.Event().wait(said.drip)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
